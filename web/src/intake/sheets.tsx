import { Alert } from '@mantine/core';
import { useEffect, useRef, useState, type PointerEvent } from 'react';
import type { EntryView } from '../../../src/http/intake-shapes.ts';
import type { Field } from './fields.ts';
import { describe, nameOf, partsOf } from './parts.ts';
import { Strip } from './strip.tsx';
import { onPage, Turned } from './turned.tsx';

type Sheet = EntryView['sheets'][number];

interface SheetsProps {
  readonly entry: EntryView;
  /** The referral that is being reviewed: its fields are outlined. */
  readonly part: number;
  readonly focused: Field['name'] | null;
  /** Words that somebody marked on a page. */
  readonly onPick: (text: string) => void;
}

/** The pages as they came, with the place of the focused field outlined and brought into view. */
export function Sheets({ entry, part, focused, onPick }: SheetsProps) {
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const calm = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    // The frame alone moves: the field that has the focus stays where it is.
    const view = frame.current?.getBoundingClientRect();
    const place = frame.current?.querySelector('.focused')?.getBoundingClientRect();
    if (!view || !place) return;
    frame.current?.scrollBy({
      top: place.top + place.height / 2 - (view.top + view.height / 2),
      left: place.left + place.width / 2 - (view.left + view.width / 2),
      behavior: calm ? 'auto' : 'smooth',
    });
  }, [focused, part]);
  if (entry.sheets.length === 0) {
    return (
      <Alert color="orange" variant="light" title="No page could be made of the files: save them to look at them" />
    );
  }
  const several = partsOf(entry).length > 1;
  return (
    <div className="leaves">
      <Strip
        entry={entry}
        onShow={(page) => {
          // The frame alone moves: a page that scrolls away takes the button from under the pointer.
          const shown = frame.current?.children[page]?.getBoundingClientRect();
          const top = frame.current?.getBoundingClientRect().top ?? 0;
          if (shown) frame.current?.scrollBy({ top: shown.top - top });
        }}
      />
      <div className="sheets" ref={frame} tabIndex={0} role="region" aria-label="Pages">
        {entry.sheets.map((sheet, index) => (
          <figure key={`${sheet.document} ${sheet.number}`} className={sheet.part === part ? '' : 'elsewhere'}>
            <figcaption>
              Page {index + 1} of {entry.sheets.length}
              {describe(sheet) && ` · ${describe(sheet)}`}
              {several && ` · ${sheet.part === null ? 'with no referral' : nameOf(entry, sheet.part)}`}
            </figcaption>
            <Page
              sheet={sheet}
              title={`Page ${index + 1} of ${entry.sheets.length}`}
              fields={entry.fields.filter((field) => field.place?.page === index && field.part === part)}
              focused={focused}
              onPick={onPick}
            />
          </figure>
        ))}
      </div>
    </div>
  );
}

interface Shown {
  readonly sheet: Sheet;
  readonly title: string;
  readonly fields: readonly Field[];
  readonly focused: Field['name'] | null;
  readonly onPick: (text: string) => void;
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const margin = 6;

function Page({ sheet, title, fields, focused, onPick }: Shown) {
  const { width, height, words } = sheet;
  const [from, setFrom] = useState<readonly [number, number] | null>(null);
  const [mark, setMark] = useState<Box | null>(null);
  const place = ({ currentTarget, clientX, clientY }: PointerEvent): readonly [number, number] => {
    const { left, top, width: shownWidth, height: shownHeight } = currentTarget.getBoundingClientRect();
    return onPage(sheet, (clientX - left) / shownWidth, (clientY - top) / shownHeight);
  };
  return (
    <Turned sheet={sheet} alt={title}>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        aria-hidden
        onPointerDown={(event) => {
          if (event.pointerType === 'touch') return;
          setFrom(place(event));
        }}
        onPointerMove={(event) => {
          if (from) setMark(between(from, place(event)));
        }}
        onPointerUp={(event) => {
          if (!from) return;
          const text = textIn(words, between(from, place(event)));
          setFrom(null);
          setMark(null);
          if (text !== '') onPick(text);
        }}
        onPointerLeave={() => {
          setFrom(null);
          setMark(null);
        }}
      >
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
        {mark && <rect className="mark" {...mark} />}
      </svg>
    </Turned>
  );
}

const between = ([ax, ay]: readonly [number, number], [bx, by]: readonly [number, number]): Box => ({
  x: Math.min(ax, bx),
  y: Math.min(ay, by),
  width: Math.abs(ax - bx),
  height: Math.abs(ay - by),
});

/** Words that touch the box, in reading order; a mere click takes the word under it. */
const textIn = (words: Sheet['words'], box: Box): string =>
  words
    .filter(
      ({ box: { x, y, width, height } }) =>
        x < box.x + box.width + 1 && x + width > box.x && y < box.y + box.height + 1 && y + height > box.y,
    )
    .map(({ text }) => text)
    .join(' ');
