import { expect, test } from '@jest/globals';
import sharp from 'sharp';
import { blackness, dotted, inkedRows, placed } from '../../src/documents/dots.ts';
import { group4 } from '../../src/documents/g4.ts';
import { tiffOf } from '../../src/documents/tiff-write.ts';
import { chance } from '../simulation/chance.ts';

const raster = (width: number, height: number, value: (x: number, y: number) => number) => ({
  data: Uint8Array.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width))),
  width,
  height,
  xdpi: 204,
  ydpi: 196,
});
type Page = ReturnType<typeof raster>;

/** What libtiff reads back. */
async function readBack(page: Page): Promise<Buffer> {
  const dots = dotted(page, 128);
  const { width, height } = dots;
  const tiff = tiffOf([{ width, height, strips: [group4(dots)], rowsPerStrip: height, photometric: 0, fillOrder: 1 }]);
  return sharp(tiff).toColourspace('b-w').extractChannel(0).raw().toBuffer();
}

const draw = chance(7);
const specks = (share: number) => () => (draw.below(1_000) < share * 1_000 ? 0 : 255);
const pages: Readonly<Record<string, Page>> = {
  'blank paper': raster(1728, 40, () => 255),
  'black paper': raster(1728, 40, () => 0),
  'every other dot': raster(1728, 9, (x, y) => ((x + y) % 2) * 255),
  noise: raster(1731, 60, specks(0.5)),
  specks: raster(1001, 200, specks(0.004)),
  'slanting lines': raster(1728, 120, (x, y) => ((x + y * 2) % 90 < 5 ? 0 : 255)),
  'runs longer than any code word': raster(6001, 6, (x, y) => (x > 10 * y && x < 5_900 + y ? 0 : 255)),
};

test.each(Object.entries(pages))('libtiff reads %s back to the dot', async (_, page) => {
  expect(Buffer.compare(await readBack(page), page.data)).toBe(0);
});

test('dots on a sheet: moved, cut at its edges, the later part over the earlier', () => {
  const noise = dotted(raster(70, 50, specks(0.5)), 128);
  const bar = dotted(
    raster(30, 3, () => 0),
    128,
  );
  const sheet = placed(60, 44, [
    { dots: noise, left: -6, top: -4 },
    { dots: bar, left: 40, top: 0 },
  ]);
  const black = (dots: typeof noise, x: number, y: number): boolean =>
    [...dots.changes.subarray(dots.starts[y], dots.starts[y + 1])].filter((at) => at <= x).length % 2 === 1;
  for (let y = 0; y < 44; y++)
    for (let x = 0; x < 60; x++) expect(black(sheet, x, y)).toBe(y < 3 ? x >= 40 : black(noise, x + 6, y + 4));
  expect(inkedRows(sheet)).toEqual({ first: 0, last: 43 });
  expect(inkedRows(dotted(pages['blank paper'] as Page, 128))).toBeNull();
  expect(blackness(dotted(pages['black paper'] as Page, 128))).toBe(1);
});
