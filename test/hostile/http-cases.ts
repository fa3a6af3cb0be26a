import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { until } from '../harness.ts';
import { bytesOf } from '../documents/tools.ts';
import type { Case } from './cases.ts';
import { cutPdf, cutTiff, entityBomb, externalEntity, goodPdf, latePdf, plainDoctype, webPage } from './files.ts';
import type { HostileTown } from './town.ts';

const endpoints = (town: HostileTown) => [{ channel: 'direct', address: town.partner.address('ok') }];

/** Status, code and every field at fault. */
export async function words(response: Response): Promise<string> {
  const body = (await response.json()) as { code?: string; detail?: string; fields?: Record<string, string> };
  const fields = Object.entries(body.fields ?? {}).map(([name, problem]) => `${name}: ${problem}`);
  return [response.status, body.code ?? 'ok', body.detail ?? '', ...fields].join(' ');
}

/** Submit a referral, with its JSON as text so that it can be anything. */
export async function submit(
  town: HostileTown,
  referral: string,
  file: { name: string; type: string; bytes: Uint8Array } = {
    name: 'a.pdf',
    type: 'application/pdf',
    bytes: goodPdf(),
  },
): Promise<string> {
  const form = new FormData();
  form.set('referral', referral);
  form.append('document', new File([new Uint8Array(file.bytes)], file.name, { type: file.type }));
  return words(await town.ask('/referrals', { method: 'POST', body: form }));
}

const upload = (name: string, file: { name: string; type: string; bytes: () => Uint8Array }, answer: RegExp): Case => ({
  name,
  act: async (town) => ({
    answer: await submit(town, JSON.stringify({ recipient: { endpoints: endpoints(town) } }), {
      ...file,
      bytes: file.bytes(),
    }),
  }),
  answer,
});

const pdf = (bytes: () => Uint8Array) => ({ name: 'a.pdf', type: 'application/pdf', bytes });
const xml = (bytes: () => Uint8Array) => ({ name: 'a.xml', type: 'text/xml', bytes });

const uploads: readonly Case[] = [
  upload(
    '37: a PDF of 0 bytes',
    pdf(() => new Uint8Array()),
    /^400 invalid .*document\[0\]: the file is empty/,
  ),
  upload('37: a PDF cut in the middle', pdf(cutPdf), /^400 invalid .*document\[0\]: the PDF is cut off/),
  upload(
    '37: a TIFF cut in the middle',
    { name: 'a.tif', type: 'image/tiff', bytes: cutTiff },
    /^400 invalid .*document\[0\]: the TIFF is cut off/,
  ),
  upload('37: HTML named .pdf', pdf(webPage), /^400 invalid .*document\[0\]: .*web page/),
  upload('37: %PDF at byte 900', pdf(latePdf), /^400 invalid .*document\[0\]: .*not a clean PDF/),
  upload('52: a C-CDA with a DOCTYPE', xml(plainDoctype), /^400 invalid .*document\[0\]: .*DOCTYPE/),
  upload(
    '52: a C-CDA with an external entity',
    xml(() => externalEntity('file:///etc/passwd')),
    /^400 .*DOCTYPE/,
  ),
  upload('53: a C-CDA with an entity bomb', xml(entityBomb), /^400 .*DOCTYPE/),
];

const json = (name: string, text: (town: HostileTown) => string, answer: RegExp): Case => ({
  name,
  act: async (town) => ({ answer: await submit(town, text(town)) }),
  answer,
});

export const sound = (town: HostileTown, more: object): string =>
  JSON.stringify({ recipient: { endpoints: endpoints(town) }, ...more });
const address = (text: string): string =>
  JSON.stringify({ recipient: { endpoints: [{ channel: 'direct', address: text }] } });
const faxTo = (number: string): string =>
  JSON.stringify({ recipient: { endpoints: [{ channel: 'efax', address: number }] } });
const unreachable = /^400 invalid it cannot go there; nothing was sent referral\.recipient\.endpoints\.0\.address: /;

