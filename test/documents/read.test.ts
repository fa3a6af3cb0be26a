import { afterAll, describe, expect, test } from '@jest/globals';
import { PDFDocument, StandardFonts } from 'pdf-lib';
import sharp from 'sharp';
import { acceptable, sniff } from '../../src/documents/media-type.ts';
import { isDrawn, type DrawnPage } from '../../src/documents/read.ts';
import { openSandbox } from '../../src/documents/sandbox.ts';
import { bytesOf, fixture, keptLog, read } from './tools.ts';

const sandbox = openSandbox({ log: keptLog().log });
afterAll(() => sandbox.close());

describe('a file is what its bytes say', () => {
  test.each([
    ['application/pdf', bytesOf('%PDF-1.7\n%%EOF')],
    ['image/tiff', bytesOf('II*\0rest')],
    ['image/tiff', bytesOf('MM\0*rest')],
    ['text/xml', bytesOf('<?xml version="1.0"?>\n<ClinicalDocument xmlns="urn:hl7-org:v3">')],
    ['text/xml', bytesOf('<cda:ClinicalDocument xmlns:cda="urn:hl7-org:v3">')],
    ['text/plain', bytesOf('Dear colleague,\n\tthank you.\n')],
    [null, bytesOf('<html><body>ClinicalDocument</body></html>')],
    [null, new Uint8Array([0x66, 0x00, 0x61])],
    [null, new Uint8Array([0xc3, 0x28])],
    [null, bytesOf('MSH|^~\\&|A|B')],
    [null, bytesOf('PK\x03\x04')],
    [null, bytesOf('   \n')],
  ])('%s', (mediaType, bytes) => {
    expect(sniff(bytes)).toBe(mediaType);
  });

  test('whatever its name and declared type claim', () => {
    expect(acceptable('scan.pdf', 'application/pdf', fixture('fax/ehr-standard-clean.tif'))).toEqual({
      mediaType: 'image/tiff',
    });
    expect(acceptable('a.tif', 'image/tiff', bytesOf('<!DOCTYPE html>'))).toEqual({
      problem: 'the file calls itself a TIFF, but it is a web page (HTML)',
    });
  });
});

test("a PDF's own text is used, with each word's place, and no OCR", async () => {
  const pdf = await PDFDocument.create();
  const font = await pdf.embedFont(StandardFonts.Helvetica);
  const page = pdf.addPage([612, 792]);
  page.drawText('Angela Reed', { x: 72, y: 700, size: 12, font });
  page.drawText('NPI 2252164282', { x: 300, y: 700, size: 12, font });
  pdf.addPage([612, 792]).drawText('Second page', { x: 72, y: 72, size: 12, font });
  const { pages, warnings } = await read(sandbox, 'letter.pdf', await pdf.save());
  expect(warnings).toEqual([]);
  expect(pages.map((each) => each.page.text)).toEqual(['Angela Reed NPI 2252164282', 'Second page']);
  const [first] = pages;
  expect(first?.page).toMatchObject({ source: 'document', number: 1, width: 1734, height: 2244 });
  const word = first?.page.words[0];
  expect(word).toMatchObject({ text: 'Angela', confidence: 1, line: 0 });
  expect(Math.abs((word?.box.x ?? 0) - (72 / 72) * 204)).toBeLessThan(4);
  expect(Math.abs((word?.box.y ?? 0) + (word?.box.height ?? 0) - ((792 - 700) / 72) * 204)).toBeLessThan(12);
  const { data } = await sharp(first?.png ?? undefined)
    .extract({ left: 204, top: 225, width: 60, height: 40 })
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect(Math.min(...data)).toBeLessThan(80);
});

test('a rotated PDF page comes upright with its words in place', async () => {
  const pdf = await PDFDocument.create();
  const page = pdf.addPage([612, 792]);
  page.drawText('Turned', { x: 72, y: 72, size: 12, font: await pdf.embedFont(StandardFonts.Helvetica) });
  page.node.set(page.node.context.obj('Rotate'), page.node.context.obj(90));
  const { pages } = await read(sandbox, 'turned.pdf', await pdf.save());
  expect(pages[0]?.page).toMatchObject({ width: 2244, height: 1734, text: 'Turned' });
});

test('a clinical document becomes pages of its narrative, and its head is handed over', async () => {
  const { pages, clinical, warnings } = await read(sandbox, 'note.xml', fixture('ccda/referral-note.xml'));
  expect(warnings).toEqual([]);
  expect(clinical).toEqual({
    patient: {
      given: 'Isabel M',
      family: 'Fernández',
      birthTime: '19610409',
      telecom: 'tel:+1(212)555-0123',
      sex: 'F',
      address: null,
      number: '998991',
    },
    referrer: { given: 'Ashley', family: 'Peterson', npi: '1234567893', telecom: null, practice: null },
    reason: 'New onset atrial fibrillation & fatigue',
  });
  expect(pages[0]?.page.text).toContain('Reason for Referral');
  expect(pages[0]?.page.text).toMatch(/Apixaban 5 mg\nMetoprolol 25 mg/);
});

test('script and links in a clinical document are plain words', async () => {
  const evil =
    '<component><section><title>X</title><text>&lt;script&gt;alert(1)&lt;/script&gt; {{7*7}} =cmd</text></section></component>';
  const xml = `<ClinicalDocument xmlns="urn:hl7-org:v3">${evil}</ClinicalDocument>`;
  const { pages } = await read(sandbox, 'x.xml', bytesOf(xml));
  expect(pages[0]?.page.text).toContain('<script>alert(1)</script> {{7*7}} =cmd');
});

test('a photograph is read upright by its EXIF turn, in square pixels', async () => {
  const photo = await sharp({ create: { width: 1200, height: 900, channels: 3, background: '#fff' } })
    .jpeg()
    .withMetadata({ orientation: 6 })
    .toBuffer();
  const { pages, warnings } = await read(sandbox, 'photo.jpg', new Uint8Array(photo));
  expect(pages[0]?.page).toMatchObject({ width: 900, height: 1200, source: 'none', text: '', blank: true });
  expect(warnings).toEqual(['no text was found: every page is blank']);
});

test('the picture of a scanned page is kept as soon as it is read, and held no longer', async () => {
  const kept: number[] = [];
  const memory = {
    recall: () => Promise.resolve(null),
    keep({ page, png }: DrawnPage) {
      if (png.length > 0) kept.push(page.number);
      return Promise.resolve();
    },
  };
  const { pages } = await read(sandbox, 'letter.tif', fixture('fax/letter-standard-clean.tif'), { memory });
  expect(kept).toEqual([1, 2]);
  expect(pages.map(({ png }) => png)).toEqual([null, null]);
  const note = await read(sandbox, 'note.xml', fixture('ccda/referral-note.xml'), { memory });
  expect(note.pages.every(isDrawn)).toBe(true);
});
