import type { Box } from '../core/page.ts';
import type { Raster } from './raster.ts';

/** A check box as fractions of the page, and how much of its inside is inked, 0 to 1. */
export interface BoxSeen extends Box {
  readonly ink: number;
}

const dark = 150;
/** Sides at 300 dpi: 2.5 to 7 mm. Capitals of usual print are smaller, or have round corners. */
const smallest = 30;
const largest = 84;

type Inked = (x: number, y: number) => boolean;

/** Sides in pixels, from outer edge to outer edge. */
interface Square {
  readonly x: number;
  readonly y: number;
  readonly side: number;
  readonly tall: number;
}

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
  const sure = [...found, ...others.filter((each) => isOneOf(each, found, others))];
  return [...sure, ...brokenBeside(inked, width, sure)].map(({ x, y, side, tall }) => ({
    x: x / width,
    y: y / height,
    width: side / width,
    height: tall / height,
    ink: inside(inked, x, y, side, tall),
  }));
}

const near = (each: Square, x: number, y: number): boolean =>
  x >= each.x - 4 && x < each.x + each.side + 4 && y >= each.y - 4 && y < each.y + each.tall + 4;

/** Whether a box as large, a few rows off, would be the same one. */
const within = (each: Square, x: number, y: number): boolean =>
  Math.abs(each.x - x) < each.side + 4 && Math.abs(each.y - y) < each.tall;

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

/** Boxes of one question are alike: level with one that was found, another of its size may have larger gaps. */
function brokenBeside(inked: Inked, width: number, found: readonly Square[]): Square[] {
  const more: Square[] = [];
  const inkedNear = (x: number, y: number): boolean => inked(x, y) || inked(x + 1, y);
  for (const { y, side, tall } of found)
    for (let x = 2; x < width - side - 4; x++) {
      // Something of its upright sides must be there; most places of a page end here.
      if ([x + 1, x + side - 2].some((at) => share(8, (i) => inkedNear(at, y + ((i * tall) >> 3))) < 0.3)) continue;
      if ([...found, ...more].some((each) => within(each, x, y))) continue;
      const rows = [0, -2, 2, -4, 4, -6, 6];
      const square = rows.map((off) => ({ x, y: y + off, side, tall })).find((each) => isBroken(inked, each));
      if (square) more.push(square);
    }
  return more;
}

/** How much of a box must be left, and of each of its sides. */
const [leastLeft, leastOfSide] = [0.7, 0.4];

function isBroken(inked: Inked, square: Square): boolean {
  const { x, y, side, tall } = square;
  const upright = (at: number): number => share(tall - 6, (i) => close.some((off) => inked(at + off, y + 3 + i)));
  const level = (at: number): number => share(side - 6, (i) => close.some((off) => inked(x + 3 + i, at + off)));
  const first = upright(x + 1);
  if (first < leastOfSide) return false;
  const sides = [first, upright(x + side - 1), level(y + 1), level(y + tall - 1)];
  const left = sides.reduce((sum, each) => sum + each, 0) / 4;
  if (Math.min(...sides) < leastOfSide || left < leastLeft) return false;
  const beside = Math.max(inkBeside(inked, square, -12), inkBeside(inked, square, side + 3));
  const plain = thinSides(inked, square) >= 3 && cornersOf(inked, square) >= 3 && beside < 0.13;
  return plain && !isBlot(inked, square) && lonely(inked, x, y, side, tall);
}

const close = [-1, 0, 1] as const;

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

