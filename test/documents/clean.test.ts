import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { boxesOn } from '../../src/documents/boxes.ts';
import { straightened, tidied } from '../../src/documents/clean.ts';
import { enlarged } from '../../src/documents/enlarge.ts';
import { inkIn, stretch } from '../../src/documents/ink.ts';
import { upsideDown } from '../../src/documents/look.ts';
import { heavier, openPictures, resampled, turned, type Raster } from '../../src/documents/raster.ts';
import { lined } from '../../src/documents/rules.ts';
import { despeckled } from '../../src/documents/specks.ts';

const at = ({ data, width }: Raster, x: number, y: number): number => data[y * width + x] as number;

/** A level page of a fine fax with a rule, a check box and two lines of blocks as print. */
function page(): Raster {
  const [width, height] = [1728, 2156];
  const data = new Uint8Array(width * height).fill(255);
  const bar = (x: number, y: number, wide: number, tall: number): void => {
    for (let row = y; row < y + tall; row++) data.fill(0, row * width + x, row * width + x + wide);
  };
  bar(200, 600, 1200, 3);
  for (const [x, y, wide, tall] of [
    [300, 700, 30, 3],
    [300, 727, 30, 3],
    [300, 700, 3, 30],
    [327, 700, 3, 30],
  ] as const)
    bar(x, y, wide, tall);
  for (let x = 200; x < 1400; x += 30) for (const y of [900, 960]) bar(x, y, 18, 24);
  return { data, width, height, xdpi: 204, ydpi: 196 };
}

test('a page that lies level keeps its rules and boxes where they are looked for', async () => {
  const square = await resampled(page(), 204, 204);
  const before = square.data.slice();
  const { raster, ruled, cleaning } = await straightened(await tidied(square), 0);
  const [x, y] = [Math.round((800 * 300) / 204), Math.round((601.5 * 300) / 196)];
  expect(cleaning).toMatchObject({ skew: 0, streaks: 0 });
  expect(cleaning.rules).toBeGreaterThan(0);
  expect(at(ruled, x, y)).toBeLessThan(60);
  expect(at(raster, x, y)).toBe(255);
  expect(boxesOn(ruled)).toHaveLength(1);
  expect(Buffer.compare(before, square.data)).toBe(0);
});

test('a box is found filled, crossed beyond its corners, and with a broken side; a blot is none', () => {
  const [width, height] = [700, 200];
  const data = new Uint8Array(width * height).fill(255);
  const dot = (x: number, y: number): void => {
    data.fill(0, y * width + x, y * width + x + 4);
  };
  for (const left of [50, 200, 350])
    for (let i = 0; i < 40; i++)
      for (const [x, y] of [
        [left + i, 60],
        [left + i, 97],
        [left, 60 + i],
        [left + 37, 60 + i],
      ] as const)
        dot(x, y);
  for (let y = 70; y < 92; y++) data.fill(0, y * width + 60, y * width + 82);
  for (let i = -8; i < 48; i++) for (const y of [60 + i, 98 - i]) dot(200 + i, y);
  data.fill(255, 61 * width + 360, 61 * width + 364);
  for (let y = 60; y < 64; y++) data.fill(255, y * width + 368, y * width + 372);
  for (let y = 60; y < 100; y++) data.fill(0, y * width + 500, y * width + 540);
  const boxes = boxesOn({ data, width, height, xdpi: 300, ydpi: 300 });
  expect(boxes.map(({ x, ink }) => [Math.round((x * width) / 50), ink > 0.1])).toEqual([
    [1, true],
    [4, true],
    [7, false],
  ]);
});

/** x, y, width and height in pixels. */
type Bar = readonly [number, number, number, number];

/** A box to tick, 40 pixels wide. */
const sides = (x: number, y: number): Bar[] => [
  [x, y, 40, 3],
  [x, y + 37, 40, 3],
  [x, y, 3, 40],
  [x + 37, y, 3, 40],
];

test('a box is found with a square in it, and with wide gaps beside another of its size; a letter beside it is none', () => {
  const page = inked(900, 200, ...sides(50, 60), ...sides(250, 60), ...sides(450, 60), [56, 66, 27, 28]);
  // Gaps in three sides of the second one, of which a lone box may have none.
  for (const [x, y, wide, tall] of [
    [248, 70, 6, 12],
    [256, 59, 10, 6],
    [286, 80, 6, 12],
  ] as const)
    for (let row = y; row < y + tall; row++) page.data.fill(255, row * 900 + x, row * 900 + x + wide);
  // A D: its corners are at one side only.
  for (const [x, y, wide, tall] of [
    [650, 60, 4, 40],
    [650, 60, 28, 4],
    [650, 96, 28, 4],
    [686, 70, 4, 20],
  ] as const)
    for (let row = y; row < y + tall; row++) page.data.fill(0, row * 900 + x, row * 900 + x + wide);
  expect(boxesOn(page).map(({ x, ink }) => [Math.round(x * 90), ink > 0.1])).toEqual([
    [5, true],
    [45, false],
    [25, false],
  ]);
});

