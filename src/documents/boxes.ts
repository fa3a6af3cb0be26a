import type { Box } from '../core/page.ts';
import { brokenBeside, brokenRows, isClose, isOneOf } from './broken-boxes.ts';
import type { Raster } from './raster.ts';
import {
  cornersOf,
  inkBeside,
  isBlot,
  largest,
  lonely,
  near,
  openSides,
  share,
  smallest,
  thinSides,
  type Inked,
  type Square,
} from './square.ts';

/** A check box as fractions of the page, and how much of its inside is inked, 0 to 1. */
export interface BoxSeen extends Box {
  readonly ink: number;
}

const dark = 150;

/** Empty or marked squares on a page at 300 dpi. Only the four sides are asked for, with small gaps: a mark may overshoot
 *  them, and noise breaks thin lines.
 *  @param coarse it came with fewer than 150 lines an inch: of thin level lines little but dashes is left */
export function boxesOn(raster: Raster, coarse = false): BoxSeen[] {
  const { data, width, height } = raster;
  const inked = (x: number, y: number): boolean => (data[y * width + x] ?? 255) < dark;
  const found: Square[] = [];
  // As in `found`, but that it may be something else.
  const doubtful: Square[] = [];
  // A left side crosses one of these rows at least.
  for (let y = smallest; y < height - smallest; y += smallest >> 1)
    for (let x = 2; x < width - smallest; x++) {
      if ((data[y * width + x] as number) >= dark || (data[y * width + x - 1] as number) < dark) continue;
      if (found.some((each) => near(each, x, y))) continue;
      const square = squareAt(inked, x, y) ?? (coarse ? uprightsAt(inked, x, y) : null);
      if (square) found.push(square);
      else if (coarse && !doubtful.some((each) => near(each, x, y))) doubtful.push(...pairAt(inked, x, y));
    }
  const others = doubtful.filter((each) => !found.some((box) => near(box, each.x, each.y)));
  const pairs = others.filter((each) => isOneOf(each, rowOf(each, found, others)));
  const sure = [...found, ...pairs];
  const rows = brokenRows(inked, width, height).filter((each) => !sure.some((box) => isClose(box, each.x, each.y)));
  return [...sure, ...rows, ...brokenBeside(inked, width, [...sure, ...rows])].map(({ x, y, side, tall }) => ({
    x: x / width,
    y: y / height,
    width: side / width,
    height: tall / height,
    ink: inside(inked, x, y, side, tall),
  }));
}

/** Where a whole one was found, it speaks. */
function rowOf({ y }: Square, found: readonly Square[], others: readonly Square[]): readonly Square[] {
  const level = (each: Square): boolean => Math.abs(each.y - y) <= 10;
  return found.some(level) ? found : others;
}

/** Pixels that noise may break out of a side. */
const widestGap = 2;
/** How far a mark may lead a side on beyond its corner. */
const overshoot = 14;

/** The square whose left side passes here. */
function squareAt(inked: Inked, x: number, y: number): Square | null {
  const beside = (at: number): boolean => inked(x, at) || inked(x + 1, at) || inked(x + 2, at);
  const highest = reach(y, -1, beside);
  const lowest = reach(y, 1, beside);
  const length = lowest - highest;
  if (length < smallest || length > largest + 2 * overshoot) return null;
  const top = sideFrom(inked, x, highest, 1);
  if (top === null) return null;
  const bottom = sideFrom(inked, x, lowest, -1);
  if (bottom === null) return null;
  const tall = bottom - top;
  if (tall < smallest || tall > largest) return null;
  const side = widthOf(inked, { x, y: top, tall }, 0.8);
  if (side === 0 || isBlot(inked, { x, y: top, side, tall })) return null;
  const square = { x, y: top, side, tall };
  return isNoLetter(inked, square) && lonely(inked, x, top, side, tall) ? square : null;
}

/** What is left of a box when its level sides are dashes: two strokes as high as they are apart, with white behind them,
 *  nothing close by, and something of the level sides between their ends. No letter is like that. */
function uprightsAt(inked: Inked, x: number, y: number): Square | null {
  const beside = (at: number): boolean => inked(x, at) || inked(x + 1, at) || inked(x + 2, at);
  const top = reach(y, -1, beside);
  const tall = reach(y, 1, beside) - top;
  if (tall < smallest || tall > largest) return null;
  const side = widthOf(inked, { x, y: top, tall }, 0);
  const square = { x, y: top, side, tall };
  const near = Math.max(inkBeside(inked, square, -12), inkBeside(inked, square, side + 3));
  if (side === 0 || Math.abs(side - tall) > side * 0.1 || near > 0.05) return null;
  const left = dashes(inked, square, top) + dashes(inked, square, top + tall);
  const ends = [-8, -6, -4, tall + 4, tall + 6, tall + 8].some(
    (off) => share(side + 3, (i) => inked(x + i, top + off)) > 0.1,
  );
  const plain = thinSides(inked, square) === 4 && openSides(inked, square) === 4 && cornersOf(inked, square) > 0;
  return left > 0.3 && !ends && plain && lonely(inked, x, top, side, tall) ? square : null;
}

