import type { Raster } from './raster.ts';

/** Tells photographs from print, and dots them: a threshold makes a dark photograph a black spot, and dots make text mush. */

/** Dots a block side: 2 mm. */
const block = 16;
const [darkest, lightest] = [50, 205];
/** Share of a block in tones between black and white: of a photograph most, of print only the edges of letters. */
const toned = 0.6;
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

/** Black or white for each dot: `limit` parts them in print, an ordered dither in photographs. */
export function halftoned(raster: Raster, limit: number): Raster {
  const { data, width } = raster;
  const out = data.map((value) => (value < limit ? 0 : 255));
  for (const { left, top, right, bottom } of photographs(raster))
    for (let y = top; y < bottom; y++)
      for (let x = left; x < right; x++) {
        const at = y * width + x;
        out[at] = (data[at] as number) < (bayer[(y % 8) * 8 + (x % 8)] as number) ? 0 : 255;
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
function photographs(raster: Raster): Area[] {
  const { width, height } = raster;
  const [columns, rows] = [Math.ceil(width / block), Math.ceil(height / block)];
  const areas = Array.from({ length: columns * rows }, (_, i) => {
    const [left, top] = [(i % columns) * block, Math.floor(i / columns) * block];
    return { left, top, right: Math.min(width, left + block), bottom: Math.min(height, top + block) };
  });
  const open = new Set(areas.flatMap((area, i) => (isToned(raster, area) ? [i] : [])));
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
    const whole = patch.flatMap((at) => areas[at] ?? []);
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
      if (value < darkest || value > lightest) continue;
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