test('a box that stands a few rows lower than its neighbour is found once', () => {
  const page = inked(900, 200, ...sides(50, 60), ...sides(250, 66), ...sides(450, 54));
  expect(
    boxesOn(page)
      .map(({ x }) => Math.round(x * 90))
      .toSorted((a, b) => a - b),
  ).toEqual([5, 25, 45]);
});

/** Dashes of 5 with gaps of 6, too wide for a box by itself. */
const dashed = (x: number, y: number): Bar[] => [
  ...sides(x, y).slice(2),
  ...[0, 11, 22, 33].flatMap(
    (off) =>
      [
        [x + off, y, 7, 3],
        [x + off, y + 37, 7, 3],
      ] as const,
  ),
];

const placesOf = (page: Raster): number[] =>
  boxesOn(page)
    .map(({ x }) => Math.round(x * 90))
    .toSorted((a, b) => a - b);

test('broken boxes are found that are level and alike; one alone may be anything', () => {
  expect(placesOf(inked(900, 200, ...dashed(50, 60), ...dashed(250, 60)))).toEqual([5, 25]);
  expect(placesOf(inked(900, 200, ...dashed(50, 60)))).toEqual([]);
});

test('beside a whole box one is found that stands lower, one whose mark leads up to a word, and one without corners', () => {
  const [level, foot, , right] = sides(250, 69) as [Bar, Bar, Bar, Bar];
  const lower: Bar[] = [level, foot, right, [250, 69, 3, 14], [250, 95, 3, 14]];
  const mark = Array.from({ length: 60 }, (_, i): Bar => [442 + i, 52 + i, 4, 4]);
  const word: Bar = [495, 62, 4, 40];
  const uncornered: Bar[] = [[658, 60, 32, 3], [658, 97, 32, 3], ...sides(650, 60).slice(2)];
  const bars = [...sides(50, 60), ...lower, ...sides(450, 60), ...mark, word, ...uncornered];
  expect(placesOf(inked(900, 200, ...bars))).toEqual([5, 25, 45, 65]);
});

test('a letter of a bold heading is none, as whole as it is: it is smaller, and others stand beside it', () => {
  const letter = (x: number): Bar[] => [
    [x, 60, 33, 3],
    [x, 90, 33, 3],
    [x, 60, 3, 33],
    [x + 30, 60, 3, 33],
  ];
  expect(placesOf(inked(900, 200, ...letter(50), ...letter(250), [289, 60, 4, 33]))).toEqual([5]);
});

test('what follows a box at once is a letter of its word', () => {
  expect(placesOf(inked(900, 200, ...sides(50, 60), ...dashed(110, 60), ...sides(450, 60)))).toEqual([5, 45]);
});

test('on a standard fax a box is found whose level sides are dashes; a zero is none', () => {
  const [width, height] = [400, 200];
  const data = new Uint8Array(width * height).fill(255);
  const fill = (x: number, y: number, wide: number, tall: number): void => {
    for (let row = y; row < y + tall; row++) data.fill(0, row * width + x, row * width + x + wide);
  };
  for (const x of [50, 87]) fill(x, 60, 4, 40);
  for (const x of [54, 70, 82]) fill(x, 96, 6, 4);
  // A zero: two strokes, and arcs beyond their ends.
  for (const x of [200, 232]) fill(x, 60, 4, 34);
  for (const y of [54, 96]) fill(206, y, 24, 4);
  const page = { data, width, height, xdpi: 300, ydpi: 300 };
  expect(boxesOn(page, true).map(({ x, ink }) => [Math.round(x * width), ink])).toEqual([[50, 0]]);
  expect(boxesOn(page)).toEqual([]);
});

test('of a bad standard fax boxes of one question are found by their upright sides; one alone is none', () => {
  const [width, height] = [700, 300];
  const data = new Uint8Array(width * height).fill(255);
  const fill = (x: number, y: number, wide: number, tall: number): void => {
    for (let row = y; row < y + tall; row++) data.fill(0, row * width + x, row * width + x + wide);
  };
  const pair = (x: number, y: number): void => {
    for (const side of [x, x + 37]) fill(side, y, 4, 40);
  };
  for (const x of [50, 250, 450]) pair(x, 60);
  fill(464, 74, 14, 14);
  pair(50, 180);
  const page = { data, width, height, xdpi: 300, ydpi: 300 };
  const found = boxesOn(page, true).map((box) => [
    Math.round(box.x * width),
    Math.round(box.y * height),
    box.ink > 0.1,
  ]);
  expect(found).toEqual([
    [50, 60, false],
    [250, 60, false],
    [450, 60, true],
  ]);
  expect(boxesOn(page)).toEqual([]);
});

