import { expect, test } from '@jest/globals';
import { halftoned } from '../../src/documents/halftone.ts';
import { tonesOf } from '../../src/documents/tones.ts';

const [width, height] = [640, 480];
const page = (value: (x: number, y: number) => number) => ({
  data: Uint8Array.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width))),
  width,
  height,
  xdpi: 204,
  ydpi: 196,
});
const ink = (data: Uint8Array, from: number, to: number): number => {
  let black = 0;
  for (let y = 0; y < height; y++) for (let x = from; x < to; x++) if (data[y * width + x] === 0) black++;
  return black / (height * (to - from));
};

test('a photograph keeps its tones as dots: as much ink as it is dark', () => {
  const photo = page((x, y) => 60 + (x / width) * 140 + ((x * 7 + y * 13) % 11));
  const { data } = halftoned(photo, tonesOf(photo));
  for (const [from, to] of [
    [0, 160],
    [240, 400],
    [480, 640],
  ] as const) {
    const dark = 1 - (65 + ((from + to) / 2 / width) * 140) / 256;
    expect(Math.abs(ink(data, from, to) - dark)).toBeLessThan(0.03);
  }
});

test('print and its grey edges, fills, grey paper and small pictures stay as they are, for the threshold to part', () => {
  const text = page((x) => [255, 255, 255, 180, 20, 10, 90, 255][x % 8] ?? 255);
  const fill = page((x, y) => (x % 40 < 4 && y % 30 < 20 ? 0 : 192));
  const logo = page((x, y) => (x < 100 && y < 80 ? 60 + ((x * 7 + y * 13) % 140) : 255));
  const greyPaper = page((x, y) => (x % 40 < 4 && y % 30 < 20 ? 40 : 150 + (x / width) * 30 + ((x * 7 + y * 13) % 9)));
  for (const raster of [text, fill, logo, greyPaper]) expect(halftoned(raster, tonesOf(raster))).toBe(raster);
});
