import type { Box, Page, Word } from '../core/page.ts';

/** Words that stand side by side on a page, left to right, over all columns. */
export interface Row {
  /** Index into the entry's pages, from 0. */
  readonly page: number;
  readonly words: readonly Word[];
}

/** A page's rows from top to bottom, without the line that the sender's fax machine printed over it.
 *  Lines are joined end to end, so that a page that lies askew keeps its rows. */
export function rowsOf(page: Page, index: number): Row[] {
  const lines = new Map<number, Word[]>();
  for (const word of unspecked(page.words)) lines.set(word.line, [...(lines.get(word.line) ?? []), word]);
  const rows: Word[][] = [];
  const ordered = settled([...lines.values()])
    .map((line) => line.toSorted(byLeft))
    .sort((a, b) => leftOf(a) - leftOf(b));
  for (const line of ordered) {
    const first = line[0];
    if (!first) continue;
    const row = rows.findLast((each) => continues(each.at(-1), first));
    if (row) row.push(...line);
    else rows.push([...line]);
  }
  return rows
    .sort((a, b) => middleOf(a) - middleOf(b))
    .filter((words) => !isFaxHeader(words, page.height))
    .map((words) => ({ page: index, words }));
}

/** Specks and bits of ruled lines are read as a few letters, unsurely, and stand apart from what was made out. */
function unspecked(words: readonly Word[]): readonly Word[] {
  const firm = words.filter((word) => !isSpeck(word));
  const near = ({ box }: Word): boolean =>
    firm.some(
      (each) =>
        isLevel(each.box, box) &&
        Math.max(each.box.x - box.x - box.width, box.x - each.box.x - each.box.width) < each.box.height,
    );
  return words.filter((word) => !isSpeck(word) || near(word));
}

const isSpeck = ({ text, confidence, twice }: Word): boolean =>
  twice === undefined &&
  confidence < 0.4 &&
  (text.match(/[\p{L}\p{N}]/gu) ?? []).length <= 4 &&
  !/[|[\](){}/\\]/.test(text);

/** The engine now and then takes a word of one line for part of the line over it: it belongs where it stands level. */
function settled(lines: readonly (readonly Word[])[]): Word[][] {
  const levelIn = (line: readonly Word[], word: Word): boolean => {
    const [near] = line
      .filter((each) => each !== word && /[\p{L}\p{N}]/u.test(each.text))
      .sort((a, b) => Math.abs(a.box.x - word.box.x) - Math.abs(b.box.x - word.box.x));
    return near !== undefined && isLevel(near.box, word.box);
  };
  const homes = new Map<Word, readonly Word[]>();
  for (const line of lines)
    for (const word of line) {
      if (line.length === 1 || levelIn(line, word)) continue;
      const home = lines.find((other) => other !== line && levelIn(other, word));
      if (home) homes.set(word, home);
    }
  return lines.map((line) => [
    ...line.filter((word) => !homes.has(word)),
    ...[...homes].flatMap(([word, home]) => (home === line ? [word] : [])),
  ]);
}

const byLeft = (a: Word, b: Word): number => a.box.x - b.box.x;
const leftOf = (words: readonly Word[]): number => words[0]?.box.x ?? 0;
const middle = ({ y, height }: Box): number => y + height / 2;
const middleOf = (words: readonly Word[]): number =>
  words.reduce((sum, { box }) => sum + middle(box), 0) / Math.max(1, words.length);

const isLevel = (a: Box, b: Box): boolean => Math.abs(middle(a) - middle(b)) < Math.max(a.height, b.height) * 0.55;

function continues(last: Word | undefined, next: Word): boolean {
  if (!last || next.box.x < last.box.x + last.box.width * 0.8) return false;
  return isLevel(last.box, next.box);
}

/** The top 6 mm, with what machines write there: numbers, page n of m. Its numbers are the sender's and ours. */
function isFaxHeader(words: readonly Word[], height: number): boolean {
  if (middleOf(words) > height * 0.025) return false;
  return /\bp(age)?[.: ]*\d+ ?(\/|of) ?\d+|from:|fax:|>>/i.test(textOf(words));
}

export const textOf = (words: readonly Word[]): string => words.map(({ text }) => text).join(' ');

/** Usual height of these words, pixels. */
export function heightOf(words: readonly Word[]): number {
  const heights = words.map(({ box }) => box.height).sort((a, b) => a - b);
  return heights[Math.floor(heights.length / 2)] ?? 1;
}

/** The smallest box around words. */
export function around(words: readonly Word[]): Box {
  const x = Math.min(...words.map(({ box }) => box.x));
  const y = Math.min(...words.map(({ box }) => box.y));
  const right = Math.max(...words.map(({ box }) => box.x + box.width));
  const bottom = Math.max(...words.map(({ box }) => box.y + box.height));
  return { x, y, width: right - x, height: bottom - y };
}
