import { deflateSync } from 'node:zlib';
import { openSandbox } from '../../src/documents/sandbox.ts';
import { bytesOf, fixture, keptLog, pdfOf } from '../documents/tools.ts';

/** Files that lie about what they are, or are made to hurt. */

const onePage = (contents: string): Uint8Array =>
  pdfOf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>',
    contents,
  ]);

export const goodPdf = (): Uint8Array => onePage('<< /Length 0 >>\nstream\n\nendstream');

export const cutPdf = (): Uint8Array => goodPdf().subarray(0, 180);

export const cutTiff = (): Uint8Array => {
  const whole = fixture('fax/ehr-standard-clean.tif');
  return whole.subarray(0, whole.length / 2);
};

export const circularPdf = (): Uint8Array =>
  pdfOf(['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [2 0 R] /Count 1 >>']);

export function lockedPdf(): Uint8Array {
  const text = Buffer.from(goodPdf()).toString('latin1');
  const lock = `/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O (${'o'.repeat(32)}) /U (${'u'.repeat(32)}) >> /ID [(a)(a)]`;
  return new Uint8Array(Buffer.from(text.replace('/Root', `${lock} /Root`), 'latin1'));
}

/** A page of text as a fax machine would send it. */
export async function faxOf(text: string): Promise<Uint8Array> {
  const box = openSandbox({ log: keptLog().log });
  try {
    const opened = await box.open('text/plain', bytesOf(text));
    const page = opened.ok ? await opened.value.fax(0, '') : opened;
    if (!page.ok) throw new Error(page.problem);
    return page.value;
  } finally {
    await box.close();
  }
}

/** What every virus scanner finds, though it does nothing. */
export const eicar = (): Uint8Array =>
  bytesOf(['X5O!P%@AP[4\\PZX54(P^)7CC)7}', '$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'].join(''));

export const program = (): Uint8Array => bytesOf(`MZ\x01${'\0'.repeat(500)}`);

/** A word processor's file with macros, as far as one sees from outside. */
export const macros = (): Uint8Array =>
  new Uint8Array(
    Buffer.concat([
      Buffer.from('d0cf11e0a1b11ae1', 'hex'),
      Buffer.alloc(504),
      Buffer.from('_VBA_PROJECT', 'utf16le'),
      Buffer.alloc(500),
    ]),
  );

export const webPage = (): Uint8Array => bytesOf('<html><body>Not a fax</body></html>');

export const latePdf = (): Uint8Array => bytesOf(`${'x'.repeat(900)}%PDF-1.4\n%%EOF`);

export const endlessPages = (): Uint8Array =>
  pdfOf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Count 200000 /Kids [${'3 0 R '.repeat(200_000)}] >>`,
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] >>',
  ]);

/** 300 KB that become 300 MB. */
export function inflateBomb(): Uint8Array {
  const packed = deflateSync(Buffer.alloc(300 * 1024 * 1024, ' 0 g'), { level: 1 }).toString('latin1');
  return onePage(`<< /Length ${packed.length} /Filter /FlateDecode >>\nstream\n${packed}\nendstream`);
}

export function floodPng(): Uint8Array {
  const header = Buffer.alloc(33);
  header.write('\x89PNG\r\n\x1a\n', 0, 'latin1');
  header.writeUInt32BE(13, 8);
  header.write('IHDR', 12, 'latin1');
  header.writeUInt32BE(60_000, 16);
  header.writeUInt32BE(60_000, 20);
  header.set([1, 0, 0, 0, 0], 24);
  return new Uint8Array(Buffer.concat([header, Buffer.alloc(1000)]));
}

export const floodTiff = (): Uint8Array => emptyTiff(60_000, 0);
/** Its first page is its second, and so on. */
export const circularTiff = (): Uint8Array => emptyTiff(100, 8);

/** A TIFF of one square page; `next`: where the list of its pages goes on. */
function emptyTiff(side: number, next: number): Uint8Array {
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

const clinical = (doctype: string, title: string): Uint8Array =>
  bytesOf(
    `<?xml version="1.0"?>${doctype}<ClinicalDocument xmlns="urn:hl7-org:v3"><title>${title}</title></ClinicalDocument>`,
  );

export const plainDoctype = (): Uint8Array => clinical('<!DOCTYPE ClinicalDocument>', 'x');

export function entityBomb(): Uint8Array {
  const entities = Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('');
  return clinical(`<!DOCTYPE x [<!ENTITY l0 "lol">${entities}]>`, '&l9;');
}

/** @param address where the parser would be lured to */
export const externalEntity = (address: string): Uint8Array =>
  clinical(`<!DOCTYPE x [<!ENTITY x SYSTEM "${address}">]>`, '&x;');