const requests: readonly Case[] = [
  {
    name: '71: faxes to emergency, information and premium numbers',
    async act(town) {
      const numbers = ['911', '+1911', '+12129111234', '+19005550123'];
      const answers = await Promise.all(numbers.map((number) => submit(town, faxTo(number))));
      const calls = readFileSync(town.ledgers.fax, 'utf8');
      const called = numbers.filter((number) => calls.includes(number));
      return {
        answer: `${answers.filter((answer) => unreachable.test(answer)).length} refused, called: ${called.join()}`,
      };
    },
    answer: /^4 refused, called: $/,
  },
  json(
    '58: JSON with __proto__',
    (town) => sound(town, {}).replace('{', '{"__proto__":{"role":"admin"},'),
    /^400 invalid .*name is not allowed/,
  ),
  json(
    '58: JSON with constructor.prototype',
    (town) => sound(town, { constructor: { prototype: {} } }),
    /^400 invalid .*name is not allowed/,
  ),
  json(
    '58: JSON nested 100,000 deep',
    () => `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
    /^400 invalid nested too deeply/,
  ),
  json(
    '58: JSON with a name given twice',
    (town) => sound(town, {}).replace('{', '{"urgency":"stat","urgency":"routine",'),
    /^400 invalid .*given twice/,
  ),
  json(
    '58: JSON with 1e400',
    (town) => sound(town, {}).replace('{', '{"n":1e400,'),
    /^400 invalid a number is out of range/,
  ),
  json(
    '58: JSON with a lone surrogate',
    (town) => sound(town, {}).replace('{', '{"neededBy":"\\ud800",'),
    /^400 invalid .*not Unicode/,
  ),
  json(
    '70: CR LF in an endpoint address',
    () => address('ok@far.example\r\nRCPT TO:<x@evil.example>'),
    /^400 invalid .*endpoints\.0\.address: control/,
  ),
  json(
    '70: CR LF in a patient’s name',
    (town) => sound(town, { patient: { name: { family: 'A\r\nBcc: x@evil.example' } } }),
    /^400 invalid .*patient\.name\.family: control/,
  ),
  json(
    '70: CR LF in a requester’s name',
    (town) => sound(town, { requester: { name: 'Dr. B\r\nX-Evil: 1' } }),
    /^400 invalid .*requester\.name: control/,
  ),
  json(
    '70: CR LF in a requester’s Direct address',
    (town) => sound(town, { requester: { name: 'B', direct: 'b@x.example\nBcc: y' } }),
    /^400 invalid .*requester\.direct: control/,
  ),
  ...['\\"', '"\\"', '[', '{"a":', '1e9', '"a" '].map((piece): Case => ({
    name: `58: a megabyte of ${piece} by somebody we know, and by nobody we know`,
    async act(town) {
      const start = performance.now();
      const body = piece.repeat(1_000_000 / piece.length);
      const headers = { 'content-type': 'application/json' };
      const known = await town.ask('/numbers', { method: 'POST', headers, body });
      const unknown = await fetch(`${town.url}/api/v1/session`, { method: 'POST', headers, body });
      const prompt = performance.now() - start < 1500 ? 'at once' : 'late';
      return { answer: [await words(known), await words(unknown), prompt].join(' ') };
    },
    answer: /^400 invalid .* 413 .*at once$/,
  })),
  ...['%', "'; drop table deliveries; --", '(a+)+$', '🩺', '\u202egnp.exe', '\0', 'a'.repeat(10_240)].map(
    (q): Case => ({
      name: `78: ${JSON.stringify(q.slice(0, 20))} in the search box`,
      async act(town) {
        const start = performance.now();
        const response = await town.ask(`/deliveries?q=${encodeURIComponent(q)}`);
        const prompt = performance.now() - start < 1000 ? 'at once' : 'late';
        return { answer: `${await words(response)} ${prompt}` };
      },
      answer: q.length > 200 ? /^400 invalid .*at once$/ : /^200 ok.*at once$/,
    }),
  ),
];

// Node reads no multipart whose boundary has less than 27 characters.
const boundary = 'b'.repeat(30);

/** A document that goes all the way under a bad name; what it is called on the far side. */
const named = (name: string, raw: string, answer: RegExp): Case => ({
  name,
  async act(town) {
    const text = `Under a strange name: ${name}`;
    const part = `content-disposition: form-data; name="document"; filename="${raw}"\r\ncontent-type: text/plain\r\n\r\n`;
    const referral = sound(town, {});
    const body = `--${boundary}\r\ncontent-disposition: form-data; name="referral"\r\n\r\n${referral}\r\n--${boundary}\r\n${part}${text}\r\n--${boundary}--\r\n`;
    const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };
    const response = await town.ask('/referrals', { method: 'POST', headers, body });
    if (response.status !== 202) return { answer: await words(response) };
    const arrived = await until('it arrives', () =>
      town.partner.arrivals.find(({ documents }) =>
        documents.some(({ bytes }) => Buffer.from(bytes).equals(bytesOf(text))),
      ),
    );
    const there = arrived.documents.find(({ bytes }) => Buffer.from(bytes).equals(bytesOf(text)));
    return { answer: `202 ${there?.name ?? ''}` };
  },
  answer,
});

const names: readonly Case[] = [
  named('70: CR LF in a file name', 'a.pdf\r\nBcc: x@evil.example', /^(400 invalid .*|202 [^\r\n]*)$/),
  named('70: encoded CR LF in a file name', 'a.pdf%0D%0ABcc: x@evil.example', /^202 a\.pdf[^\r\n]*$/),
  named('15: a file name that climbs out', '../../etc/passwd', /^202 passwd$/),
  named('15: a file name that reads backwards', 'invoice\u202efdp.exe', /^202 invoicefdp\.exe$/),
];

/** Raw bytes to the HTTP port; the status line, or "closed". */
async function raw(town: HostileTown, bytes: string): Promise<string> {
  const socket = connect(Number(new URL(town.url).port), '127.0.0.1');
  let text = '';
  let over = false;
  socket.on('data', (piece: Buffer) => (text += piece.toString('latin1')));
  socket.on('error', () => (over = true));
  socket.on('close', () => (over = true));
  socket.write(bytes);
  await until('an answer', () => over || text.includes('\r\n'));
  socket.destroy();
  return text.split('\r\n')[0] ?? 'closed';
}

const wire: readonly Case[] = [
  {
    name: '68: a header of 16 kB',
    act: async (town) => ({
      answer: await raw(town, `GET /healthz HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(17_000)}\r\n\r\n`),
    }),
    answer: /^HTTP\/1\.1 431 /,
  },
  {
    name: '68: 10,000 headers',
    act: async (town) => ({
      answer: await raw(
        town,
        `GET /healthz HTTP/1.1\r\nhost: x\r\n${Array.from({ length: 10_000 }, (_, i) => `h${i}: 1\r\n`).join('')}\r\n`,
      ),
    }),
    answer: /^HTTP\/1\.1 431 /,
  },
  {
    name: '68: Content-Length and Transfer-Encoding at once',
    act: async (town) => ({
      answer: await raw(
        town,
        'POST /webhooks/efax/main HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n',
      ),
    }),
    answer: /^HTTP\/1\.1 400 /,
  },
  {
    name: '79: the same Idempotency-Key twenty times at once',
    async act(town) {
      const key = randomBytes(8).toString('hex');
      const ask = (): Promise<Response> => {
        const form = new FormData();
        form.set('referral', sound(town, {}));
        form.append('document', new File(['The same'], 'a.txt', { type: 'text/plain' }));
        return town.ask('/referrals', { method: 'POST', body: form, headers: { 'idempotency-key': key } });
      };
      const answers = await Promise.all(Array.from({ length: 20 }, ask));
      const statuses = new Set(answers.map(({ status }) => status));
      const referrals = new Set(
        await Promise.all(answers.map(async (each) => ((await each.json()) as { referral: string }).referral)),
      );
      return { answer: `${[...statuses].join()} referrals: ${referrals.size}` };
    },
    answer: /^202 referrals: 1$/,
  },
  {
    name: '72: guessing portal links',
    async act(town) {
      const seen: string[] = [];
      for (let guess = 0; guess < 40; guess++) {
        const reply = await fetch(`${town.url}/portal/${randomBytes(32).toString('base64url')}`);
        const page = (await reply.text()).replace(/nonce="[^"]*"/g, '');
        seen.push(`${reply.status} ${createHash('sha256').update(page).digest('hex')}`);
      }
      const first = seen.findIndex((each) => each.startsWith('429'));
      return { answer: `${new Set(seen.slice(0, first)).size} kind of ${seen[0]?.slice(0, 3)}, 429 after ${first}` };
    },
    answer: /^1 kind of 404, 429 after 20$/,
  },
];

export const httpCases: readonly Case[] = [...uploads, ...requests, ...names, ...wire];
