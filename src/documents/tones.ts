import { allWhite, inWords } from './dots.ts';
import type { Raster } from './raster.ts';

/** Dots a block side: 2 mm. */
export const block = 16;
const [darkest, lightest] = [50, 205];

/** Neither black nor white. */
export const isBetween = (value: number): boolean => value >= darkest && value <= lightest;

/** Rows from one that is looked at to the next: what greys a page has shows in a part of it. */
const step = 8;

/** What greys a page has, by every eighth of its rows. */
export interface Tones {
  /** Pixels of each grey level. */
  readonly counts: Uint32Array;
  /** Blocks in a row of them. */
  readonly columns: number;
  /** For each block, row by row, the share of its pixels between black and white, 0 to 1. */
  readonly between: Float32Array;
}

export function tonesOf({ data, width, height }: Raster): Tones {
  const { bytes, words } = inWords(data);
  const columns = Math.ceil(width / block);
  const between = new Float32Array(columns * Math.ceil(height / block));
  const counts = new Uint32Array(256);
  const share = step / (block * block);
  let blank = 0;
  for (let y = 0; y < height; y += step) {
    const [from, to] = [y * width, (y + 1) * width];
    const row = Math.floor(y / block) * columns;
    for (let at = from; at < to; at++) {
      if ((at & 3) === 0 && at + 4 <= to && words[at >> 2] === allWhite) {
        blank += 4;
        at += 3;
        continue;
      }
      const value = bytes[at] as number;
      counts[value] = (counts[value] as number) + 1;
      if (value < darkest || value > lightest) continue;
      const area = row + Math.floor((at - from) / block);
      between[area] = (between[area] as number) + share;
    }
  }
  counts[255] = (counts[255] as number) + blank;
  return { counts, columns, between };
}

/** The grey level that best parts two classes (Otsu 1979); 160 when there is nothing to part. */
export function threshold(counts: Uint32Array): number {
  let [dots, total] = [0, 0];
  counts.forEach((count, level) => {
    dots += count;
    total += count * level;
  });
  let [below, sumBelow, best, limit] = [0, 0, 0, 160];
  for (let level = 0; level < 255; level++) {
    const count = counts[level] as number;
    below += count;
    sumBelow += count * level;
    const above = dots - below;
    if (below === 0 || above === 0) continue;
    const apart = sumBelow / below - (total - sumBelow) / above;
    const score = below * above * apart * apart;
    if (score > best) [best, limit] = [score, level + 1];
  }
  return limit;
}
