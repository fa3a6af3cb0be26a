import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { sendable } from '../../src/documents/sendable.ts';
import { directories } from '../../src/documents/tiff.ts';
import { bytesOf, fixture } from './tools.ts';

const tiffs = ['fax', 'tiff'].flatMap((folder) =>
  readdirSync(join(import.meta.dirname, '../fixtures', folder))
    // That one says of its strips that they are empty, so nothing in it tells where its end is.
    .filter((name) => name.endsWith('.tif') && !name.includes('StripByteCounts0'))
    .map((name) => `${folder}/${name}`),
);

test.each(tiffs)('%s is sent when whole, and refused when its end is missing', (path) => {
  const whole = fixture(path);
  expect(sendable('a.tif', 'image/tiff', whole)).toEqual({ mediaType: 'image/tiff' });
  expect(sendable('a.tif', 'image/tiff', whole.subarray(0, whole.length / 2))).toEqual({
    problem: 'the TIFF is cut off: a part of it is missing',
  });
});

test('plain text is sent as such, and refused under the name of a picture or a PDF', () => {
  const text = Buffer.from('Rosa Delgado, referred for chest pain');
  expect(sendable('a.txt', 'text/plain', text)).toEqual({ mediaType: 'text/plain' });
  expect(sendable('a.PDF', '', text)).toEqual({ problem: 'the file calls itself a PDF, but it is plain text' });
  expect(sendable('a', 'image/png', text)).toEqual({ problem: 'the file calls itself an image, but it is plain text' });
});

test('a TIFF whose pages run in a circle is refused', () => {
  const ring = Buffer.alloc(40);
  ring.write('II*\0', 'latin1');
  ring.writeUInt32LE(8, 4);
  ring.writeUInt16LE(1, 8);
  ring.writeUInt32LE(8, 22);
  expect(sendable('a.tif', 'image/tiff', ring)).toEqual({ problem: 'the TIFF is damaged: its pages run in a circle' });
});

test('a directory of 65,535 entries that all point at one long list is read in no time', () => {
  const entries = 65_535;
  const tiff = Buffer.alloc(14 + entries * 12 + 80_000);
  tiff.write('II*\0', 'latin1');
  tiff.writeUInt32LE(8, 4);
  tiff.writeUInt16LE(entries, 8);
  for (let i = 0; i < entries; i++) {
    tiff.writeUInt16LE(i % 2 === 0 ? 273 : i, 10 + i * 12);
    tiff.writeUInt16LE(4, 12 + i * 12);
    tiff.writeUInt32LE(20_000, 14 + i * 12);
    tiff.writeUInt32LE(14 + entries * 12, 18 + i * 12);
  }
  const start = performance.now();
  expect(directories(tiff, 300).pages).toHaveLength(1);
  expect(performance.now() - start).toBeLessThan(1000);
});

test.each(['<!DOCTYPE x SYSTEM "http://169.254.169.254/">', '<!DOCTYPE x [<!ENTITY a "b">]>'])(
  'a clinical document with %s is refused',
  (doctype) => {
    const bytes = bytesOf(`<?xml version="1.0"?>${doctype}<ClinicalDocument xmlns="urn:hl7-org:v3"/>`);
    expect(sendable('a.xml', 'text/xml', bytes)).toEqual({
      problem: 'the clinical document carries a DOCTYPE, which is not allowed',
    });
  },
);
