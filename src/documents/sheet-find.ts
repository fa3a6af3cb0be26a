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
  const mostPaper = Math.floor(cell.x * cell.y * (1 - solid));
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      if (isSolid(data, width, row * cell.y * width + column * cell.x, cell, mostPaper))
        filled[row * columns + column] = 1;
  return filled;
}

/** Ends at the first row that leaves too much paper, which for most of any page is the second. */
function isSolid(data: Uint8Array, width: number, corner: number, cell: Point, mostPaper: number): boolean {
  let paper = 0;
  for (let y = 0; y < cell.y; y++) {
    const start = corner + y * width;
    for (let at = start; at < start + cell.x; at++) if ((data[at] as number) >= dark) paper++;
    if (paper > mostPaper) return false;
  }
  return true;
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

/** Millimetres of the sheet. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A part of the sheet set upright. */
interface Upright {
  readonly width: number;
  readonly height: number;
  /** Row by row, which dot of the raster lies there; -1 beyond the page. */
  readonly dots: Int32Array;
}

/** `perMm` places a millimetre in both directions. */
export function upright(raster: Raster, place: Place, area: Area, perMm: number): Upright {
  const [width, height] = [Math.round(area.width * perMm), Math.round(area.height * perMm)];
  const [half, one] = [0.5 / perMm, 1 / perMm];
  const first = place.at(area.x + half, area.y + half);
  const right = place.at(area.x + half + one, area.y + half);
  const below = place.at(area.x + half, area.y + half + one);
  const dots = new Int32Array(width * height);
  for (let v = 0, at = 0; v < height; v++)
    for (let u = 0; u < width; u++, at++) {
      const column = Math.floor(first.x + u * (right.x - first.x) + v * (below.x - first.x));
      const row = Math.floor(first.y + u * (right.y - first.y) + v * (below.y - first.y));
      const within = column >= 0 && row >= 0 && column < raster.width && row < raster.height;
      dots[at] = within ? row * raster.width + column : -1;
    }
  return { width, height, dots };
}

/** The same as grey of 0 and 255, white beyond the page. */
export function cut(
  raster: Raster,
  place: Place,
  area: Area,
  perMm: number,
): Pick<Raster, 'data' | 'width' | 'height'> {
  const { width, height, dots } = upright(raster, place, area, perMm);
  const data = new Uint8Array(dots.length).fill(255);
  dots.forEach((dot, at) => {
    if (dot >= 0 && (raster.data[dot] as number) < dark) data[at] = 0;
  });
  return { data, width, height };
}
