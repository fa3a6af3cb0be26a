import { expect, test } from '@jest/globals';
import { openSandbox } from '../../src/documents/sandbox.ts';
import { stretches } from '../../src/documents/stretches.ts';
import { readTwice } from '../../src/documents/twice.ts';
import type { Reread, SeenWord } from '../../src/documents/protocol.ts';
import { readPacket } from '../../src/intake/packet.ts';
import { fixture, keptLog, read } from './tools.ts';

const word = (text: string, confidence: number, x: number, width = 0.1): SeenWord => ({
  ...{ text, confidence, run: '1', box: { x, y: 0.5, width, height: 0.02 } },
});

const reread = (text: string, confidence: number, x: number, figures = ''): Reread => {
  const box = { x, y: 0.495, width: 0.1, height: 0.03 };
  return { box, words: [{ text, confidence, figures, box }] };
};

test('a form filled in by pen is read by a second engine, which a person is shown and nothing takes for sure', async () => {
  const { log, lines } = keptLog();
  const sandbox = openSandbox({ log });
  const { pages, warnings } = await read(sandbox, 'pen.tif', fixture('pen/lines-fine-clean.tif'));
  await sandbox.close();
  expect([warnings, lines]).toEqual([[], []]);
  const { cleaning, words } = pages[0]?.page ?? {};
  expect(cleaning?.again).toBeGreaterThan(15);
  const printed = words?.filter(({ text }) => /^(TELEPHONE|REFERRING|ADDRESS)$/.test(text)) ?? [];
  expect(printed.map(({ twice }) => twice)).toEqual([undefined, undefined, undefined]);
  const figures = ['520.583.3599', '71905191', '614.531.4132', '2338266952'];
  const seen = words?.filter(({ text, twice }) => twice !== undefined && figures.includes(text)) ?? [];
  expect(seen.map(({ text }) => text).sort()).toEqual(figures.toSorted());
  const { fields } = readPacket(pages.map(({ page }) => page));
  const value = Object.fromEntries(fields.map((field) => [field.name, field.value]));
  expect(value).toMatchObject({
    'coverage.payer': 'Molina Healthcare',
    'referrer.npi': '2338266952',
    'referrer.fax': '+16145314132',
  });
  expect(fields.filter(({ sure }) => sure)).toEqual([]);
  for (const { doubt, place } of fields) expect([doubt?.startsWith('handwrit'), place?.page]).toEqual([true, 0]);
}, 120_000);

test('what is left when sure words are taken off a page is read again, stretch by stretch', () => {
  const [width, height] = [1000, 400];
  const data = new Uint8Array(width * height).fill(255);
  const ink = (x: number, y: number, wide: number, high: number): void => {
    for (let row = y; row < y + high; row++) data.fill(0, row * width + x, row * width + x + wide);
  };
  for (const x of [100, 130, 160]) ink(x, 100, 20, 40); // read surely
  for (const x of [300, 330, 360]) ink(x, 100, 20, 40); // read unsurely
  for (const x of [700, 730]) ink(x, 300, 20, 40); // not seen at all
  ink(500, 200, 4, 4); // a speck
  const page = { data, width, height, xdpi: 300, ydpi: 300 };
  const box = (x: number): SeenWord['box'] => ({ x, y: 0.25, width: 0.08, height: 0.1 });
  const words = [
    { ...word('sure', 0.95, 0), box: box(0.1) },
    { ...word('unsure', 0.4, 0), box: box(0.3) },
  ];
  expect(stretches(page, words)).toEqual([
    { x: 300, y: 100, width: 80, height: 40 },
    { x: 700, y: 300, width: 52, height: 40 },
  ]);
});

test('of two readings the surer one is taken, and says what the other was', () => {
  const first = [word('FAX', 0.95, 0.1), word('GI4S53', 0.14, 0.3)];
  expect(readTwice(first, [reread('614.531', 0.98, 0.3, '614.531')])).toEqual([
    first[0],
    {
      ...{ text: '614.531', confidence: 0.98, run: '1', box: { x: 0.3, y: 0.495, width: 0.1, height: 0.03 } },
      twice: { first: 0.14, said: 'GI4S53', saidSurely: 0.14, figures: '614.531' },
    },
  ]);
  const [kept] = readTwice([word('Tucson', 0.8, 0.3)], [reread('Tuc5on', 0.7, 0.3)]);
  expect(kept).toMatchObject({
    text: 'Tucson',
    confidence: 0.8,
    twice: { first: 0.8, said: 'Tuc5on', saidSurely: 0.7 },
  });
  expect(readTwice(first, [reread('~~', 0.1, 0.6)])).toEqual(first);
});

test('two readings that agree are surer than either, and never quite sure', () => {
  const [agreed] = readTwice([word('Tucson,', 0.4, 0.3)], [reread('TUCSON', 0.8, 0.3)]);
  expect(agreed).toMatchObject({ text: 'TUCSON', confidence: 0.88, twice: { first: 0.4, said: 'Tucson,' } });
  const [most] = readTwice([word('Ada', 0.84, 0.3)], [reread('Ada', 0.99, 0.3)]);
  expect(most?.confidence).toBe(0.99);
});
