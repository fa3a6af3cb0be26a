import type { CSSProperties, ReactNode } from 'react';
import type { EntryView } from '../../../src/http/intake-shapes.ts';

type Sheet = EntryView['sheets'][number];

interface TurnedProps {
  readonly sheet: Sheet;
  readonly alt: string;
  /** Laid over the image, and turned with it. */
  readonly children?: ReactNode;
}

/** A page image as a person turned it. */
export function Turned({ sheet, alt, children }: TurnedProps) {
  const { document, number, width, height, turn } = sheet;
  const across = turn % 180 === 0;
  const outer: CSSProperties = { aspectRatio: across ? `${width} / ${height}` : `${height} / ${width}` };
  const inner: CSSProperties =
    turn === 0
      ? {}
      : {
          position: 'absolute',
          width: across ? '100%' : `${(100 * width) / height}%`,
          top: '50%',
          left: '50%',
          transform: `translate(-50%, -50%) rotate(${turn}deg)`,
        };
  return (
    <div className="sheet" style={outer}>
      <div style={inner}>
        <img
          src={`/api/v1/documents/${document}/pages/${number}.png`}
          alt={alt}
          width={width}
          height={height}
          loading="lazy"
        />
        {children}
      </div>
    </div>
  );
}

/** Where on the page, in its own pixels, a point of the turned image lies.
 *  @param across and @param down 0 to 1 of what is shown */
export function onPage({ turn, width, height }: Sheet, across: number, down: number): readonly [number, number] {
  const points: Readonly<Record<number, readonly [number, number]>> = {
    90: [down, 1 - across],
    180: [1 - across, 1 - down],
    270: [1 - down, across],
  };
  const [x, y] = points[turn] ?? [across, down];
  return [x * width, y * height];
}
