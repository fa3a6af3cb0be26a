import { eachDark, inkIn, white } from './ink.ts';
import type { Raster } from './raster.ts';

const dark = 128;
const most = 3;
const least = 0.1;

/** How far lines of print run off level, degrees clockwise, at most 3 either way; 0 below a tenth of a degree. Searched
 *  by the sharpness of the row profile: rows of print stand out most when the page is level (Postl 1986). */
export function skewOf(raster: Raster): number {
  const { width, height } = raster;
  const points: number[] = [];
  eachDark(raster, dark, (y, x) => {
    if (((x - y * 3) & 7) === 0) points.push(y * width + x);
  });
  if (points.length < 500) return 0;
  const kept = pointsOf(points, Math.ceil(points.length / 60_000), width);
  // Coarse rows first: with fine ones the peak is so narrow that wide steps walk past it.
  const near = sharpest(kept, height, { from: -most, to: most, step: 0.2, row: 12 });
  const best = sharpest(kept, height, { from: near - 0.25, to: near + 0.25, step: 0.04, row: 3 });
  return Math.abs(best) < least ? 0 : Number(best.toFixed(2));
}

interface Search {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  /** Pixels of height that count as one row. */
  readonly row: number;
}

function sharpest(points: Points, height: number, { from, to, step, row }: Search): number {
  let [best, most] = [0, -1];
  for (let angle = from; angle <= to + 1e-9; angle += step) {
    const sharp = sharpness(points, angle, height, row);
    if (sharp > most) [best, most] = [angle, sharp];
  }
  return best;
}

/** Pixels from the middle column, and from the top. */
interface Points {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** Every so many of these places in a raster. */
function pointsOf(places: readonly number[], every: number, width: number): Points {
  const count = Math.ceil(places.length / every);
  const [x, y] = [new Float64Array(count), new Float64Array(count)];
  for (let i = 0; i < count; i++) {
    const at = places[i * every] as number;
    y[i] = Math.floor(at / width);
    x[i] = (at % width) - width / 2;
  }
  return { x, y };
}

function sharpness({ x, y }: Points, angle: number, height: number, row: number): number {
  const slope = Math.tan((angle * Math.PI) / 180);
  const margin = 240;
  const rows = new Float64Array(Math.ceil((height + 2 * margin) / row));
  for (let i = 0; i < x.length; i++) {
    const at = Math.floor(((y[i] as number) - (x[i] as number) * slope + margin) / row);
    if (at >= 0 && at < rows.length) rows[at] = (rows[at] as number) + 1;
  }
  let total = 0;
  for (let i = 1; i < rows.length; i++) total += ((rows[i] ?? 0) - (rows[i - 1] ?? 0)) ** 2;
  return total;
}

/** The page turned back by its skew in two shears by whole pixels, around its middle; the size stays. */
export function sheared(raster: Raster, angle: number): Raster {
  if (angle === 0) return raster;
  const { width, height, data } = raster;
  const slope = Math.tan((angle * Math.PI) / 180);
  const level = new Uint8Array(data.length).fill(white);
  const ink = inkIn(raster);
  const spans = spansOf(width, slope);
  for (let y = 0; y < height; y++) {
    const shift = Math.round((y - height / 2) * slope);
    for (const { from, to, drop } of spans) {
      const source = y + drop;
      if (source < 0 || source >= height) continue;
      const [left, right] = [Math.max(from, -shift), Math.min(to, width - shift)];
      if (left >= right || !ink.between(source, left, right - 1)) continue;
      for (let x = left, to = y * width + shift, row = source * width; x < right; x++)
        level[to + x] = data[row + x] as number;
    }
  }
  return { ...raster, data: level };
}

/** Stretches of columns that move up or down by the same number of pixels. */
function spansOf(width: number, slope: number): { from: number; to: number; readonly drop: number }[] {
  const spans: { from: number; to: number; readonly drop: number }[] = [];
  for (let x = 0; x < width; x++) {
    const drop = Math.round((x - width / 2) * slope);
    const last = spans.at(-1);
    if (last?.drop === drop) last.to = x + 1;
    else spans.push({ from: x, to: x + 1, drop });
  }
  return spans;
}
