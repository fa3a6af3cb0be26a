import { afterAll, describe, expect, test } from '@jest/globals';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { openSandbox } from '../../src/documents/sandbox.ts';
import { bytesOf, documentOf, fixture, keptLog, pdfOf, read, readers } from './tools.ts';
import { readDocument, type Memory } from '../../src/documents/read.ts';

const kept = keptLog();
const sandbox = openSandbox({ log: kept.log });
afterAll(() => sandbox.close());

const onePage = (contents: string): Uint8Array =>
  pdfOf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>',
    contents,
  ]);

const manyPages = (count: number): Uint8Array =>
  pdfOf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Count ${count} /Kids [${'3 0 R '.repeat(count)}] >>`,
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] >>',
  ]);

function bomb(): Uint8Array {
  const packed = deflateSync(Buffer.alloc(300 * 1024 * 1024, ' 0 g'), { level: 1 }).toString('latin1');
  return onePage(`<< /Length ${packed.length} /Filter /FlateDecode >>\nstream\n${packed}\nendstream`);
}

function floodPng(side: number): Uint8Array {
  const png = Buffer.alloc(33);
  png.write('\x89PNG\r\n\x1a\n', 0, 'latin1');
  png.writeUInt32BE(13, 8);
  png.write('IHDR', 12, 'latin1');
  png.writeUInt32BE(side, 16);
  png.writeUInt32BE(side, 20);
  png.set([1, 0, 0, 0, 0], 24);
  const idat = deflateSync(Buffer.alloc(1000));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(idat.length);
  return new Uint8Array(Buffer.concat([png, length, Buffer.from('IDAT'), idat, Buffer.alloc(4)]));
}

/** A TIFF of one directory of 1-bit G4; `next` is where its chain goes on. */
function tiffOf(side: number, next: number): Uint8Array {
  const entries = [
    [256, 4, 1, side],
    [257, 4, 1, side],
    [258, 3, 1, 1],
    [259, 3, 1, 4],
    [262, 3, 1, 0],
    [273, 4, 1, 200],
    [278, 4, 1, side],
    [279, 4, 1, 16],
  ];
  const tiff = Buffer.alloc(256);
  tiff.write('II*\0', 0, 'latin1');
  tiff.writeUInt32LE(8, 4);
  tiff.writeUInt16LE(entries.length, 8);
  entries.forEach(([tag = 0, type = 0, count = 0, value = 0], i) => {
    tiff.writeUInt16LE(tag, 10 + i * 12);
    tiff.writeUInt16LE(type, 12 + i * 12);
    tiff.writeUInt32LE(count, 14 + i * 12);
    tiff.writeUInt32LE(value, 18 + i * 12);
  });
  tiff.writeUInt32LE(next, 10 + entries.length * 12);
  return new Uint8Array(tiff);
}

const clinical = (inside: string, before = ''): Uint8Array =>
  bytesOf(`<?xml version="1.0"?>${before}<ClinicalDocument xmlns="urn:hl7-org:v3">${inside}</ClinicalDocument>`);

const entities = Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('');

const cases: readonly (readonly [name: string, bytes: () => Uint8Array, words: RegExp])[] = [
  ['an empty file', () => new Uint8Array(0), /empty/],
  ['a web page named .pdf', () => bytesOf('<html><body>Jane Roe</body></html>'), /calls itself a PDF.*web page/],
  ['a PDF that begins at byte 900', () => bytesOf(`${'x'.repeat(900)}%PDF-1.4\n%%EOF`), /not a clean PDF/],
  ['a PDF cut in the middle', () => onePage('<< /Length 0 >>').subarray(0, 180), /cut off/],
  ['a PDF of rubbish', () => bytesOf(`%PDF-1.4\n${'rubbish '.repeat(500)}\n%%EOF`), /damaged/],
  ['a PDF that claims 200,000 pages', () => manyPages(200_000), /200000 pages/],
  ['a PDF of 301 pages', () => manyPages(301), /301 pages/],
  [
    'a PDF whose page tree runs in a circle',
    () => pdfOf(['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [2 0 R] /Count 1 >>']),
    /no pages|damaged/,
  ],
  [
    'a PDF with a password',
    () => {
      const text = Buffer.from(onePage('<< /Length 0 >>')).toString('latin1');
      const lock = `/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O (${'o'.repeat(32)}) /U (${'u'.repeat(32)}) >> /ID [(a)(a)]`;
      return new Uint8Array(Buffer.from(text.replace('/Root', `${lock} /Root`), 'latin1'));
    },
    /needs a password/,
  ],
  ['a PNG of 60,000 × 60,000', () => floodPng(60_000), /far too large/],
  ['a TIFF of 60,000 × 60,000', () => tiffOf(60_000, 0), /far too large/],
  ['a TIFF whose pages run in a circle', () => tiffOf(100, 8), /circle/],
  ['a TIFF cut before its first page', () => fixture('fax/ehr-standard-clean.tif').subarray(0, 4000), /cut off/],
  ['a PNG of rubbish', rubbishPng, /damaged/],
  ['an entity bomb', () => clinical('<title>&l9;</title>', `<!DOCTYPE x [<!ENTITY l0 "lol">${entities}]>`), /DOCTYPE/],
  [
    'an external entity',
    () => clinical('<title>&x;</title>', '<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
    /DOCTYPE/,
  ],
  ['XML nested 100,000 deep', () => clinical(`${'<a>'.repeat(100_000)}${'</a>'.repeat(100_000)}`), /too deeply/],
  ['XML that is no clinical document', () => bytesOf('<?xml version="1.0"?><note/>'), /not a clinical document/],
  ['a ZIP archive', () => bytesOf('PK\x03\x04rest'), /ZIP/],
];

function rubbishPng(): Uint8Array {
  const bytes = Buffer.alloc(4096, 'garbage');
  bytes.write('\x89PNG\r\n\x1a\n', 0, 'latin1');
  return new Uint8Array(bytes);
}

describe('a hostile file becomes a plain warning, and the next file is read', () => {
  test.each(cases)('%s', async (_, bytes, words) => {
    const { pages, warnings } = await read(sandbox, 'Jane Roe.pdf', bytes());
    expect(pages).toEqual([]);
    expect(warnings.join(' ')).toMatch(words);
    expect(warnings.join(' ')).not.toMatch(/Jane|Roe/);
    const neighbour = await read(sandbox, 'note.txt', bytesOf('All is well'));
    expect(neighbour.pages[0]?.page.text).toBe('All is well');
  });
});

test('a 300 MB inflate bomb ends its process at most, within its limits, and the next file is read', async () => {
  const strict = openSandbox({ log: kept.log, patience: 15_000, memory: 700_000_000 });
  const { pages, warnings } = await read(strict, 'bomb.pdf', bomb());
  const text = pages.map(({ page }) => page.text).join('');
  expect(text).toBe('');
  expect(warnings.join(' ')).toMatch(/too long|too much memory|cannot be read|no text/);
  expect((await read(strict, 'note.txt', bytesOf('All is well'))).pages[0]?.page.text).toBe('All is well');
  await strict.close();
});

test('noise given to OCR yields a page without its text trusted, not a crash', async () => {
  const noise = Buffer.alloc(400 * 400, 0).map((_, i) => (i * 7919 * ((i >> 5) + 1)) % 256);
  const png = await sharp(noise, { raw: { width: 400, height: 400, channels: 1 } })
    .png()
    .toBuffer();
  const { pages } = await read(sandbox, 'noise.png', new Uint8Array(png));
  expect(pages).toHaveLength(1);
  expect(pages[0]?.page.words.filter(({ confidence }) => confidence > 0.9).length ?? 0).toBeLessThan(5);
});

test('a page that takes too long costs its process and a warning; its image and the next file are kept', async () => {
  const { log, lines } = keptLog();
  const hasty = openSandbox({ log, patience: 3_000 });
  const others = readers().map(({ pid }) => pid);
  const bytes = fixture('fax/ehr-standard-clean.tif');
  const memory: Memory = {
    recall: () => {
      for (const { pid } of readers()) if (!others.includes(pid)) process.kill(pid, 'SIGSTOP');
      return Promise.resolve(null);
    },
    keep: () => Promise.resolve(),
  };
  const document = documentOf('scan.tif', bytes);
  const { pages, warnings } = await readDocument(hasty, document, bytes, new AbortController().signal, { memory });
  const slow = [...warnings, ...lines].join(' ');
  expect(slow).toMatch(/too long/);
  expect(slow).toMatch(/"patience"/);
  expect(pages.map(({ page }) => page.source)).toEqual(['none', 'none']);
  expect(pages.every(({ png }) => png !== null)).toBe(true);
  expect((await read(hasty, 'note.txt', bytesOf('All is well'))).pages[0]?.page.text).toBe('All is well');
  await hasty.close();
});

test('a file that ends three processes is given up, and the next file is read', async () => {
  let ended = 0;
  const memory: Memory = {
    recall: () => {
      ended++;
      for (const { pid } of readers()) process.kill(pid, 'SIGKILL');
      return Promise.resolve(null);
    },
    keep: () => Promise.resolve(),
  };
  const bytes = manyPages(9);
  const document = documentOf('scan.pdf', bytes);
  const { warnings } = await readDocument(sandbox, document, bytes, new AbortController().signal, { memory });
  expect(ended).toBe(3);
  expect(warnings.filter((each) => each.includes('made its reader fail'))).toHaveLength(3);
  expect(warnings.filter((each) => each.includes('given up'))).toHaveLength(6);
  expect((await read(sandbox, 'note.txt', bytesOf('All is well'))).pages[0]?.page.text).toBe('All is well');
});

test('an abort ends the reading at once', async () => {
  const bytes = fixture('fax/ehr-standard-clean.tif');
  const stop = new AbortController();
  const reading = readDocument(sandbox, documentOf('scan.tif', bytes), bytes, stop.signal);
  stop.abort(new Error('enough'));
  await expect(reading).rejects.toThrow('enough');
  expect((await read(sandbox, 'note.txt', bytesOf('All is well'))).pages).toHaveLength(1);
});
