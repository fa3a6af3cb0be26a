import type { Raster } from './raster.ts';
import { fiducials, fiducialSize, type Point } from './sheet-layout.ts';

/** Finds an answer sheet on a page by its solid squares, whichever way it lies, and how its millimetres fall on dots. */

/** Millimetres of the sheet → dots of the raster. */
export interface Place {
  at(x: number, y: number): Point;
}

export const dark = 128;

interface Blob {
  /** Dots. */
  readonly x: number;
  readonly y: number;
}

const mm = 25.4;
/** Cells with so much ink are solid. Print that was faxed twice has holes. */
const solid = 0.78;
/** More solid spots than this are a picture. */
const maxBlobs = 60;

/** Null: this page is no answer sheet. Costs one look at each dot. `sure`: at most one square is missing. */
export function findSheet(raster: Raster): (Place & { readonly sure: boolean }) | null {
  const blobs = solidBlobs(raster);
  if (blobs.length < 3 || blobs.length > maxBlobs) return null;
  const best = bestMatch(raster, blobs);
  return best && { ...affine(best), sure: best.length >= 4 };
}

/** Middles of black squares of about the right size. */
function solidBlobs(raster: Raster): Blob[] {
  const cell = { x: Math.max(1, Math.round(raster.xdpi / mm)), y: Math.max(1, Math.round(raster.ydpi / mm)) };
  const columns = Math.floor(raster.width / cell.x);
  const rows = Math.floor(raster.height / cell.y);
  const filled = solidCells(raster, cell, columns, rows);
  const seen = new Uint8Array(columns * rows);
  const blobs: Blob[] = [];
  for (let start = 0; start < filled.length && blobs.length <= maxBlobs; start++) {
    if (!filled[start] || seen[start]) continue;
    const patch = flood(filled, seen, start, columns);
    if (squarish(patch)) blobs.push(middleOf(raster, patch, cell));
  }
  return blobs;
}

function solidCells({ data, width }: Raster, cell: Point, columns: number, rows: number): Uint8Array {
  const filled = new Uint8Array(columns * rows);
  const sums = new Uint32Array(columns);
  const enough = Math.ceil(cell.x * cell.y * solid);
  for (let row = 0; row < rows; row++) {
    sums.fill(0);
    for (let y = row * cell.y; y < (row + 1) * cell.y; y++) {
      let at = y * width;
      for (let column = 0; column < columns; column++) {
        let ink = 0;
        for (const end = at + cell.x; at < end; at++) if ((data[at] as number) < dark) ink++;
        sums[column] = (sums[column] as number) + ink;
      }
    }
    for (let column = 0; column < columns; column++)
      if ((sums[column] as number) >= enough) filled[row * columns + column] = 1;
  }
  return filled;
}

interface Patch {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly cells: number;
}

function flood(filled: Uint8Array, seen: Uint8Array, start: number, columns: number): Patch {
  const stack = [start];
  seen[start] = 1;
  let [left, right, top, bottom, cells] = [Infinity, 0, Infinity, 0, 0];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const [x, y] = [at % columns, Math.floor(at / columns)];
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
    cells++;
    const beside = [x > 0 ? at - 1 : -1, x < columns - 1 ? at + 1 : -1, at - columns, at + columns];
    for (const next of beside) {
      if (!filled[next] || seen[next]) continue;
      seen[next] = 1;
      stack.push(next);
    }
  }
  return { left, right, top, bottom, cells };
}

/** Of the square's 7 mm at least 4 cells are whole, turned and worn as it may be; at most 9 are touched. */
function squarish({ left, right, top, bottom, cells }: Patch): boolean {
  const [wide, tall] = [right - left + 1, bottom - top + 1];
  const within = (cellsAcross: number): boolean => cellsAcross >= 4 && cellsAcross <= fiducialSize + 2;
  return within(wide) && within(tall) && cells >= wide * tall * 0.6;
}

/** By all ink around the patch, to a fraction of a dot. */
function middleOf({ data, width, height }: Raster, { left, right, top, bottom }: Patch, cell: Point): Blob {
  const to = { x: Math.min(width, (right + 2) * cell.x), y: Math.min(height, (bottom + 2) * cell.y) };
  let [ink, sumX, sumY] = [0, 0, 0];
  for (let y = Math.max(0, (top - 1) * cell.y); y < to.y; y++)
    for (let x = Math.max(0, (left - 1) * cell.x); x < to.x; x++) {
      if ((data[y * width + x] as number) >= dark) continue;
      ink++;
      sumX += x;
      sumY += y;
    }
  return { x: sumX / ink + 0.5, y: sumY / ink + 0.5 };
}

interface Pair {
  readonly from: Point;
  readonly to: Blob;
}

