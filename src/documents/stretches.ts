import type { Box } from '../core/page.ts';
import type { SeenWord } from './protocol.ts';
import { eachDark } from './ink.ts';
import type { Raster } from './raster.ts';

/** Words read less surely are read again, and taken from the surer engine. */
export const isSure = ({ text, confidence }: Pick<SeenWord, 'text' | 'confidence'>): boolean =>
  confidence >= (/\d/.test(text) ? 0.92 : 0.85);

/** In numbers, dates and codes each figure counts: they are read again unless hardly a doubt is left. */
const isNumber = ({ text, confidence }: SeenWord): boolean =>
  confidence < 0.96 && (text.match(/\d/g) ?? []).length >= 3;

const dark = 140;
/** Pixels of the grid that ink is gathered on, at 300 dpi. */
const cell = 4;
/** In cells: gaps inside a stretch, beside and above each other; what is lower, narrower or taller is no line of letters. */
const widestGap = 10;
const tallestGap = 2;
const [lowest, narrowest, tallest] = [6, 3, 42];
const leastInk = 8;

/** Stretches of ink that a reading left out or was unsure of: boxes in pixels, from top to bottom. */
export function stretches(raster: Raster, words: readonly SeenWord[]): Box[] {
  const grid = inkOf(raster);
  for (const word of words) if (isSure(word) && !isNumber(word)) wipe(grid, word.box);
  const pieces = piecesOf(smeared(grid));
  return joined(pieces.filter(({ height, width }) => height <= tallest && width >= 1))
    .filter((each) => each.height >= lowest && each.width >= narrowest && each.ink >= leastInk)
    .map(({ x, y, width, height }) => ({ x: x * cell, y: y * cell, width: width * cell, height: height * cell }))
    .sort((a, b) => a.y - b.y || a.x - b.x);
}

interface Grid {
  readonly cells: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Cells with two dark pixels at least: one is a speck. */
function inkOf(raster: Raster): Grid {
  const width = Math.ceil(raster.width / cell);
  const height = Math.ceil(raster.height / cell);
  const cells = new Uint8Array(width * height);
  eachDark(raster, dark, (y, x) => {
    const at = (y >> 2) * width + (x >> 2);
    cells[at] = Math.min(2, (cells[at] as number) + 1);
  });
  for (let at = 0; at < cells.length; at++) cells[at] = (cells[at] as number) >> 1;
  return { cells, width, height };
}

function wipe({ cells, width, height }: Grid, box: Box): void {
  const [left, right] = [Math.floor(box.x * width) - 1, Math.ceil((box.x + box.width) * width) + 1];
  for (let y = Math.max(0, Math.floor(box.y * height) - 1); y < (box.y + box.height) * height + 1 && y < height; y++)
    cells.fill(0, y * width + Math.max(0, left), y * width + Math.min(width, right));
}

/** Ink as 1, gaps between ink as 2. */
function smeared({ cells, width, height }: Grid): Grid {
  const filled = cells.slice();
  const bridge = (start: number, step: number, count: number, gap: number): void => {
    let last = -Infinity;
    for (let i = 0; i < count; i++) {
      if (cells[start + i * step] !== 1) continue;
      if (i - last > 1 && i - last <= gap + 1)
        for (let each = last + 1; each < i; each++) filled[start + each * step] ||= 2;
      last = i;
    }
  };
  for (let y = 0; y < height; y++) bridge(y * width, 1, width, widestGap);
  for (let x = 0; x < width; x++) bridge(x, width, height, tallestGap);
  return { cells: filled, width, height };
}

interface Piece extends Box {
  readonly ink: number;
}

/** What hangs together. */
function piecesOf({ cells, width, height }: Grid): Piece[] {
  const pieces: Piece[] = [];
  const seen = new Uint8Array(cells.length);
  for (let start = 0; start < cells.length; start++) {
    if (cells[start] === 0 || seen[start] === 1) continue;
    let [left, right, top, bottom, ink] = [width, 0, height, 0, 0];
    const open = [start];
    seen[start] = 1;
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const [x, y] = [at % width, Math.floor(at / width)];
      if (cells[at] === 1) {
        ink += 1;
        [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
      }
      for (let dy = -1; dy <= 1; dy++)
        for (let dx = -1; dx <= 1; dx++) {
          const next = at + dy * width + dx;
          if (x + dx < 0 || x + dx >= width || next < 0 || next >= cells.length) continue;
          if (cells[next] === 0 || seen[next] === 1) continue;
          seen[next] = 1;
          open.push(next);
        }
    }
    pieces.push({ x: left, y: top, width: right - left + 1, height: bottom - top + 1, ink });
  }
  return pieces;
}

/** Points, accents and parts of broken letters to the stretch that they belong to. */
function joined(pieces: readonly Piece[]): Piece[] {
  const done: Piece[] = [];
  for (const piece of pieces.toSorted((a, b) => b.ink - a.ink)) {
    const at = done.findIndex((each) => near(each, piece));
    const whole = done[at];
    if (!whole) done.push(piece);
    else if (together(whole, piece).height <= tallest) done[at] = together(whole, piece);
  }
  return done;
}

function near(a: Box, b: Box): boolean {
  const apart = Math.max(a.x, b.x) - Math.min(a.x + a.width, b.x + b.width);
  const shared = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return apart <= widestGap && shared > 0.5 * Math.min(a.height, b.height);
}

function together(a: Piece, b: Piece): Piece {
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
  const width = Math.max(a.x + a.width, b.x + b.width) - x;
  return { x, y, width, height: Math.max(a.y + a.height, b.y + b.height) - y, ink: a.ink + b.ink };
}
