import { afterAll, describe, expect, test } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { openSandbox } from '../../src/documents/sandbox.ts';
import { directories } from '../../src/documents/tiff.ts';
import { openPictures } from '../../src/documents/raster.ts';
import { faxInPdf } from './fax-pdf.ts';
import { fixture, keptLog } from './tools.ts';

const sandbox = openSandbox({ log: keptLog().log });
afterAll(() => sandbox.close());

const pixels = async (name: string): Promise<string> => {
  const { data, width, height } = await (await openPictures('image/tiff', fixture(`tiff/${name}`))).draw(0);
  return `${width}x${height} ${Buffer.from(data).toString('hex')}`;
};

describe('CCITT files that break decoders', () => {
  const all = readdirSync(join(import.meta.dirname, '..', 'fixtures', 'tiff')).filter((name) => name.endsWith('.tif'));
  const same = all.filter((name) => /^group[34]/.test(name));

  test('G3 one- and two-dimensional, fill bits, either bit order and G4 give one picture', async () => {
    expect(same).toHaveLength(6);
    const pictures = await Promise.all(same.map(pixels));
    expect(new Set(pictures).size).toBe(1);
    expect(pictures[0]).toMatch(/^6x4 (00|ff)+$/);
    expect(pictures[0]).toMatch(/00/);
  });

  test('G3 and G4 of one drawing give one picture', async () => {
    expect(await pixels('17-tiff-binary-ccitt-group3.tif')).toBe(await pixels('58-plexustiff-binary-ccitt-group4.tif'));
  });

  test.each(all.filter((name) => !same.includes(name)))('%s gives its rows or a plain warning', async (name) => {
    const bytes = fixture(`tiff/${name}`);
    const picture = await (await openPictures('image/tiff', bytes)).draw(0);
    const ink = picture.data.filter((value) => value < 128).length / picture.data.length;
    expect(ink).toBeGreaterThan(0.02);
    expect(ink).toBeLessThan(0.6);
    expect(directories(bytes, 300)).toMatchObject({
      stopped: null,
      pages: [{ width: picture.width, height: picture.height }],
    });
  });
});

test.each([
  [98, 1078],
  [196, 2156],
  [391, 4312],
])('a fax of 204×%i becomes a page with square pixels', async (ydpi, height) => {
  const dots = new Uint8Array(1728 * height).fill(255);
  const [top, tall] = [Math.round(ydpi * 2), Math.round(ydpi * 3)];
  for (let y = top; y < top + tall; y++) dots.fill(0, y * 1728 + 400, y * 1728 + 400 + 612);
  const fax = await sharp(dots, { raw: { width: 1728, height, channels: 1 } })
    .toColourspace('b-w')
    .tiff({ compression: 'ccittfax4', bitdepth: 1, xres: 204 / 25.4, yres: ydpi / 25.4 })
    .toBuffer();
  const opened = await sandbox.open('image/tiff', new Uint8Array(fax));
  const image = opened.ok ? await opened.value.image(0) : opened;
  const png = await sharp(image.ok ? image.value.png : undefined)
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect(Math.abs(png.info.height - 2244)).toBeLessThanOrEqual(8);
  const column = Array.from(
    { length: png.info.height },
    (_, y) => png.data[(y * 1728 + 700) * png.info.channels] ?? 255,
  );
  expect(Math.abs(column.filter((value) => value < 128).length - 612)).toBeLessThanOrEqual(6);
});

test('the same drawing stored white-is-zero and black-is-zero looks the same', async () => {
  const draw = async (miniswhite: boolean): Promise<Uint8Array> => {
    const dots = new Uint8Array(1728 * 1078).map((_, i) => ((i % 1728) % 100 < 20 ? 0 : 255));
    const raw = sharp(dots, { raw: { width: 1728, height: 1078, channels: 1 } }).toColourspace('b-w');
    const tiff = await raw.tiff({ compression: 'ccittfax4', bitdepth: 1, miniswhite }).toBuffer();
    expect(directories(tiff, 1).pages[0]?.photometric).toBe(miniswhite ? 0 : 1);
    return (await (await openPictures('image/tiff', tiff)).draw(0)).data;
  };
  expect(Buffer.compare(await draw(true), await draw(false))).toBe(0);
});