const topOnly = fiducials[4] as Point;
const slack = 6; // mm between where a square is expected and where it may be

/** The reading of the spots as our squares that explains most of them: three at least, not all at the top, and among
 *  them the one that tells the top from the bottom. */
function bestMatch({ xdpi, ydpi }: Raster, blobs: readonly Blob[]): Pair[] | null {
  const placed = blobs.map((blob) => ({ blob, x: (blob.x * mm) / xdpi, y: (blob.y * mm) / ydpi }));
  let best: Pair[] = [];
  for (const [i, a] of fiducials.entries())
    for (const b of fiducials.slice(i + 1)) {
      if (Math.hypot(b.x - a.x, b.y - a.y) < 100) continue;
      for (const p of placed)
        for (const q of placed) {
          const pairs = p === q ? [] : explained(a, b, p, q, placed);
          if (pairs.length > best.length) best = pairs;
        }
    }
  return best.length >= 3 ? best : null;
}

/** The squares found when `a` lies at `p` and `b` at `q`: turned and scaled alike in both directions. */
function explained(
  a: Point,
  b: Point,
  p: Point,
  q: Point,
  placed: readonly (Point & { readonly blob: Blob })[],
): Pair[] {
  const [ux, uy, vx, vy] = [b.x - a.x, b.y - a.y, q.x - p.x, q.y - p.y];
  const length = ux * ux + uy * uy;
  const [c, s] = [(ux * vx + uy * vy) / length, (ux * vy - uy * vx) / length];
  const scale = Math.hypot(c, s);
  const angle = Math.atan2(s, c) / (Math.PI / 2);
  if (scale < 0.85 || scale > 1.15 || Math.abs(angle - Math.round(angle)) > 0.14) return [];
  const pairs = fiducials.flatMap((from) => {
    const [dx, dy] = [from.x - a.x, from.y - a.y];
    const [x, y] = [p.x + c * dx - s * dy, p.y + s * dx + c * dy];
    const near = placed.find((each) => Math.hypot(each.x - x, each.y - y) < slack);
    return near ? [{ from, to: near.blob }] : [];
  });
  const known = pairs.map(({ from }) => from);
  return known.includes(topOnly) && known.some(({ y }) => y !== topOnly.y) ? pairs : [];
}

/** Least squares over all squares: turn, both scales and shear, as paper and lost lines leave them. */
function affine(pairs: readonly Pair[]): Place {
  const mean = (of: (pair: Pair) => number): number => pairs.reduce((sum, pair) => sum + of(pair), 0) / pairs.length;
  const from = { x: mean((pair) => pair.from.x), y: mean((pair) => pair.from.y) };
  const to = { x: mean((pair) => pair.to.x), y: mean((pair) => pair.to.y) };
  let [xx, xy, yy, xu, yu, xv, yv] = [0, 0, 0, 0, 0, 0, 0];
  for (const pair of pairs) {
    const [x, y, u, v] = [pair.from.x - from.x, pair.from.y - from.y, pair.to.x - to.x, pair.to.y - to.y];
    xx += x * x;
    xy += x * y;
    yy += y * y;
    xu += x * u;
    yu += y * u;
    xv += x * v;
    yv += y * v;
  }
  const det = xx * yy - xy * xy;
  const [a, b] = [(xu * yy - yu * xy) / det, (yu * xx - xu * xy) / det];
  const [c, d] = [(xv * yy - yv * xy) / det, (yv * xx - xv * xy) / det];
  return {
    at: (x, y) => ({
      x: to.x + a * (x - from.x) + b * (y - from.y),
      y: to.y + c * (x - from.x) + d * (y - from.y),
    }),
  };
}

/** Is there ink at this place of the sheet? Beyond the page there is none. */
const inkAt = ({ data, width, height }: Raster, place: Place, x: number, y: number): boolean => {
  const dot = place.at(x, y);
  const [column, row] = [Math.floor(dot.x), Math.floor(dot.y)];
  if (column < 0 || row < 0 || column >= width || row >= height) return false;
  return (data[row * width + column] as number) < dark;
};

/** A part of the sheet set upright: `perMm` dots a millimetre in both directions, as grey of 0 and 255. */
export function cut(
  raster: Raster,
  place: Place,
  area: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
  perMm: number,
): { readonly data: Uint8Array; readonly width: number; readonly height: number } {
  const [width, height] = [Math.round(area.width * perMm), Math.round(area.height * perMm)];
  const data = new Uint8Array(width * height);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at++)
      data[at] = inkAt(raster, place, area.x + (x + 0.5) / perMm, area.y + (y + 0.5) / perMm) ? 0 : 255;
  return { data, width, height };
}
