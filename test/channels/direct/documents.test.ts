import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { base64Lines } from '../../../channels/direct/mime/encode.ts';
import { composeLetter } from '../../../channels/direct/mime/compose.ts';
import { readDocuments } from '../../../channels/direct/mime/documents.ts';
import { crlf, now, whole } from './support.ts';

const big = randomBytes(40_000);
const letterOf = (documents: readonly { name: string; mediaType: string; bytes: Buffer }[]): Buffer =>
  Buffer.concat(
    composeLetter({
      from: 'a@a.example',
      to: ['b@b.example'],
      subject: 's',
      messageId: '1@a.example',
      at: now,
      fields: [],
      text: 'Grüße\r\n',
      documents,
    }),
  );

test('attachments of all sizes, alike and unlike, come out byte for byte, in order and with their names', async () => {
  const sizes = [0, 1, 3_000, 3_073, 40_000, 40_001, 40_002, 300_000];
  const sent = [...sizes.map((size) => randomBytes(size)), big, big].map((bytes, index) => ({
    name: `Überweisung ${index}.pdf`,
    mediaType: 'application/pdf',
    bytes,
  }));
  const found = await readDocuments(letterOf(sent));
  expect(found.slice(0, -1).map(({ name }) => name)).toEqual(sent.map(({ name }) => name));
  found.slice(0, -1).forEach(({ bytes }, index) => {
    expect(bytes.equals(sent[index]?.bytes ?? Buffer.from('?'))).toBe(true);
  });
  expect(found.at(-1)?.bytes.toString('utf8')).toContain('Grüße');
});

const base64 = (bytes: Buffer, lineEnd = '\r\n'): string =>
  bytes.toString('base64').replace(/.{76}/g, (line) => `${line}${lineEnd}`);

const withBody = (fields: readonly string[], body: string): Buffer =>
  crlf(['From: a@a.example', 'Content-Type: multipart/mixed; boundary=b', '', '--b', ...fields, '', body, '--b--', '']);

const asPdf = ['Content-Type: application/pdf; name=a.pdf', 'Content-Transfer-Encoding: base64'];

test.each([
  ['on one line', asPdf, big.toString('base64')],
  ['with bare line feeds', asPdf, base64(big, '\n')],
  ['with blank lines at its end', asPdf, `${base64(big)}\r\n\r\n\r\n`],
  ['in capitals', ['CONTENT-TYPE: Application/PDF; name=a.pdf', 'content-transfer-encoding: BASE64'], base64(big)],
  ['in a field twice, of which the first counts', [...asPdf, 'Content-Transfer-Encoding: 7bit'], base64(big)],
])('an attachment %s is read whole', async (_name, fields, body) => {
  const [found] = await readDocuments(withBody(fields, body));
  expect(found?.bytes.equals(big)).toBe(true);
  expect(found?.mediaType).toBe('application/pdf');
});

test('a word that stands for an attachment never shows, even where the library divides otherwise', async () => {
  // A message enclosed in base64 has parts that we do not see, and a text that says it is an attachment.
  const inside = withBody(asPdf, base64(big)).toString('latin1');
  const found = await readDocuments(
    withBody(['Content-Type: message/rfc822', 'Content-Transfer-Encoding: base64'], base64(Buffer.from(inside))),
  );
  expect(found.some(({ bytes }) => bytes.length === 18)).toBe(false);
  const text = ['Content-Type: text/plain; name=a.txt', 'Content-Transfer-Encoding: base64'];
  const [letter] = await readDocuments(withBody(text, base64(Buffer.from('x'.repeat(50_000)))));
  expect(letter?.bytes.toString().trim().length).toBe(50_000);
});

test('two messages whose base64 is read in turns do not mix', () => {
  const both = [randomBytes(100_000), randomBytes(100_000)];
  const readers = both.map((bytes) => base64Lines([bytes.subarray(0, 100), bytes.subarray(100)]));
  const made: Buffer[][] = [[], []];
  for (let turn = 0; turn < 8; turn++)
    for (const [index, reader] of readers.entries()) {
      const step = reader.next();
      if (!step.done) made[index]?.push(step.value);
    }
  expect(made.map((pieces) => Buffer.from(whole(pieces).toString('latin1'), 'base64'))).toEqual(both);
});

test('base64 of every length has lines of 76, however it comes in', () => {
  const sizes = [0, 1, 2, 3, 56, 57, 58, 114, 115, 1_823, 1_824, 1_825, 7_295, 7_296, 7_297, 20_000];
  for (const size of [...sizes, 14_591, 14_592, 14_593, 43_776, 43_777]) {
    const bytes = randomBytes(size);
    const cut = Math.floor(size / 3);
    const made = whole(base64Lines([bytes.subarray(0, cut), bytes.subarray(cut)]));
    const lines = bytes.toString('base64').replace(/.{1,76}/g, '$&\r\n');
    expect(made.toString('latin1') === lines).toBe(true);
  }
});
