import type { Raster } from './raster.ts';

/** A page in black and white, each row as the columns where its colour changes: first from white to black.
 *  Row `y` has `changes[starts[y]]` up to `changes[starts[y + 1]]`, ascending, each below `width`. */
export interface Dots {
  readonly width: number;
  readonly height: number;
  readonly changes: Uint16Array;
  readonly starts: Uint32Array;
}

/** Of four pixels, as a word. */
export const allWhite = -1;

/** Four pixels at once where they are all of the colour that the row is in: most of a page is blank. */
export const inWords = (data: Uint8Array): { readonly bytes: Uint8Array; readonly words: Int32Array } => {
  const bytes = data.byteOffset % 4 === 0 ? data : data.slice();
  return { bytes, words: new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2) };
};

/** What is darker than `limit` is black. */
export function dotted({ data, width, height }: Raster, limit: number): Dots {
  const { bytes, words } = inWords(data);
  const starts = new Uint32Array(height + 1);
  let changes = new Uint16Array(64 * height + width);
  let count = 0;
  for (let y = 0; y < height; y++) {
    if (count + width > changes.length) changes = longer(changes, changes.length * 2 + width);
    count = dottedRow(bytes, words, { from: y * width, to: (y + 1) * width }, limit, changes, count);
    starts[y + 1] = count;
  }
  return { width, height, changes: changes.subarray(0, count), starts };
}

interface Span {
  readonly from: number;
  readonly to: number;
}

function dottedRow(
  bytes: Uint8Array,
  words: Int32Array,
  { from, to }: Span,
  limit: number,
  changes: Uint16Array,
  count: number,
): number {
  const lastWord = to >> 2;
  let black = false;
  for (let at = from; at < to; at++) {
    if ((at & 3) === 0) {
      const same = black ? 0 : allWhite;
      let word = at >> 2;
      while (word < lastWord && words[word] === same) word++;
      at = word << 2;
      if (at >= to) break;
    }
    if ((bytes[at] as number) < limit !== black) {
      changes[count++] = at - from;
      black = !black;
    }
  }
  return count;
}

function longer(changes: Uint16Array, length: number): Uint16Array<ArrayBuffer> {
  const all = new Uint16Array(length);
  all.set(changes);
  return all;
}

/** First and last row with more than a speck of ink; null for a blank page. */
export function inkedRows(dots: Dots): { readonly first: number; readonly last: number } | null {
  let first = 0;
  while (first < dots.height && inkOf(dots, first) <= 2) first += 1;
  let last = dots.height - 1;
  while (last > first && inkOf(dots, last) <= 2) last -= 1;
  return first === dots.height ? null : { first, last };
}

function inkOf({ width, changes, starts }: Dots, y: number): number {
  let ink = 0;
  for (let at = starts[y] as number; at < (starts[y + 1] as number); at += 2)
    ink += (at + 1 < (starts[y + 1] as number) ? (changes[at + 1] as number) : width) - (changes[at] as number);
  return ink;
}

/** Grey pixels again, for people to look at. */
export function undotted({ width, height, changes, starts }: Dots): Uint8Array {
  const data = new Uint8Array(width * height).fill(255);
  for (let y = 0; y < height; y++)
    for (let at = starts[y] as number; at < (starts[y + 1] as number); at += 2) {
      const end = at + 1 < (starts[y + 1] as number) ? (changes[at + 1] as number) : width;
      data.fill(0, y * width + (changes[at] as number), y * width + end);
    }
  return data;
}

/** Share of the page that is black, 0 to 1. */
export function blackness(dots: Dots): number {
  let ink = 0;
  for (let y = 0; y < dots.height; y++) ink += inkOf(dots, y);
  return ink / (dots.width * dots.height);
}

/** Black and white dots on a larger sheet. */
export interface Part {
  readonly dots: Dots;
  /** Columns and rows from the sheet's corner; `left` may be below 0. */
  readonly left: number;
  readonly top: number;
}

/** A sheet with `parts` on it, the later ones over the earlier ones' rows. What juts out is cut off. */
export function placed(width: number, height: number, parts: readonly Part[]): Dots {
  const changes = new Uint16Array(parts.reduce((sum, { dots }) => sum + dots.changes.length + dots.height, 0));
  const starts = new Uint32Array(height + 1);
  let count = 0;
  for (let y = 0; y < height; y++) {
    const part = parts.findLast(({ dots, top }) => y >= top && y < top + dots.height);
    if (part) count = placeRow(part, y - part.top, width, changes, count);
    starts[y + 1] = count;
  }
  return { width, height, changes: changes.subarray(0, count), starts };
}

function placeRow({ dots, left }: Part, y: number, width: number, into: Uint16Array, from: number): number {
  const [start, end] = [dots.starts[y] as number, dots.starts[y + 1] as number];
  const edge = dots.width + left;
  if (edge <= 0) return from;
  let at = start;
  while (at < end && (dots.changes[at] as number) + left <= 0) at += 1;
  let count = from;
  // An odd number of changes left of the sheet: it begins black.
  if ((at - start) % 2 === 1) into[count++] = 0;
  for (; at < end; at++) {
    const x = (dots.changes[at] as number) + left;
    if (x >= width) return count;
    into[count++] = x;
  }
  if ((end - start) % 2 === 1 && edge < width) into[count++] = edge;
  return count;
}
