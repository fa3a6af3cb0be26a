import { eachDark } from './ink.ts';
import type { Raster } from './raster.ts';

export interface Less {
  readonly raster: Raster;
  /** How many were taken off. */
  readonly count: number;
}

const dark = 128;
const finest = 150;

/** Specks of one dot go, at fine resolution those of two dots too: at 98 lines an inch they are points and commas. Thin
 *  print has colons of such dots: those stay. */
export function despeckled(raster: Raster): Less {
  const specks = specksOn(raster);
  const colons = colonsAmong(raster, specks);
  const data = raster.data.slice();
  for (const at of specks) if (!colons.has(at)) data[at] = 255;
  return { raster: { ...raster, data }, count: specks.length - colons.size };
}

/** Places of the dots that stand alone, or in pairs. */
function specksOn(raster: Raster): number[] {
  const { width, height, data } = raster;
  const pairs = raster.ydpi >= finest;
  const steps = [-width - 1, -width, -width + 1, -1, 1, width - 1, width, width + 1] as const;
  const black = (at: number): boolean => (data[at] ?? 255) < dark;
  const neighbours = (at: number): number => {
    let found = 0;
    for (const step of steps) if (black(at + step)) found += 1;
    return found;
  };
  const specks: number[] = [];
  eachDark(raster, dark, (y, x) => {
    const at = y * width + x;
    // Most ink has some on both sides.
    if ((black(at - 1) && black(at + 1)) || x === 0 || x === width - 1 || y === 0 || y === height - 1) return;
    const around = neighbours(at);
    const other = pairs && around === 1 ? steps.find((step) => black(at + step)) : undefined;
    if (around === 0 || (other !== undefined && neighbours(at + other) === 1)) specks.push(at);
  });
  return specks;
}

/** The two points of a colon stand this far apart, inches: from the smallest print to 12 points. */
const [closest, farthest] = [0.018, 0.056];
/** Dots to the left in which the letter before it must stand. */
const letterWithin = 9;
/** Of a page that is specked more than this two specks often stand as the points of a colon do. */
const rare = 0.0005;

/** Those with another point of few dots above or below them, and a letter before them. */
function colonsAmong({ data, width, height, ydpi }: Raster, specks: readonly number[]): ReadonlySet<number> {
  const colons = new Set<number>();
  if (specks.length > rare * data.length) return colons;
  const page = { data, width, height };
  const [near, far] = [Math.max(2, Math.floor(closest * ydpi)), Math.ceil(farthest * ydpi)];
  for (const at of specks)
    for (const way of [-1, 1]) {
      const rows = otherPoint(page, at, way * width, near, far);
      const top = way < 0 ? at - rows * width : at;
      if (rows > 0 && hasLetterBefore(page, top, rows)) colons.add(at);
    }
  return colons;
}

type Pixels = Pick<Raster, 'data' | 'width' | 'height'>;

/** How many rows further on a second point stands under or above one, with white between them; 0 for none. */
function otherPoint(page: Pixels, at: number, row: number, near: number, far: number): number {
  const black = (place: number): boolean => (page.data[place] ?? 255) < dark;
  for (let rows = 2; rows <= far; rows++) {
    const place = [0, -1, 1].map((aside) => at + rows * row + aside).find(black);
    if (place !== undefined) return rows >= near && isPoint(page, place) ? rows : 0;
  }
  return 0;
}

/** Nothing larger than three dots by three hangs together there. */
function isPoint({ data, width }: Pixels, start: number): boolean {
  const seen = new Set([start]);
  for (const at of seen) {
    if (seen.size > 9) return false;
    for (const row of [-width, 0, width])
      for (const step of [-1, 0, 1]) if ((data[at + row + step] ?? 255) < dark) seen.add(at + row + step);
  }
  return seen.size <= 9;
}

/** Whether something larger than a point ends a few dots left of these rows. */
function hasLetterBefore(page: Pixels, top: number, rows: number): boolean {
  for (let row = 0; row <= rows; row++)
    for (let left = 2; left <= letterWithin; left++) {
      const at = top + row * page.width - left;
      if ((page.data[at] ?? 255) < dark && !isPoint(page, at)) return true;
    }
  return false;
}
