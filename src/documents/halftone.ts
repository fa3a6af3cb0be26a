import type { Raster } from './raster.ts';
import { block, isBetween, type Tones } from './tones.ts';

/** Tells photographs from print, and dots them: a threshold makes a dark photograph a black spot, and dots make text mush. */

/** Share of a block in tones between black and white: of a photograph most, of print only the edges of letters. */
const toned = 0.6;
/** The same by an eighth of its rows: enough to look at all of them. */
const maybeToned = 0.45;
/** Share of a block in exactly one tone: more is a fill. Share of a patch in a fifth of the tones: more is grey paper. */
const [flat, paper] = [0.5, 0.7];
/** Blocks that a photograph has at least: about 2 × 2 cm. */
const smallest = 80;

/** Ordered dither, 8 × 8 (Bayer): thresholds 2 to 254. */
const bayer = Array.from({ length: 64 }, (_, i) => {
  const [x, y] = [i % 8, Math.floor(i / 8)];
  let level = 0;
  for (let bit = 0; bit < 3; bit++) level = level * 4 + 2 * (((x ^ y) >> bit) & 1) + ((y >> bit) & 1);
  return level * 4 + 2;
});

/** The page with its photographs in black and white dots; all else stays as it was. */
export function halftoned(raster: Raster, tones: Tones): Raster {
  const areas = photographs(raster, tones);
  if (areas.length === 0) return raster;
  const out = raster.data.slice();
  for (const { left, top, right, bottom } of areas)
    for (let y = top; y < bottom; y++)
      for (let x = left; x < right; x++) {
        const at = y * raster.width + x;
        out[at] = (out[at] as number) < (bayer[(y % 8) * 8 + (x % 8)] as number) ? 0 : 255;
      }
  return { ...raster, data: out };
}

interface Area {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Blocks in dots, of those patches that are large enough. */
function photographs(raster: Raster, { between, columns }: Tones): Area[] {
  const areaOf = (i: number): Area => {
    const [left, top] = [(i % columns) * block, Math.floor(i / columns) * block];
    return { left, top, right: Math.min(raster.width, left + block), bottom: Math.min(raster.height, top + block) };
  };
  const open = new Set<number>();
  between.forEach((share, i) => {
    if (share > maybeToned && isToned(raster, areaOf(i))) open.add(i);
  });
  const found: Area[] = [];
  for (const start of open) {
    const patch = [start];
    open.delete(start);
    for (const at of patch)
      for (const next of [
        at - columns,
        at + columns,
        ...(at % columns > 0 ? [at - 1] : []),
        ...(at % columns < columns - 1 ? [at + 1] : []),
      ])
        if (open.delete(next)) patch.push(next);
    const whole = patch.map(areaOf);
    if (patch.length >= smallest && !isPaper(raster, whole)) found.push(...whole);
  }
  return found;
}

function isToned({ data, width }: Raster, { left, top, right, bottom }: Area): boolean {
  const tones = new Uint16Array(256);
  let between = 0;
  for (let y = top; y < bottom; y++)
    for (let x = left; x < right; x++) {
      const value = data[y * width + x] as number;
      if (!isBetween(value)) continue;
      between++;
      tones[value] = (tones[value] as number) + 1;
    }
  const dots = (right - left) * (bottom - top);
  return between > dots * toned && Math.max(...tones) < dots * flat;
}

/** A page that was photographed, or scanned from coloured paper: print on a ground of much the same grey. */
function isPaper({ data, width }: Raster, areas: readonly Area[]): boolean {
  const tones = new Uint32Array(16);
  let dots = 0;
  for (const { left, top, right, bottom } of areas)
    for (let y = top; y < bottom; y++)
      for (let x = left; x < right; x++, dots++) {
        const tone = (data[y * width + x] as number) >> 4;
        tones[tone] = (tones[tone] as number) + 1;
      }
  const around = (tone: number): number => (tones[tone - 1] ?? 0) + (tones[tone] ?? 0) + (tones[tone + 1] ?? 0);
  return Math.max(...Array.from(tones, (_, tone) => around(tone))) > dots * paper;
}
