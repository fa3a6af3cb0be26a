import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PDFDocument, StandardFonts } from 'pdf-lib';
import sharp from 'sharp';
import { Unprintable, type Cover } from '../../src/core/press.ts';
import { openPress } from '../../src/documents/press.ts';
import { openSandbox } from '../../src/documents/sandbox.ts';
import { bytesOf, documentOf, fixture, keptLog, read } from './tools.ts';

const cover: Cover = {
  from: { name: 'Oakwood Primary Care', phone: '+1 512 258 1845', fax: '+15122581846' },
  to: { name: 'Albany Cardiology', fax: '+15185551234' },
  urgency: 'stat',
  reference: 'att_01jabcdef',
  possibleDuplicate: true,
  at: Date.UTC(2026, 10, 23, 12),
};

const { log, lines: said } = keptLog();
const sandbox = openSandbox({ log });
const press = openPress(sandbox);
const folder = mkdtempSync(join(tmpdir(), 'loopgate-press-'));

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await sandbox.close();
});

const printed = (name: string, bytes: Uint8Array) => ({ document: documentOf(name, bytes), bytes });

async function letterPdf(text: string, size: [number, number] = [612, 792], y = 700): Promise<Uint8Array> {
  const pdf = await PDFDocument.create();
  pdf.addPage(size).drawText(text, { x: 60, y, size: 14, font: await pdf.embedFont(StandardFonts.Helvetica) });
  return pdf.save();
}

