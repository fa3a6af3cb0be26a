import type { BoxName } from '../../src/core/answer-sheet.ts';
import { faxPage } from '../../src/documents/fax-page.ts';
import { openFile } from '../../src/documents/open-file.ts';
import type { Raster } from '../../src/documents/raster.ts';
import * as layout from '../../src/documents/sheet-layout.ts';
import { answerSheet } from '../../src/documents/sheet-print.ts';
import type { Chance } from '../simulation/chance.ts';

/** Paper, pens and lines: what happens to an answer sheet between our fax and the one that comes back. */

const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
export const newToken = (chance: Chance): string =>
  `LG${Array.from({ length: 24 }, () => letters[chance.below(32)]).join('')}`;

/** The sheet as it leaves us. */
export async function printedSheet(token: string): Promise<Raster> {
  const pdf = await answerSheet({
    token,
    from: 'Oakwood Primary Care',
    phone: '+1 512 258 1845',
    fax: '+1 512 258 1846',
    to: 'Albany Cardiology',
    reference: 'ref_01jabcdef',
    sentAt: Date.UTC(2026, 10, 23),
  });
  const file = await openFile('application/pdf', pdf);
  const tiff = await faxPage(file, 0, 'Oakwood Primary Care   +1 512 258 1845   ref msg_01jabcdef   page 2 of 4');
  file.close();
  const sheet = await openFile('image/tiff', tiff);
  return sheet.draw(0, 204, 196);
}

export type Pen = 'tick' | 'cross' | 'scribble';

/** Marks a box as people do: off the middle, over the edge, in any pen from a fine ball point to a felt tip. */
export function mark(raster: Raster, name: BoxName, chance: Chance, pen?: Pen): void {
  const box = layout.boxes.find((each) => each.name === name);
  if (!box) throw new Error(`no box ${name}`);
  const wide = 0.3 + chance.next() * 0.6;
  const loose = (): number => (chance.next() - 0.5) * 0.22 * box.size;
  const [cx, cy, r] = [box.x + loose(), box.y + loose(), box.size * (0.36 + chance.next() * 0.22)];
  const line = (x1: number, y1: number, x2: number, y2: number): void => {
    stroke(raster, [cx + x1 * r, cy + y1 * r], [cx + x2 * r, cy + y2 * r], wide);
  };
  const wobble = (): number => (chance.next() - 0.5) * 0.3;
  switch (pen ?? chance.weighed({ tick: 6, cross: 3, scribble: 1 })) {
    case 'tick':
      line(-0.8 + wobble(), -0.1 + wobble(), -0.2 + wobble(), 0.8);
      line(-0.2, 0.8, 1.1 + wobble(), -1 + wobble());
      return;
    case 'cross':
      line(-0.9 + wobble(), -0.9 + wobble(), 0.9 + wobble(), 0.9 + wobble());
      line(0.9 + wobble(), -0.9 + wobble(), -0.9 + wobble(), 0.9 + wobble());
      return;
    case 'scribble':
      for (let i = -4; i < 4; i++) line(-0.8, i / 5 + wobble(), 0.8, (i + 1) / 5 + wobble());
  }
}

type XY = readonly [number, number];

/** A line of `wide` millimetres, ends in millimetres. */
function stroke({ data, width, height }: Raster, [x1, y1]: XY, [x2, y2]: XY, wide: number): void {
  const steps = Math.ceil(Math.hypot(x2 - x1, y2 - y1) * 10);
  const r = wide / 2;
  for (let i = 0; i <= steps; i++) {
    const [x, y] = [x1 + ((x2 - x1) * i) / steps, y1 + ((y2 - y1) * i) / steps];
    for (let row = Math.floor((y - r) * layout.dots.y); row <= (y + r) * layout.dots.y; row++)
      for (let column = Math.floor((x - r) * layout.dots.x); column <= (x + r) * layout.dots.x; column++) {
        const far = Math.hypot((column + 0.5) / layout.dots.x - x, (row + 0.5) / layout.dots.y - y);
        if (far <= r + 0.05 && row >= 0 && row < height && column >= 0 && column < width)
          data[row * width + column] = 0;
      }
  }
}

/** Somebody's handwriting in the remarks. */
export function scrawl(raster: Raster, chance: Chance): void {
  const { x, y, width, height } = layout.remarks;
  let at: XY = [x + 5, y + height / 3];
  for (let i = 0; i < 60 && at[0] < x + width - 8; i++) {
    const next: XY = [at[0] + 0.5 + chance.next() * 2.5, y + height / 3 + (chance.next() - 0.5) * 8];
    stroke(raster, at, next, 0.5);
    at = next;
  }
}

