import { Alert } from '@mantine/core';
import { useEffect, useRef } from 'react';
import type { EntryView } from '../../src/http/intake-shapes.ts';

type Field = EntryView['fields'][number];
type Sheet = EntryView['sheets'][number];

/** The pages as they came, with the place of the focused field outlined and brought into view. */
export function Sheets({ entry, focused }: { readonly entry: EntryView; readonly focused: Field['name'] | null }) {
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const mark = frame.current?.querySelector('.focused');
    mark?.scrollIntoView({ block: 'center', behavior: 'smooth' });
  }, [focused]);
  if (entry.sheets.length === 0) {
    return (
      <Alert color="orange" variant="light" title="No page could be made of the files: save them to look at them" />
    );
  }
  return (
    <div className="sheets" ref={frame} tabIndex={0} role="region" aria-label="Pages">
      {entry.sheets.map((sheet, index) => (
        <Page
          key={`${sheet.document} ${sheet.number}`}
          sheet={sheet}
          title={`Page ${index + 1} of ${entry.sheets.length}`}
          fields={entry.fields.filter(({ place }) => place?.page === index)}
          focused={focused}
        />
      ))}
    </div>
  );
}

interface Shown {
  readonly sheet: Sheet;
  readonly title: string;
  readonly fields: readonly Field[];
  readonly focused: Field['name'] | null;
}

const margin = 6;

function Page({ sheet: { document, number, width, height }, title, fields, focused }: Shown) {
  return (
    <div className="sheet">
      <img src={`/api/v1/documents/${document}/pages/${number}.png`} alt={title} width={width} height={height} />
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden>
        {fields.map(({ name, place }) =>
          place ? (
            <rect
              key={name}
              className={name === focused ? 'place focused' : 'place'}
              x={place.box.x - margin}
              y={place.box.y - margin}
              width={place.box.width + 2 * margin}
              height={place.box.height + 2 * margin}
            />
          ) : null,
        )}
      </svg>
    </div>
  );
}
