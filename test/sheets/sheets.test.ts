import { afterAll, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PDFDocument } from 'pdf-lib';
import { openPress } from '../../src/documents/press.ts';
import { openSandbox } from '../../src/documents/sandbox.ts';
import { directories } from '../../src/documents/tiff.ts';
import { bytesOf, documentOf, fixture, keptLog } from '../documents/tools.ts';
import { wronglySet, type Trial } from './answers.ts';

const sandbox = openSandbox({ log: keptLog().log });
afterAll(() => sandbox.close());

const token = 'LG0123456789ABCDEFGHJKMNPQ';

/** Millions of dots: outside of Jest, whose sandbox makes them ten times slower. */
const played = (...words: readonly string[]): unknown => {
  const script = join(import.meta.dirname, 'main.ts');
  return JSON.parse(execFileSync(process.execPath, ['--no-warnings', script, ...words], { encoding: 'utf8' }));
};

/** The same at 1,000 sheets each: node bench/answer-sheet.ts. */
test.each([196, 98])('sheets that were filled in and faxed twice are read at 204 × %i', (ydpi) => {
  const trials = played('trials', String(ydpi), '5') as Trial[];
  expect(trials.map((each) => each.token)).toEqual(trials.map(() => 'right'));
  expect(trials.filter(wronglySet)).toEqual([]);
  expect(trials.reduce((sum, { boxes }) => sum + boxes.wrong, 0)).toBe(0);
  const meant = trials.filter(({ meant: { kind } }) => kind !== null);
  const plain = meant.filter(({ says, meant: { kind } }) => says?.kind === kind && says.doubts.length === 0);
  expect(plain.length).toBeGreaterThanOrEqual(meant.length - 1);
});

test('of two marks both are seen', () => {
  expect(played('two')).toEqual(['received', 'seen']);
});

test('page 2 of a fax is the sheet, and the gateway reads it when it comes back among others', async () => {
  const { tiff, pages } = await openPress(sandbox).fax(
    {
      from: { name: 'Oakwood Primary Care', phone: '+1 512 258 1845', fax: '+15122581846' },
      to: { name: 'Albany Cardiology', fax: '+15185551234' },
      urgency: 'routine',
      reference: 'msg_01jabcdef',
      possibleDuplicate: false,
      at: Date.UTC(2026, 10, 23, 12),
      answer: { token, fax: '+1 512 258 1846' },
    },
    [{ document: documentOf('note.txt', bytesOf('A plain note\n')), bytes: bytesOf('A plain note\n') }],
  );
  expect([pages, directories(tiff, 9).pages.length]).toEqual([3, 3]);
  const file = await sandbox.open('image/tiff', tiff);
  const sheets = [0, 1, 2].map((page) => (file.ok ? file.value.sheet(page) : Promise.resolve(file)));
  const found = (await Promise.all(sheets)).map((each) => (each.ok ? (each.value?.token ?? null) : each));
  expect(found).toEqual([null, token, null]);
});

test('pages of other faxes are no answer sheets', async () => {
  const names = readdirSync(join(import.meta.dirname, '..', 'fixtures', 'fax')).filter((name) => name.endsWith('.tif'));
  let pages = 0;
  for (const name of names) {
    const file = await sandbox.open('image/tiff', fixture(`fax/${name}`));
    if (!file.ok) throw new Error(file.problem);
    for (let page = 0; page < file.value.pages; page++, pages++)
      expect(await file.value.sheet(page)).toEqual({ ok: true, value: null });
  }
  expect(pages).toBeGreaterThan(10);
});

test('a sheet that came as a picture, or wrapped in a PDF, is found too', async () => {
  const png = Buffer.from(played('picture', token) as string, 'base64');
  const pdf = await PDFDocument.create();
  const image = await pdf.embedPng(png);
  pdf.addPage([612, 792]).drawImage(image, { x: 0, y: 0, width: 612, height: 792 });
  for (const [mediaType, bytes] of [
    ['image/png', new Uint8Array(png)],
    ['application/pdf', await pdf.save()],
  ] as const) {
    const file = await sandbox.open(mediaType, bytes);
    const sheet = file.ok ? await file.value.sheet(0) : file;
    expect([mediaType, sheet.ok && sheet.value?.token]).toEqual([mediaType, token]);
  }
});