test('a TIFF whose data is cut gives the lines it has, and says so', async () => {
  const whole = fixture('tiff/58-plexustiff-binary-ccitt-group4.tif');
  const [page] = directories(whole, 1).pages;
  const [offset = 0, count = 0] = [page?.offsets[0], page?.counts[0]];
  const cut = directoryFirst(whole.subarray(offset, offset + count), 801, 1313).subarray(0, Math.floor(count * 0.6));
  const full = await (await openPictures('image/tiff', whole)).draw(0);
  const opened = await openPictures('image/tiff', cut);
  expect(opened.warnings.join(' ')).toMatch(/cut off/);
  const partly = await opened.draw(0);
  const rows = (data: Uint8Array): string => Buffer.from(data.subarray(0, 801 * 500)).toString('base64');
  expect(rows(partly.data)).toBe(rows(full.data));
});

test('a fax in many strips gives the dots that went in', async () => {
  const [width, height] = [1728, 2156];
  const dots = new Uint8Array(width * height).map((_, i) =>
    (((i % width) >> 5) + ((i / width) >> 6)) % 3 === 0 ? 0 : 255,
  );
  const raw = sharp(dots, { raw: { width, height, channels: 1 } }).toColourspace('b-w');
  const tiff = await raw.tiff({ compression: 'ccittfax4', bitdepth: 1 }).toBuffer();
  expect(directories(tiff, 1).pages[0]?.offsets.length).toBeGreaterThan(1);
  const drawn = await (await openPictures('image/tiff', tiff)).draw(0);
  expect(Buffer.compare(drawn.data, dots)).toBe(0);
});

test('the same coded page in a PDF, as fax companies wrap it, looks the same', async () => {
  const whole = fixture('tiff/58-plexustiff-binary-ccitt-group4.tif');
  const [page] = directories(whole, 1).pages;
  const [offset = 0, count = 0, width = 0, height = 0] = [page?.offsets[0], page?.counts[0], page?.width, page?.height];
  const opened = await sandbox.open(
    'application/pdf',
    await faxInPdf(whole.subarray(offset, offset + count), width, height),
  );
  const image = opened.ok ? await opened.value.image(0) : opened;
  const { data, info } = await sharp(image.ok ? image.value.png : undefined)
    .resize(width, height, { fit: 'fill' })
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const tiff = await (await openPictures('image/tiff', whole)).draw(0);
  const differing = tiff.data.reduce((sum, value, at) => {
    return sum + Number(Math.abs(value - (data[at * info.channels] ?? 0)) > 128);
  }, 0);
  // Edges move by half a dot when it is drawn in another raster; an empty page would differ by all of its ink.
  const ink = tiff.data.reduce((sum, value) => sum + Number(value < 128), 0);
  expect(differing).toBeLessThan(ink / 3);
});

/** A letter page that is one G4 image (PDF 1.7 §7.4.6: K < 0 is two-dimensional, black is 0 unless it says otherwise). */
/** G4 data behind its directory, as a machine writes that sends while it scans. */
function directoryFirst(strip: Uint8Array, width: number, height: number): Uint8Array {
  const entries = [
    [256, 4, width],
    [257, 4, height],
    [258, 3, 1],
    [259, 3, 4],
    [262, 3, 0],
    [273, 4, 128],
    [278, 4, height],
    [279, 4, strip.length],
  ];
  const head = Buffer.alloc(128);
  head.write('II*\0\x08', 0, 'latin1');
  head.writeUInt16LE(entries.length, 8);
  entries.forEach(([tag = 0, type = 0, value = 0], i) => {
    head.writeUInt16LE(tag, 10 + i * 12);
    head.writeUInt16LE(type, 12 + i * 12);
    head.writeUInt32LE(1, 14 + i * 12);
    head.writeUInt32LE(value, 18 + i * 12);
  });
  return new Uint8Array(Buffer.concat([head, strip]));
}