/** Boxes of one question are equally large and stand level with each other: where one was found, it speaks. */
function isOneOf(square: Square, found: readonly Square[], others: readonly Square[]): boolean {
  const level = (each: Square): boolean => Math.abs(each.y - square.y) <= 10;
  const row = (found.some(level) ? found : others).filter(level);
  return row.some(
    ({ x, side, tall }) =>
      Math.abs(x - square.x) > square.side * 2 &&
      Math.abs(side - square.side) <= 4 &&
      Math.abs(tall - square.tall) <= 8,
  );
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

/** How many corners it has: letters have round ones or none. */
function cornersOf(inked: Inked, { x, y, side, tall }: Square): number {
  const corner = (cx: number, cy: number, dx: number, dy: number): boolean =>
    share(7, (i) => [0, 1, 2].some((inward) => inked(cx + dx * i, cy + dy * inward))) > 0.7 &&
    share(7, (i) => [0, 1, 2].some((inward) => inked(cx + dx * inward, cy + dy * i))) > 0.7;
  const [right, bottom] = [x + side, y + tall];
  return [corner(x, y, 1, 1), corner(right, y, -1, 1), corner(x, bottom, 1, -1), corner(right, bottom, -1, -1)].filter(
    Boolean,
  ).length;
}

/** Whether something black stands here that no side runs around: a punch hole, a bar, a blot. */
function isBlot(inked: Inked, { x, y, side, tall }: Square): boolean {
  const white = (from: number, step: number, line: (at: number, i: number) => boolean, length: number): boolean =>
    [3, 4, 5, 6, 7, 8].some((inward) => share(length - 20, (i) => line(from + step * inward, 10 + i)) < 0.25);
  const upright = (at: number, i: number): boolean => inked(at, y + i);
  const level = (at: number, i: number): boolean => inked(x + i, at);
  const open = [
    white(x, 1, upright, tall),
    white(x + side, -1, upright, tall),
    white(y, 1, level, side),
    white(y + tall, -1, level, side),
  ];
  return open.filter(Boolean).length < 2;
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

function thinSides(inked: Inked, { x, y, side, tall }: Square): number {
  const stroke = (cx: number, cy: number, dx: number, dy: number): number => {
    let run = 0;
    while (run < 14 && inked(cx + dx * run, cy + dy * run)) run += 1;
    return run;
  };
  const [middle, centre] = [y + Math.round(tall * 0.3), x + Math.round(side * 0.3)];
  return [
    stroke(x + 1, middle, 1, 0),
    stroke(x + side - 2, middle, -1, 0),
    stroke(centre, y + 1, 0, 1),
    stroke(centre, y + tall - 1, 0, -1),
  ].filter((each) => each <= 8).length;
}

/** Sides with white behind their middle: crosses and ticks leave it, the bars of letters do not. */
function openSides(inked: Inked, { x, y, side, tall }: Square): number {
  const [middle, centre] = [y + (tall >> 1), x + (side >> 1)];
  const white = (left: number, top: number): boolean =>
    share(25, (i) => inked(left - 2 + (i % 5), top - 2 + Math.floor(i / 5))) < 0.2;
  return [white(x + 8, middle), white(x + side - 8, middle), white(centre, y + 8), white(centre, y + tall - 8)].filter(
    Boolean,
  ).length;
}

/** The blackest of five columns from `from` right of the left side on. */
const inkBeside = (inked: Inked, { x, y, tall }: Square, from: number): number =>
  Math.max(...[0, 2, 4, 6, 8].map((step) => share(tall, (i) => inked(x + from + step, y + i))));

/** The sides of a table's cell run on; a box stands alone. */
function lonely(inked: Inked, x: number, y: number, side: number, tall: number): boolean {
  const ahead = 10;
  const runs = [
    share(ahead, (i) => inked(x - 3 - i, y)) > 0.9,
    share(ahead, (i) => inked(x + side + 3 + i, y)) > 0.9,
    share(ahead, (i) => inked(x + 1, y - 3 - i)) > 0.9,
    share(ahead, (i) => inked(x + 1, y + tall + 4 + i)) > 0.9,
  ].filter(Boolean).length;
  return runs === 0;
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

function share(length: number, test: (i: number) => boolean): number {
  let count = 0;
  for (let i = 0; i < length; i++) if (test(i)) count += 1;
  return count / Math.max(1, length);
}