export interface Journey {
  /** Lines an inch of the last call. */
  readonly ydpi: 98 | 196;
  /** Degrees. */
  readonly turn: number;
  readonly scale: number;
  readonly upsideDown: boolean;
  /** Shares. */
  readonly specks: number;
  readonly lostRows: number;
  /** Black runs that a bad line draws, a page. */
  readonly runs: number;
  /** Ink spreads below this grey level; 128 is a fair copy. */
  readonly threshold: number;
}

/** The harshest that facts for fax lines name, drawn anew for each page. */
export const anyJourney = (chance: Chance, ydpi: 98 | 196): Journey => ({
  ydpi,
  turn: (chance.next() - 0.5) * 6,
  scale: 0.99 + chance.next() * 0.02,
  upsideDown: chance.yes(0.25),
  specks: chance.next() * 0.01,
  lostRows: chance.next() * 0.02,
  runs: chance.below(12),
  threshold: 110 + chance.below(60),
});

/** Print it, lay it askew on another machine, and fax it from there. */
export function faxed(page: Raster, journey: Journey, chance: Chance): Raster {
  return lined(scanned(page, journey), journey, chance);
}

/** Two generations: out by our line at fine, and back by theirs. `onPaper` writes on what lies there in between. */
export function returned(page: Raster, journey: Journey, chance: Chance, onPaper: (paper: Raster) => void): Raster {
  const out = lined(page, { ...journey, specks: journey.specks / 2, lostRows: 0, runs: 0 }, chance);
  onPaper(out);
  return faxed(out, journey, chance);
}

interface Place {
  readonly x: number;
  readonly y: number;
}

function scanned(page: Raster, { ydpi, turn, scale, upsideDown, threshold }: Journey): Raster {
  const height = Math.round((page.height * ydpi) / page.ydpi);
  const { width, xdpi } = page;
  const data = new Uint8Array(width * height).fill(255);
  const angle = (turn / 180) * Math.PI + (upsideDown ? Math.PI : 0);
  const [c, s] = [Math.cos(angle) / scale, Math.sin(angle) / scale];
  const lines = Math.max(1, Math.round(196 / ydpi));
  const across = { x: c, y: (-s * page.ydpi) / xdpi };
  const grey = new Float64Array(width);
  for (let y = 0; y < height; y++) {
    grey.fill(0);
    for (let line = 0; line < lines; line++) {
      const [u, v] = [(0.5 - width / 2) / xdpi, (y + (line + 0.5) / lines - height / 2) / ydpi];
      const start = { x: (c * u + s * v) * xdpi + width / 2, y: (c * v - s * u) * page.ydpi + page.height / 2 };
      addAlong(page, start, across, grey);
    }
    for (let x = 0; x < width; x++) if (grey[x]! / lines < threshold) data[y * width + x] = 0;
  }
  return { data, width, height, xdpi, ydpi };
}

/** Adds what grey lies at each step from `start`, between the dots by their distance; white beyond the page. */
function addAlong({ data, width, height }: Raster, start: Place, step: Place, grey: Float64Array): void {
  for (let i = 0; i < grey.length; i++) {
    const [x, y] = [start.x - 0.5 + i * step.x, start.y - 0.5 + i * step.y];
    const [left, top] = [Math.floor(x), Math.floor(y)];
    if (left < 0 || top < 0 || left >= width - 1 || top >= height - 1) {
      grey[i]! += 255;
      continue;
    }
    const [fx, fy, at] = [x - left, y - top, top * width + left];
    const above = data[at]! * (1 - fx) + data[at + 1]! * fx;
    const below = data[at + width]! * (1 - fx) + data[at + width + 1]! * fx;
    grey[i]! += above * (1 - fy) + below * fy;
  }
}

/** What a telephone line does: rows are lost singly and in bursts, the page gets shorter; dots flip; runs go black. */
export function lined(page: Raster, { specks, lostRows, runs }: Journey, chance: Chance): Raster {
  const { width } = page;
  const lost = new Set<number>();
  while (lost.size < lostRows * page.height) {
    const start = chance.below(page.height);
    const burst = chance.yes(0.3) ? chance.between(2, 6) : 1;
    for (let row = start; row < start + burst; row++) lost.add(row);
  }
  const rows = Array.from({ length: page.height }, (_, row) => row).filter((row) => !lost.has(row));
  const data = new Uint8Array(width * rows.length);
  rows.forEach((row, i) => {
    data.set(page.data.subarray(row * width, (row + 1) * width), i * width);
  });
  const flips = Math.round(data.length * specks);
  for (let i = 0; i < flips; i++) {
    const at = chance.below(data.length);
    data[at] = 255 - data[at]!;
  }
  for (let i = 0; i < runs; i++) {
    const at = chance.below(data.length - width);
    data.fill(0, at, at + chance.between(20, 400));
  }
  return { ...page, data, height: rows.length };
}
