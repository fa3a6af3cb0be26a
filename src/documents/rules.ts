import type { Raster } from './raster.ts';

const dark = 140;
/** At 300 dpi: shorter runs are letters, thicker ones bars or pictures. */
const shortest = 110;
const thickest = 11;

/** Ruled lines of tables and forms off the page, letters that cross them kept. Letters that touch a rule are what
 *  tesseract loses first. */
export function lined(raster: Raster): { readonly raster: Raster; readonly rules: number } {
  const { width, height } = raster;
  const data = raster.data.slice();
  const rules = swept(raster.data, data, width, height, 1, width) + swept(raster.data, data, height, width, width, 1);
  return { raster: { ...raster, data }, rules };
}

/** Whiten long dark runs along one axis. `along` and `across` are the steps to the next pixel in and beside a run. A run
 *  that counts covers one of the places that are looked at, so most of a page is passed by. */
function swept(
  source: Uint8Array,
  data: Uint8Array,
  length: number,
  lines: number,
  along: number,
  across: number,
): number {
  let count = 0;
  // Up to where the last run on each line was followed.
  const done = new Int32Array(lines).fill(-1);
  for (let place = 0; place < length; place += shortest >> 1)
    for (let line = 0; line < lines; line++) {
      if (place <= (done[line] as number) || !darkNear(source, line * across + place * along, along)) continue;
      const { from, to } = runThrough(source, line * across, along, length, place);
      done[line] = to;
      if (to - from < shortest) continue;
      const usual = usualThickness(source, line, lines, from, to, along, across);
      if (usual > thickest) continue;
      for (let each = from; each <= to; each++) wiped(source, data, line, lines, each, along, across, usual);
      count += 1;
    }
  return count;
}

/** Gaps of a run are two pixels at most. */
const widestGap = 2;

const darkNear = (source: Uint8Array, at: number, along: number): boolean =>
  (source[at] as number) < dark || (source[at + along] ?? 255) < dark || (source[at + 2 * along] ?? 255) < dark;

function runThrough(
  source: Uint8Array,
  line: number,
  along: number,
  length: number,
  place: number,
): { readonly from: number; readonly to: number } {
  let [from, to] = [place + widestGap + 1, place];
  for (let at = Math.min(place + widestGap, length - 1), gap = 0; at >= 0 && gap <= widestGap; at--)
    if ((source[line + at * along] as number) < dark) [from, gap] = [at, 0];
    else if (at < place) gap += 1;
  for (let at = from, gap = 0; at < length && gap <= widestGap; at++)
    if ((source[line + at * along] as number) < dark) [to, gap] = [at, 0];
    else gap += 1;
  return { from, to };
}

/** What three in five places of a run are no thicker than. */
function usualThickness(
  source: Uint8Array,
  line: number,
  lines: number,
  from: number,
  to: number,
  along: number,
  across: number,
): number {
  const seen: number[] = [];
  for (let at = from; at <= to; at += 5) {
    const { first, last } = extent(source, line, lines, at, along, across);
    seen.push(last - first + 1);
  }
  return seen.sort((a, b) => a - b)[Math.floor(seen.length * 0.6)] as number;
}

interface Extent {
  readonly first: number;
  readonly last: number;
}

/** What is dark across a run at one place of it. */
function extent(source: Uint8Array, line: number, lines: number, at: number, along: number, across: number): Extent {
  let [first, last] = [line, line];
  while (first > 0 && line - first <= thickest && (source[(first - 1) * across + at * along] ?? 255) < dark) first -= 1;
  while (last < lines - 1 && last - line <= thickest && (source[(last + 1) * across + at * along] ?? 255) < dark)
    last += 1;
  return { first, last };
}

/** Steps of a rule that was not level. */
const ragged = 2;

/** A place of a rule goes whole, its grey edges too, unless a letter's stroke runs through it or ends on it. */
function wiped(
  source: Uint8Array,
  data: Uint8Array,
  line: number,
  lines: number,
  at: number,
  along: number,
  across: number,
  usual: number,
): void {
  const { first, last } = extent(source, line, lines, at, along, across);
  const tall = last - first + 1;
  if (tall > thickest) return;
  const [from, to] = tall <= usual + ragged ? [first, last] : [line, line];
  for (let each = from; each <= to; each++) data[each * across + at * along] = 255;
  for (const next of [from - 1, to + 1]) {
    if (next < 0 || next >= lines) continue;
    const place = next * across + at * along;
    if ((source[place] ?? 255) < 215) data[place] = 255;
  }
}
