import type { BoxReading } from '../core/answer-sheet.ts';
import type { Raster } from './raster.ts';
import { dark, upright, type Place } from './sheet-find.ts';
import { boxes, type SheetBox } from './sheet-layout.ts';

export const readBoxes = (raster: Raster, place: Place): BoxReading[] =>
  boxes.map((box) => readBox(box, patchAround(raster, place, box)));

/** Below the first a box is empty, above the second it is marked (measured with bench/answer-sheet.ts). */
const inkLimits = { empty: 0.03, marked: 0.075 } as const;
/** Share of the height and of the width of a box that a mark goes through; a line drawn by the wire goes through few. */
const spread = 0.2;
/** Ink that circles a box and is not in it. */
const circled = 0.12;
/** Share of the frame that must be seen. */
const frameSeen = 0.5;

function readBox(box: SheetBox, patch: Patch): BoxReading {
  const found = framed(patch, box);
  const { ink, across } = inside(patch, found, box);
  const mark = (): BoxReading['mark'] => {
    if (found.seen < frameSeen) return 'doubtful';
    if (ink >= inkLimits.marked) return across >= spread ? 'marked' : 'doubtful';
    if (ink > inkLimits.empty) return 'doubtful';
    return isLarge(box) && ring(patch, found) > circled ? 'doubtful' : 'empty';
  };
  return { name: box.name, mark: mark(), ink };
}

/** Small boxes stand so close that a neighbour's mark may reach over. */
const isLarge = ({ size }: SheetBox): boolean => size > 6;

/** Dots a millimetre, and millimetres around a box in which its frame is looked for. */
const perMm = 8;
const around = 4;

/** A box and its surroundings set upright. */
interface Patch {
  readonly side: number;
  /** 1 where there is ink, without what is thinner than any pen. */
  readonly strokes: Uint8Array;
  /** All ink of a row up to each dot of it, and of a column: (side + 1) each. */
  readonly rows: Uint16Array;
  readonly columns: Uint16Array;
}

function patchAround(raster: Raster, place: Place, { x, y, size }: SheetBox): Patch {
  const span = size + 2 * around;
  const { width: side, dots } = upright(
    raster,
    place,
    { x: x - span / 2, y: y - span / 2, width: span, height: span },
    perMm,
  );
  const strokes = new Uint8Array(side * side);
  const rows = new Uint16Array(side * (side + 1));
  const columns = new Uint16Array(side * (side + 1));
  for (let v = 0; v < side; v++)
    for (let u = 0; u < side; u++) {
      const at = v * side + u;
      const dot = dots[at] as number;
      const [column, row] = [dot % raster.width, Math.floor(dot / raster.width)];
      const black = dot < 0 ? 0 : isBlack(raster, column, row);
      if (black && !isThin(raster, column, row)) strokes[at] = 1;
      rows[v * (side + 1) + u + 1] = (rows[v * (side + 1) + u] as number) + black;
      columns[u * (side + 1) + v + 1] = (columns[u * (side + 1) + v] as number) + black;
    }
  return { side, strokes, rows, columns };
}

function isBlack({ data, width, height }: Raster, x: number, y: number): 0 | 1 {
  if (x < 0 || y < 0 || x >= width || y >= height) return 0;
  return (data[y * width + x] as number) < dark ? 1 : 0;
}

/** Dirt of a dot or two, and runs of one row that a bad line draws: nothing dark above or below. */
function isThin(raster: Raster, x: number, y: number): boolean {
  for (let dx = -1; dx <= 1; dx++) if (isBlack(raster, x + dx, y - 1) || isBlack(raster, x + dx, y + 1)) return false;
  return true;
}

/** Edges of a frame in dots of the patch, along the middle of its lines. */
interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly seen: number;
}

/** Rows that the wire lost move a frame, and make it lower. */
const lower = 1.25;
const [maxDown, maxAside] = [3, 2];

/** The place where most of the frame is found; of equals the one nearest to where it should be. */
function framed(patch: Patch, { size, line }: SheetBox): Frame {
  const wide = Math.round((size - line) * perMm);
  const home = Math.round((around + line / 2) * perMm);
  let best: Frame & { readonly score: number } = { left: 0, right: 0, top: 0, bottom: 0, seen: 0, score: -1 };
  for (let tall = wide; tall >= wide - lower * perMm; tall--)
    for (let top = home - maxDown * perMm; top <= home + maxDown * perMm; top++)
      for (let left = home - maxAside * perMm; left <= home + maxAside * perMm; left++) {
        const [right, bottom] = [left + wide, top + tall];
        const seen = frameSeenAt(patch, left, right, top, bottom);
        const far = (wide - tall + Math.hypot(top + (tall - wide) / 2 - home, left - home)) / perMm;
        const score = seen - far * 0.01;
        if (score > best.score) best = { left, right, top, bottom, seen, score };
      }
  return best;
}

/** Shares of ink along the four lines, their mean. */
function frameSeenAt({ side, rows, columns }: Patch, left: number, right: number, top: number, bottom: number): number {
  const across = (y: number): number =>
    (rows[y * (side + 1) + right] as number) - (rows[y * (side + 1) + left] as number);
  const down = (x: number): number =>
    (columns[x * (side + 1) + bottom] as number) - (columns[x * (side + 1) + top] as number);
  return ((across(top) + across(bottom)) / (right - left) + (down(left) + down(right)) / (bottom - top)) / 4;
}

/** Ink within the frame, and through how much of its height and width it goes. */
function inside({ side, strokes }: Patch, frame: Frame, { line }: SheetBox): { ink: number; across: number } {
  const clear = Math.round((line / 2 + 0.45) * perMm);
  const [left, right, top, bottom] = [frame.left + clear, frame.right - clear, frame.top + clear, frame.bottom - clear];
  const [wide, tall] = [right - left + 1, bottom - top + 1];
  const rows = new Set<number>();
  const columns = new Set<number>();
  let ink = 0;
  for (let y = top; y <= bottom; y++)
    for (let x = left; x <= right; x++) {
      if (!strokes[y * side + x]) continue;
      ink++;
      rows.add(y);
      columns.add(x);
    }
  return { ink: ink / (wide * tall), across: Math.min(rows.size / tall, columns.size / wide) };
}

/** Share of ink in the band from 1 to 2.5 mm outside the frame. */
function ring({ side, strokes }: Patch, { left, right, top, bottom }: Frame): number {
  const [near, far] = [1 * perMm, 2.5 * perMm];
  let [ink, all] = [0, 0];
  for (let y = Math.max(0, top - far); y <= Math.min(side - 1, bottom + far); y++)
    for (let x = Math.max(0, left - far); x <= Math.min(side - 1, right + far); x++) {
      if (x > left - near && x < right + near && y > top - near && y < bottom + near) continue;
      all++;
      ink += strokes[y * side + x] as number;
    }
  return ink / all;
}
