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

/** Whiten long dark runs along one axis. `along` and `across` are the steps to the next pixel in and beside a run. */
function swept(
  source: Uint8Array,
  data: Uint8Array,
  length: number,
  lines: number,
  along: number,
  across: number,
): number {
  let count = 0;
  for (let line = 0; line < lines; line++)
    for (let at = 0; at < length; at++) {
      const start = line * across + at * along;
      if ((source[start] ?? 255) >= dark) continue;
      let end = at;
      let gap = 0;
      for (let next = at; next < length && gap <= 2; next++) {
        if ((source[line * across + next * along] ?? 255) < dark) [end, gap] = [next, 0];
        else gap += 1;
      }
      if (end - at >= shortest && thin(source, line, lines, at, end, along, across)) {
        for (let each = at; each <= end; each++) wiped(source, data, line, lines, each, along, across);
        count += 1;
      }
      at = end;
    }
  return count;
}

/** Whether most of a run belongs to something no thicker than a rule. */
function thin(
  source: Uint8Array,
  line: number,
  lines: number,
  from: number,
  to: number,
  along: number,
  across: number,
): boolean {
  let [thinCount, seen] = [0, 0];
  for (let at = from; at <= to; at += 5) {
    seen += 1;
    if (thickness(source, line, lines, at, along, across) <= thickest) thinCount += 1;
  }
  return thinCount > seen * 0.6;
}

function thickness(source: Uint8Array, line: number, lines: number, at: number, along: number, across: number): number {
  let [first, last] = [line, line];
  while (first > 0 && line - first <= thickest && (source[(first - 1) * across + at * along] ?? 255) < dark) first -= 1;
  while (last < lines - 1 && last - line <= thickest && (source[(last + 1) * across + at * along] ?? 255) < dark)
    last += 1;
  return last - first + 1;
}

/** A pixel of a rule goes unless a letter's stroke runs through it. */
function wiped(
  source: Uint8Array,
  data: Uint8Array,
  line: number,
  lines: number,
  at: number,
  along: number,
  across: number,
): void {
  if (thickness(source, line, lines, at, along, across) > thickest) return;
  data[line * across + at * along] = 255;
  for (const side of [-1, 1]) {
    const next = line + side;
    if (next < 0 || next >= lines) continue;
    const place = next * across + at * along;
    if ((source[place] ?? 255) < 215) data[place] = 255;
  }
}