test('strokes of letters beside a box that was found are none of its kind, however alike they are', () => {
  const strokes = [250, 279, 450, 479].map((x): Bar => [x, 62, 4, 32]);
  expect(boxesOn(inked(700, 300, ...strokes), true)).toHaveLength(2);
  expect(boxesOn(inked(700, 300, ...sides(50, 60), ...strokes), true)).toHaveLength(1);
  // An i and an n of a font whose letters stand far apart.
  const apart = [250, 286].map((x): Bar => [x, 62, 4, 34]);
  expect(boxesOn(inked(700, 300, ...sides(50, 60), ...apart), true)).toHaveLength(1);
});

test('enlarging keeps even ground even, and a step a step', () => {
  const data = new Uint8Array(8 * 4).map((_, i) => (i % 8 < 4 ? 0 : 255));
  const large = enlarged({ data, width: 8, height: 4 }, 16, 12);
  expect(large).toHaveLength(16 * 12);
  expect([...large.subarray(0, 6)]).toEqual([0, 0, 0, 0, 0, 0]);
  expect([...large.subarray(10, 16)]).toEqual([255, 255, 255, 255, 255, 255]);
});

test('ink is found wherever it stands in a row, however wide the page is', () => {
  for (const width of [1, 3, 31, 32, 66, 67]) {
    const height = 5;
    for (let at = 0; at < width * height; at++) {
      const data = new Uint8Array(width * height).fill(255);
      data[at] = 254;
      const ink = inkIn({ data, width, height });
      const [row, column] = [Math.floor(at / width), at % width];
      expect(ink.at(row, Math.floor(column / stretch))).toBe(true);
      expect(ink.between(row, column, column)).toBe(true);
      if (width > 3) expect(ink.between((row + 2) % height, 0, width - 1)).toBe(false);
    }
  }
});

test.each(['letter-standard-clean', 'ehr-standard-clean', 'grid-fine-medium', 'letter-fine-medium'])(
  'a page is told from the same page upside down: %s',
  async (name) => {
    const file = readFileSync(join(import.meta.dirname, '..', 'fixtures', 'fax', `${name}.tif`));
    const { raster } = await straightened(await tidied(await (await openPictures('image/tiff', file)).draw(0)), 0);
    expect([upsideDown(raster), upsideDown(await turned(raster, 180))]).toEqual([false, true]);
  },
);

/** White, with dots, bars and letters filled in black: left, top, width, height. */
function inked(
  width: number,
  height: number,
  ...marks: readonly (readonly [number, number, number, number])[]
): Raster {
  const data = new Uint8Array(width * height).fill(255);
  for (const [x, y, wide, tall] of marks)
    for (let row = y; row < y + tall; row++) data.fill(0, row * width + x, row * width + x + wide);
  return { data, width, height, xdpi: 204, ydpi: 196 };
}

test('specks go; of thin print the points of a colon stay, behind a letter', () => {
  const letter = [100, 50, 4, 12] as const;
  const colon = [
    [107, 53, 1, 1],
    [107, 60, 1, 2],
  ] as const;
  const [specks, without] = [
    [
      [30, 30, 1, 1],
      [115, 57, 1, 1],
      // As far apart as the points of a colon, but with no letter before them.
      [160, 53, 1, 1],
      [160, 60, 1, 1],
    ] as const,
    inked(200, 100, letter, ...colon),
  ];
  const clean = despeckled(inked(200, 100, letter, ...colon, ...specks));
  expect(Buffer.compare(clean.raster.data, without.data)).toBe(0);
  expect(clean.count).toBe(4);
});

test('a page full of specks has no colons of specks', () => {
  const letter = [100, 50, 4, 12] as const;
  const dirt = Array.from({ length: 40 }, (_, i) => [4 + (i % 20) * 3, 4 + Math.floor(i / 20) * 4, 1, 1] as const);
  const clean = despeckled(inked(200, 100, letter, [107, 53, 1, 1], [107, 60, 1, 1], ...dirt));
  expect(Buffer.compare(clean.raster.data, inked(200, 100, letter).data)).toBe(0);
});

test('a rule that was not level goes with its steps; a stroke through it and a letter on it stay', () => {
  const stroke = [150, 30, 5, 60] as const;
  const foot = [250, 44, 5, 14] as const;
  const rule = [
    [20, 58, 360, 3],
    [60, 57, 60, 1],
    [300, 61, 50, 1],
  ] as const;
  const { raster, rules } = lined(inked(400, 120, ...rule, stroke, foot));
  const left = [...raster.data.keys()].filter((each) => raster.data[each] === 0);
  expect(rules).toBeGreaterThan(0);
  expect(new Set(left.map((each) => (each % 400) - (each % 5)))).toEqual(new Set([150, 250]));
  expect(at(raster, 152, 59)).toBe(0);
});

test('heavier print closes a gap of two dots and fades towards its edges as before', () => {
  const raster = inked(20, 9, [3, 3, 4, 3], [9, 3, 4, 3]);
  raster.data[4 * 20 + 2] = 120;
  const bold = heavier(raster);
  const row = [...bold.data.subarray(4 * 20, 5 * 20)].map((each) => (each === 0 ? '#' : each === 255 ? '.' : '+'));
  expect(row.join('')).toBe('.+############......');
  expect(at(raster, 7, 4)).toBe(255);
});