/** Two upright strokes as high as they are apart, all that noise left of a box: by itself it may be anything. */
function pairAt(inked: Inked, x: number, y: number): Square[] {
  const beside = (at: number): boolean => inked(x, at) || inked(x + 1, at) || inked(x + 2, at) || inked(x - 1, at);
  const top = reach(y, -1, beside);
  const tall = reach(y, 1, beside) - top;
  if (tall < smallest - 2 || tall > largest) return [];
  const side = widthOf(inked, { x, y: top, tall }, 0, 0.7);
  const square = { x, y: top, side, tall };
  if (side === 0 || Math.abs(side - tall) > side * 0.2) return [];
  const near = Math.max(inkBeside(inked, square, -12), inkBeside(inked, square, side + 4));
  const plain = near <= 0.1 && thinSides(inked, square) >= 2 && openSides(inked, square) === 4;
  return plain && lonely(inked, x, top, side, tall) ? [square] : [];
}

/** How much of a level side is there. */
const dashes = (inked: Inked, { x, side }: Square, row: number): number =>
  share(side - 6, (i) => around.some((off) => inked(x + 3 + i, row + off)));

/** The last place that a stroke reaches from here. */
function reach(from: number, step: number, stroke: (at: number) => boolean): number {
  let last = from;
  for (let at = from, gap = 0; gap <= widestGap && Math.abs(at - from) < largest + 2 * overshoot; at += step)
    if (stroke(at)) [last, gap] = [at, 0];
    else gap += 1;
  return last;
}

/** Straightening leaves steps, noise more. */
const around = [-2, -1, 0, 1, 2] as const;

/** The row of a level side that begins at this end of the left one: the outermost that is long enough. */
function sideFrom(inked: Inked, x: number, end: number, step: number): number | null {
  for (let y = end; Math.abs(y - end) <= overshoot; y += step)
    if (share(smallest, (i) => around.some((off) => inked(x + i, y + off))) > 0.8) return y;
  return null;
}

/** Where the right side stands, or 0.
 *  @param least how much of the level sides must be there, 0 to 1
 *  @param mostly how much of the right one */
function widthOf(inked: Inked, { x, y, tall }: Omit<Square, 'side'>, least: number, mostly = 0.85): number {
  const upright = (at: number): boolean =>
    share(tall, (i) => inked(at, y + i) || inked(at - 1, y + i) || inked(at - 2, y + i)) > mostly;
  const level = (at: number, row: number, step: number): boolean =>
    share(at - x, (i) => inked(x + i, row) || inked(x + i, row + step) || inked(x + i, row + 2 * step)) >= least;
  // Ink inside may have an upright edge too.
  let [width, before] = [0, false];
  for (let side = Math.floor(tall * 0.8); side <= Math.ceil(tall * 1.25) + 2; side++) {
    const now = upright(x + side);
    if (before && !now && Math.abs(side - 1 - tall) <= Math.abs(width - tall)) width = side - 1;
    before = now;
  }
  return width >= smallest - 2 && level(x + width, y, 1) && level(x + width, y + tall, -1) ? width : 0;
}

/** Bold letters have thick strokes, neighbours close by, and round corners. Noise may break a corner of a box; a mark that
 *  overshoots may touch what stands beside it, but leaves four. */
function isNoLetter(inked: Inked, square: Square): boolean {
  const { side } = square;
  const corners = cornersOf(inked, square);
  const thin = thinSides(inked, square);
  const beside = Math.max(inkBeside(inked, square, -12), inkBeside(inked, square, side + 3));
  const plain = corners >= 3 && thin >= 3 && beside < 0.13;
  const marked = corners === 4 && thin >= 2 && beside < 0.35 && openSides(inked, square) >= 3;
  return plain || marked;
}

function inside(inked: Inked, x: number, y: number, side: number, tall: number): number {
  const rim = Math.max(6, Math.round(side * 0.2));
  let [ink, seen] = [0, 0];
  for (let dy = rim; dy < tall - rim; dy++)
    for (let dx = rim; dx < side - rim; dx++) {
      seen += 1;
      if (inked(x + dx, y + dy)) ink += 1;
    }
  return seen === 0 ? 0 : Number((ink / seen).toFixed(3));
}
