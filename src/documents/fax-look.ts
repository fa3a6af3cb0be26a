import type { SheetWarning } from '../core/press.ts';
import { blackness, type Dots } from './dots.ts';

/** What a person should see before a page is faxed, judged on the very dots that would go out. */
export function warningsOf(dots: Dots): readonly SheetWarning[] {
  const black = blackness(dots);
  if (black > tooDark) return ['dark'];
  const heights = marks(dots)
    .map(({ top, bottom }) => bottom - top + 1)
    .filter((height) => height >= smallestLetter && height <= largestLetter)
    .sort((a, b) => a - b);
  if (black < nearlyBlank && heights.length < 3) return ['blank'];
  const middle = heights[heights.length >> 1] ?? 0;
  return heights.length >= enoughLetters && middle < readable ? ['small-print'] : [];
}

/** Fax companies refuse pages with half of them black, and the far machine's toner suffers long before. */
const tooDark = 0.35;
const nearlyBlank = 0.000_3;
/** Rows. Below are specks and the dots of photographs, above are rules and pictures. */
const [smallestLetter, largestLetter] = [4, 60];
const enoughLetters = 150;
/** Rows of the middle letter, mostly one without ascender: 9 are Helvetica of 6 or Times of 7 points. */
const readable = 9;

interface Mark {
  readonly top: number;
  readonly bottom: number;
}

/** Dots that hang together, corners too: mostly one letter each. Rows count from 0. */
function marks({ height, changes, starts, width }: Dots): readonly Mark[] {
  const parent: number[] = [];
  const tops: number[] = [];
  const bottoms: number[] = [];
  const root = (run: number): number => {
    let at = run;
    while (parent[at] !== at) at = parent[at] = parent[parent[at] as number] as number;
    return at;
  };
  const join = (run: number, other: number): void => {
    const [a, b] = [root(run), root(other)];
    if (a === b) return;
    const [low, high] = [Math.min(a, b), Math.max(a, b)];
    parent[high] = low;
    bottoms[low] = Math.max(bottoms[low] as number, bottoms[high] as number);
    tops[low] = Math.min(tops[low] as number, tops[high] as number);
  };
  let above: readonly Run[] = [];
  for (let y = 0; y < height; y++) {
    const row: Run[] = [];
    const end = starts[y + 1] as number;
    for (let at = starts[y] as number; at < end; at += 2) {
      const run = {
        id: parent.length,
        from: changes[at] as number,
        to: at + 1 < end ? (changes[at + 1] as number) : width,
      };
      parent.push(run.id);
      tops.push(y);
      bottoms.push(y);
      row.push(run);
    }
    touching(row, above, join);
    above = row;
  }
  return parent.flatMap((up, run) =>
    up === run ? [{ top: tops[run] as number, bottom: bottoms[run] as number }] : [],
  );
}

interface Run {
  readonly id: number;
  readonly from: number;
  readonly to: number;
}

function touching(row: readonly Run[], above: readonly Run[], join: (run: number, other: number) => void): void {
  let next = 0;
  for (const run of row) {
    while (next < above.length && (above[next] as Run).to < run.from) next++;
    for (let at = next; at < above.length && (above[at] as Run).from <= run.to; at++)
      join(run.id, (above[at] as Run).id);
  }
}
