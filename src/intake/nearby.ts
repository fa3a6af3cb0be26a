import type { Word } from '../core/page.ts';
import { itemNumber, type Label } from './labels.ts';
import { around, heightOf, type Row } from './rows.ts';

/** A row with the labels printed on it. */
export interface LabelledRow extends Row {
  readonly labels: readonly Label[];
}

/** Widest gap inside one value, in heights of its letters. */
const widest = 3.5;

/** The words right of a label, up to the next label or a wide gap. */
export function rightOf(row: LabelledRow, label: Label): Word[] {
  const next = row.labels.find((each) => each.from >= label.to);
  const words = row.words.slice(label.to, next?.from);
  // Dots that lead from a label to its colon are read as all kinds of letters.
  return connected(words.slice(words.findIndex(({ text }) => text === ':') + 1));
}

/** The words under a label: the first row with words in its column within four heights, unless that row's
 *  own label stands there. The column reaches to the next label beside it. */
export function below(rows: readonly LabelledRow[], row: LabelledRow, label: Label): Word[] {
  const column = columnOf(rows, row, label);
  for (const other of under(rows, row)) {
    const inside = other.words.filter((word) => isIn(word, column));
    if (inside.length === 0) continue;
    const { top } = spanOf(inside);
    if (top > column.bottom + column.height * 4) return [];
    if (top < column.bottom - column.height * 0.6) continue;
    const first = other.words.indexOf(inside[0] as Word);
    if (other.labels.some(({ from, to }) => first >= from && first < to)) return [];
    const until = other.labels.find(({ from }) => from > first)?.from ?? other.words.length;
    return connected(inside.filter((word) => other.words.indexOf(word) < until));
  }
  return [];
}

/** Dirt and bits of rules are no words. */
const isIn = ({ text, box }: Word, { left, right }: { readonly left: number; readonly right: number }): boolean =>
  box.x >= left && box.x < right && /[\p{L}\p{N}]/u.test(text);

/** The words over a label that is printed under its line, in its column, within four heights. */
export function above(rows: readonly LabelledRow[], row: LabelledRow, label: Label): Word[] {
  const column = columnOf(rows, row, label);
  const at = rows.indexOf(row);
  for (const other of rows.slice(Math.max(0, at - 4), at).reverse()) {
    const inside = other.words.filter((word) => isIn(word, column));
    if (inside.length === 0) continue;
    return other.labels.length > 0 || column.top - spanOf(inside).bottom > column.height * 4 ? [] : connected(inside);
  }
  return [];
}

/** The rows under a row, from top to bottom, as far as a signature reaches. */
export const under = (rows: readonly LabelledRow[], row: LabelledRow): readonly LabelledRow[] => {
  const at = rows.indexOf(row);
  return rows.slice(at + 1, at + 8);
};

/** Further lines of a text that fills its line: rows that follow closely and carry no label. */
export function continued(rows: readonly LabelledRow[], words: readonly Word[], pageWidth: number): Word[] {
  const at = rows.findIndex((row) => row.words.includes(words[0] as Word));
  const all = [...words];
  let { bottom, height } = spanOf(words);
  let right = around(words).x + around(words).width;
  for (const row of rows.slice(at + 1, at + 5)) {
    const span = spanOf(row.words);
    const goesOn = right >= pageWidth * 0.7 || hangs(row.words[0], words[0]);
    if (!goesOn || row.labels.length > 0 || span.top > bottom + height * 1.5) break;
    all.push(...row.words);
    ({ bottom, height } = span);
    const box = around(row.words);
    right = box.x + box.width;
  }
  return all;
}

/** A line that begins small, right under the first word: the box was narrow. */
const hangs = (next: Word | undefined, first: Word | undefined): boolean =>
  next !== undefined &&
  first !== undefined &&
  Math.abs(next.box.x - first.box.x) < first.box.height &&
  /^\p{Ll}/u.test(next.text);

/** From a label to the next one beside it, also one that lies a little higher or lower: pages are never quite level. */
function columnOf(rows: readonly LabelledRow[], row: LabelledRow, label: Label) {
  const words = row.words.slice(label.from, label.to);
  const box = around(words);
  const height = heightOf(words);
  const edges = rows.flatMap((other) =>
    other.labels.flatMap((each) => {
      const start = other.words[each.from]?.box;
      const level = start !== undefined && Math.abs(start.y + start.height / 2 - box.y - box.height / 2) < height * 1.1;
      return level && start.x > box.x + box.width ? [startOf(other, each)] : [];
    }),
  );
  const right = Math.min(...edges, Infinity) - height;
  return { left: startOf(row, label) - height * 2, right, top: box.y, bottom: box.y + box.height, height };
}

/** Where a label begins: with its number, if it has one. */
function startOf({ words }: LabelledRow, { from }: Label): number {
  const before = words[from - 1];
  return (before && itemNumber.test(before.text) ? before : words[from])?.box.x ?? 0;
}

function spanOf(words: readonly Word[]): { readonly top: number; readonly bottom: number; readonly height: number } {
  const box = around(words);
  return { top: box.y, bottom: box.y + box.height, height: heightOf(words) };
}

/** Words up to the first wide gap; what is neither letter nor figure is left out. */
export function connected(words: readonly Word[]): Word[] {
  const height = heightOf(words);
  const kept: Word[] = [];
  for (const word of words.filter(({ text }) => /[\p{L}\p{N}]/u.test(text))) {
    const last = kept.at(-1);
    if (last && word.box.x - last.box.x - last.box.width > height * widest) break;
    kept.push(word);
  }
  return kept;
}