describe('a fax made of a cover and every kind of document', () => {
  let tiff: Uint8Array;
  let pages: number;
  let info: string;

  beforeAll(async () => {
    const photo = { create: { width: 900, height: 1200, channels: 3, background: '#eee' } } as const;
    const made = await press.fax(cover, [
      printed('letter.pdf', await letterPdf('Referral letter')),
      printed('a4.pdf', await letterPdf('Page of A4', [595, 842])),
      printed('wide.pdf', await letterPdf('Landscape table', [792, 612], 500)),
      printed('scan.tif', fixture('fax/ehr-standard-clean.tif')),
      printed('photo.png', new Uint8Array(await sharp(photo).png().toBuffer())),
      printed('photo.jpg', new Uint8Array(await sharp(photo).jpeg().toBuffer())),
      printed('note.txt', bytesOf('A plain note\n')),
      printed('summary.xml', fixture('ccda/referral-note.xml')),
    ]);
    ({ tiff, pages } = made);
    const file = join(folder, 'fax.tif');
    writeFileSync(file, tiff);
    info = execFileSync('tiffinfo', [file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  });

  test('is one TIFF that libtiff reads as G4, 1728 dots wide, 204×196, with every page numbered', () => {
    const count = (pattern: RegExp): number => info.match(pattern)?.length ?? 0;
    expect(pages).toBe(10);
    expect(count(/=== TIFF directory/g)).toBe(pages);
    expect(count(/Image Width: 1728 Image Length: 2156/g)).toBe(pages);
    expect(count(/Resolution: 204, 196 pixels\/inch/g)).toBe(pages);
    expect(count(/Compression Scheme: CCITT Group 4/g)).toBe(pages);
    expect(count(/Bits\/Sample: 1\b/g)).toBe(pages);
    expect(count(/Photometric Interpretation: min-is-white/g)).toBe(pages);
    expect(info).toContain(`Page Number: ${pages - 1}-${pages}`);
  });

  test('says on its cover who sends, how urgent it is, what to do if it went astray, and that it may be a repeat', async () => {
    const { pages: read1 } = await read(sandbox, 'fax.tif', tiff);
    const text = read1[0]?.page.text.replace(/\s+/g, ' ') ?? '';
    for (const words of [
      'STAT',
      'Oakwood Primary Care',
      'Albany Cardiology',
      '512 258 1845',
      '10 with this one',
      'destroy',
    ])
      expect(text).toContain(words);
    expect(text).toMatch(/possible duplicate/i);
    const letter = read1[1]?.page.text ?? '';
    expect(letter).toContain('Referral letter');
    expect(letter.split('\n')[0]).toMatch(/Oakwood Primary Care.*512 ?258 ?1845.*page 2 of 10/);
  });

  test('is black ink on white paper on every page', async () => {
    for (let page = 0; page < pages; page++) {
      const { data } = await sharp(tiff, { page }).toColourspace('b-w').raw().toBuffer({ resolveWithObject: true });
      const black = data.reduce((sum, value) => sum + (value < 128 ? 1 : 0), 0) / data.length;
      expect(black).toBeGreaterThan(0.0005);
      expect(black).toBeLessThan(0.3);
    }
  });
});

test('a scan of fax size keeps its dots: nothing is resampled', async () => {
  const dots = new Uint8Array(1728 * 2156).fill(255);
  for (let y = 777; y < 817; y++) dots.fill(0, y * 1728 + 301, y * 1728 + 341);
  const scan = await sharp(dots, { raw: { width: 1728, height: 2156, channels: 1 } })
    .toColourspace('b-w')
    .tiff({ compression: 'ccittfax4', bitdepth: 1, xres: 204 / 25.4, yres: 196 / 25.4 })
    .toBuffer();
  const { tiff } = await press.fax(cover, [printed('scan.tif', new Uint8Array(scan))]);
  const { data } = await sharp(tiff, { page: 1 }).toColourspace('b-w').raw().toBuffer({ resolveWithObject: true });
  let black = 0;
  for (let y = 100; y < 2156; y++) for (let x = 0; x < 1728; x++) if ((data[y * 1728 + x] ?? 255) < 128) black += 1;
  expect(black).toBe(1600);
  expect(data[777 * 1728 + 301]).toBe(0);
  expect(data[776 * 1728 + 301]).toBe(255);
});

test('a cover sheet that does not fit on its page is refused, as what it must say would be missing', async () => {
  const template = `${'One more line of ours\n'.repeat(60)}{phone} {pages} {urgency} {misdirected}`;
  const long = { ...cover, style: { language: 'en' as const, template } };
  await expect(press.fax(long, [printed('note.txt', bytesOf('A note'))])).rejects.toThrow(/does not fit on one page/);
});

test("a practice's own cover sheet, and the Spanish one", async () => {
  const first = async (more: Partial<Cover>): Promise<string> => {
    const { tiff } = await press.fax({ ...cover, ...more }, [printed('note.txt', bytesOf('A note'))]);
    const { pages, warnings } = await read(sandbox, 'fax.tif', tiff);
    expect({ warnings, said }).toEqual({ warnings: [], said: [] });
    return pages[0]?.page.text.replace(/\s+/g, ' ') ?? '';
  };
  const template =
    '# Oakwood Clinic\nTelephone: {phone}\nFax number: {fax}\n## {alert}\n{pages} {urgency}\n{misdirected}';
  const own = await first({ urgency: 'routine', possibleDuplicate: false, style: { language: 'en', template } });
  expect(own).toMatch(/Oakwood Clinic.*Telephone.*512 258 1845.*Fax number.*2 with this one Routine.*by mistake/);
  expect(own).not.toMatch(/STAT|Albany|duplicate|[{}]/);
  const spanish = await first({ style: { language: 'es', template: null } });
  expect(spanish).toMatch(/STAT: lea esto.*Para.*Albany Cardiology.*llame de inmediato.*Posible duplicado/);
});

test('a preview shows the pages as they would go out, and warns of small print, dark and blank pages', async () => {
  const pdf = await PDFDocument.create();
  const font = await pdf.embedFont(StandardFonts.Helvetica);
  const words = 'new onset atrial fibrillation, please evaluate for ablation, metoprolol and apixaban twice daily. ';
  for (const size of [5, 8, 11]) {
    const page = pdf.addPage([612, 792]);
    for (let y = 700; y > 500; y -= size * 1.4)
      page.drawText(words.repeat(3).slice(0, Math.floor(900 / size)), { x: 54, y, size, font });
  }
  pdf.addPage([612, 792]).drawRectangle({ x: 0, y: 0, width: 612, height: 500 });
  pdf.addPage([612, 792]);
  const pages = await press.preview(cover, [printed('pages.pdf', await pdf.save())]);
  expect(pages.map(({ ours, warnings }) => (ours ? 'ours' : warnings))).toEqual([
    'ours',
    ['small-print'],
    [],
    [],
    ['dark'],
    ['blank'],
  ]);
  expect(await sharp(pages[1]?.png).metadata()).toMatchObject({ format: 'png', width: 864, height: 1122 });
  expect(pages[1]?.bytes).toBeGreaterThan(pages[5]?.bytes ?? Infinity);
});

test('a document that no page can be made of is Unprintable, with words that are safe to show', async () => {
  const broken = printed('Jane Doe.pdf', bytesOf('<!doctype html><p>Jane Doe</p>'));
  await expect(press.fax(cover, [broken])).rejects.toThrow(Unprintable);
  await expect(press.fax(cover, [broken])).rejects.toThrow(/web page/);
  await expect(press.fax(cover, [broken])).rejects.not.toThrow(/Jane/);
});
