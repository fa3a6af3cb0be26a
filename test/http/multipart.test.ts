import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { multipart } from '../../src/http/multipart.ts';

const type = 'multipart/form-data; boundary=b';

test('what a browser writes is read back, byte for byte, names included', async () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => !/[\\%]/.test(text));
  const file = fc.record({ name, bytes: fc.uint8Array({ maxLength: 300 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(file, { maxLength: 5 }), fc.string(), async (files, text) => {
      const form = new FormData();
      form.set('referral', text);
      for (const each of files) form.append('document', new File([each.bytes], each.name, { type: 'application/pdf' }));
      const sent = new Response(form);
      const header = sent.headers.get('content-type') ?? '';
      const body = new Uint8Array(await sent.arrayBuffer());
      const [first, ...rest] = multipart(header, body);
      expect(Buffer.from(first?.bytes ?? []).toString()).toBe(text);
      expect(rest.map(({ bytes }) => [...bytes])).toEqual(files.map(({ bytes }) => [...bytes]));
      expect(rest.map(({ fileName }) => fileName)).toEqual(files.map((each) => each.name.replace(/[\r\n]/g, '')));
    }),
    { numRuns: 60 },
  );
});

const part = (headers: string, content = 'x'): string => `--b\r\n${headers}\r\n\r\n${content}\r\n`;
const field = 'Content-Disposition: form-data; name="referral"';

test('quoted boundaries, bare names and escaped quotes are understood', () => {
  const body = Buffer.from(
    `${part('content-disposition: form-data; name=document; filename="a\\"b.pdf"\r\nContent-Type: Application/PDF; x=1')}--b--\r\n`,
  );
  expect(multipart('Multipart/Form-Data; charset=x; boundary="b"', body)).toMatchObject([
    { name: 'document', fileName: 'a"b.pdf', mediaType: 'application/pdf' },
  ]);
});

test.each([
  ['nothing', ''],
  ['another boundary', '--c\r\n\r\n\r\n--c--'],
  ['no end', part(field)],
  ['a cut in the content', part(field).slice(0, -4)],
  ['a cut in the headers', '--b\r\nContent-Dispo'],
  ['a nameless part', `${part('Content-Disposition: form-data')}--b--`],
  ['no disposition', `${part('Content-Type: text/plain')}--b--`],
  ['swollen headers', `${part(`${field}\r\nX: ${'x'.repeat(5000)}`)}--b--`],
  ['too many parts', `${part(field).repeat(2000)}--b--`],
])('a body with %s is refused', (_, body) => {
  expect(() => multipart(type, Buffer.from(body))).toThrow(/broken or cut off/);
});

test.each(['', 'text/plain', 'multipart/form-data', 'multipart/mixed; boundary=b'])(
  'the type %p is refused',
  (wrong) => {
    expect(() => multipart(wrong, Buffer.from(`${part(field)}--b--`))).toThrow(/must be multipart/);
  },
);

test('a line separator inside a file name ends no header', () => {
  const body = Buffer.from(
    `${part('content-disposition: form-data; name="document"; filename="a\u2028b.pdf"')}--b--\r\n`,
  );
  expect(multipart(type, body)).toMatchObject([{ name: 'document', fileName: 'a\u2028b.pdf' }]);
});
