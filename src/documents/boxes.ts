import type { Raster } from './raster.ts';

/** A check box as fractions of the page, and how much of its inside is inked, 0 to 1. */
export interface BoxSeen {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly ink: number;
}

const dark = 150;
/** Sides at 300 dpi: 2.5 to 7 mm. Capitals of usual print are smaller, or have round corners. */
const smallest = 30;
const largest = 84;
/** Punch holes, bars and blots. */
const solid = 0.92;

type Inked = (x: number, y: number) => boolean;

/** Empty or marked squares on a page at 300 dpi. A mark may overshoot: only the four sides are asked for. */
export function boxesOn(raster: Raster): BoxSeen[] {
  const { data, width, height } = raster;
  const inked = (x: number, y: number): boolean => (data[y * width + x] ?? 255) < dark;
  const found: { x: number; y: number; side: number; tall: number }[] = [];
  for (let y = 0; y < height - smallest; y++)
    for (let x = 0; x < width - smallest;) {
      const start = runAt(data, width, y, x);
      if (start < 0) {
        x += smallest;
        continue;
      }
      const end = runEnd(data, width, y, start);
      const side = end - start;
      if (side >= smallest && side <= largest + 12 && !found.some((each) => near(each, start, y))) {
        const tall = squareAt(inked, start, y, side);
        if (tall > 0) found.push({ x: start, y, side, tall });
      }
      x = end + 1;
    }
  const boxes = found.map(({ x, y, side, tall }) => ({
    x: x / width,
    y: y / height,
    width: side / width,
    height: tall / height,
    ink: inside(inked, x, y, side, tall),
  }));
  return boxes.filter(({ ink }) => ink < solid);
}

/** Where the run begins that is as long as the smallest side from `x` on or later, or -1 when none reaches its length:
 *  most of a page is passed by in steps of that length. */
function runAt(data: Uint8Array, width: number, y: number, x: number): number {
  const row = y * width;
  let start = x + smallest - 1;
  while (start >= x && eitherInked(data, row + start, width)) start -= 1;
  if (start === x + smallest - 1) return -1;
  start += 1;
  while (start < x + smallest && (data[row + start] as number) >= dark) start += 1;
  return start < x + smallest ? start : -1;
}

function runEnd(data: Uint8Array, width: number, y: number, from: number): number {
  let end = from;
  while (end < width && eitherInked(data, y * width + end, width)) end += 1;
  return end;
}

/** A straightened page has steps of a pixel in its lines. */
const eitherInked = (data: Uint8Array, at: number, width: number): boolean =>
  (data[at] as number) < dark || (data[at + width] as number) < dark;

const near = (each: { x: number; y: number; side: number; tall: number }, x: number, y: number): boolean =>
  Math.abs(each.x - x) < each.side && y - each.y <= each.tall + 4;

/** Height of a square whose top side starts here, or 0. */
function squareAt(inked: Inked, x: number, y: number, side: number): number {
  for (let tall = Math.floor(side * 0.8); tall <= side * 1.25; tall++) {
    const bottom = share(side, (i) => inked(x + i, y + tall) || inked(x + i, y + tall - 1));
    if (bottom < 0.9) continue;
    const left = share(tall, (i) => inked(x, y + i) || inked(x + 1, y + i) || inked(x + 2, y + i));
    const right = share(
      tall,
      (i) => inked(x + side - 1, y + i) || inked(x + side - 2, y + i) || inked(x + side - 3, y + i),
    );
    if (
      left > 0.9 &&
      right > 0.9 &&
      cornered(inked, x, y, side, tall) &&
      thinSided(inked, x, y, side, tall) &&
      lonely(inked, x, y, side, tall)
    )
      return tall;
  }
  return 0;
}

/** Letters have round corners or none. */
function cornered(inked: Inked, x: number, y: number, side: number, tall: number): boolean {
  const corner = (cx: number, cy: number, dx: number, dy: number): boolean =>
    share(7, (i) => inked(cx + dx * i, cy) || inked(cx + dx * i, cy + dy)) > 0.7 &&
    share(7, (i) => inked(cx, cy + dy * i) || inked(cx + dx, cy + dy * i)) > 0.7;
  const [right, bottom] = [x + side - 1, y + tall];
  return corner(x, y, 1, 1) && corner(right, y, -1, 1) && corner(x, bottom, 1, -1) && corner(right, bottom, -1, -1);
}

/** Bold letters have thick strokes, and neighbours close by. */
function thinSided(inked: Inked, x: number, y: number, side: number, tall: number): boolean {
  const stroke = (cx: number, cy: number, dx: number, dy: number): number => {
    let run = 0;
    while (run < 14 && inked(cx + dx * run, cy + dy * run)) run += 1;
    return run;
  };
  const [middle, centre] = [y + Math.round(tall * 0.3), x + Math.round(side * 0.3)];
  const strokes = [
    stroke(x + 1, middle, 1, 0),
    stroke(x + side - 2, middle, -1, 0),
    stroke(centre, y + 1, 0, 1),
    stroke(centre, y + tall - 1, 0, -1),
  ];
  const clear = (from: number): boolean =>
    [0, 2, 4, 6, 8].every((step) => share(tall, (i) => inked(x + from + step, y + i)) < 0.13);
  return strokes.filter((each) => each <= 8).length >= 3 && clear(-12) && clear(side + 3);
}

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

/** The page without its boxes: an engine reads them as letters. */
export function without(raster: Raster, boxes: readonly BoxSeen[]): Raster {
  const { width, height } = raster;
  const data = raster.data.slice();
  for (const box of boxes) {
    const from = Math.max(0, Math.floor(box.x * width) - 4);
    const to = Math.min(width, Math.ceil((box.x + box.width) * width) + 4);
    const bottom = Math.min(height, Math.ceil((box.y + box.height) * height) + 4);
    for (let y = Math.max(0, Math.floor(box.y * height) - 4); y < bottom; y++)
      data.fill(255, y * width + from, y * width + to);
  }
  return { ...raster, data };
}
