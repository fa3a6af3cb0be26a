import { spawn } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { canonical } from '../../../channels/direct/mime/canonical.ts';
import { seal } from '../../../channels/direct/seal.ts';
import { composeLetter, type Letter } from '../../../channels/direct/mime/compose.ts';
import { allOf, firstOf, partsOf, readEntity } from '../../../channels/direct/mime/entity.ts';
import { openssl } from './strangers.ts';
import { authority, judge, now, pdf, person, scratch, whole } from './support.ts';

const ca = authority();
const alice = person(ca, 'alice@a.example');
const bob = person(ca, 'bob@b.example');

let folder: Awaited<ReturnType<typeof scratch>>;
beforeAll(async () => {
  folder = await scratch();
});
afterAll(() => folder.remove());

const plain: Letter = {
  from: alice.address,
  to: [bob.address],
  subject: 'Überweisung',
  messageId: 'att_1@a.example',
  at: now,
  fields: [],
  text: 'Grüße\r\n',
  documents: [{ name: 'a.pdf', mediaType: 'application/pdf', bytes: pdf }],
};

const sealed = async (message: Buffer, transport: 'oaep' | 'v15' = 'oaep'): Promise<Buffer> =>
  whole(
    await seal({
      message: [message],
      from: alice.address,
      to: [bob.address],
      identity: alice.own,
      recipients: [{ certificate: bob.cert, transport }],
      at: now,
    }),
  );

describe('what we seal', () => {
  test.each(['oaep', 'v15'] as const)('opens and verifies with openssl, byte for byte (%s)', async (transport) => {
    const message = Buffer.concat(composeLetter(plain));
    const raw = await folder.file('raw.eml', await sealed(message, transport));
    const key = await folder.file('bob.pem', bob.identity);
    const trusted = await folder.file('ca.pem', ca.certificate);
    const inner = await openssl(['cms', '-decrypt', '-in', raw, '-inkey', key]);
    const verified = await openssl(['cms', '-verify', '-CAfile', trusted, '-attime', String(now / 1_000)], inner);
    const wrapped = readEntity(verified);
    expect(firstOf(wrapped, 'content-type')).toBe('message/rfc822');
    expect(wrapped.body.equals(message)).toBe(true);
  });

  test('opens and verifies with gpgsm, byte for byte', async () => {
    const message = Buffer.concat(composeLetter(plain));
    const raw = await sealed(message, 'v15');
    const home = join(folder.path, 'gnupg');
    await mkdir(home, { mode: 0o700 });
    const gpgsm = (...args: string[]): Promise<string> =>
      child('gpgsm', ['--homedir', home, '--batch', '--yes', '--disable-crl-checks', ...clock, ...args]);
    const clock = ['--faked-system-time', '20261120T120000', '--pinentry-mode', 'loopback', '--passphrase-fd', '0'];
    // All that gpgsm 2.2 reads.
    const weak = ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1'];
    const bag = join(folder.path, 'bob.p12');
    const key = await folder.file('bob.pem', bob.identity);
    await folder.file('gnupg/trustlist.txt', `${(await fingerprint(ca.certificate)).trim()} S relax\n`);
    await folder.file('gnupg/gpg-agent.conf', 'allow-loopback-pinentry\n');
    await gpgsm('--import', await folder.file('ca.pem', ca.certificate));
    // GnuPG 2.2's reader takes some of these bags for wrongly decrypted, by their salt: another one is another try.
    const imported = async (tries: number): Promise<unknown> => {
      await openssl(['pkcs12', '-export', '-in', key, '-out', bag, '-passout', 'pass:', ...weak]);
      return gpgsm('--import', bag).catch((cause: unknown) => {
        if (tries === 1) throw cause;
        return imported(tries - 1);
      });
    };
    await imported(3);
    const body = await folder.file('body.b64', readEntity(raw).body);
    const out = join(folder.path, 'inner.eml');
    await gpgsm(
      '--pinentry-mode',
      'loopback',
      '--passphrase-fd',
      '0',
      '--assume-base64',
      '--output',
      out,
      '--decrypt',
      body,
    );
    const inner = readEntity(await readFile(out));
    const [content, signature] = partsOf(inner);
    if (!content || !signature) throw new Error('not signed');
    const signed = await folder.file('content.bin', content);
    const detached = await folder.file('signature.b64', readEntity(signature).body);
    const words = await gpgsm('--assume-base64', '--verify', detached, signed);
    expect(words).toMatch(/Good signature/);
    expect(readEntity(content).body.equals(message)).toBe(true);
    await child('gpgconf', ['--homedir', home, '--kill', 'gpg-agent']);
  });

  test('shows nothing outside but who, to whom and when', async () => {
    const outer = readEntity(await sealed(Buffer.concat(composeLetter(plain))));
    expect(outer.fields.map(({ name }) => name)).toEqual([
      'mime-version',
      'from',
      'to',
      'message-id',
      'date',
      'content-type',
      'content-transfer-encoding',
      'content-disposition',
    ]);
    expect(firstOf(outer, 'message-id')).not.toContain('att_1');
  });

  test('is 7-bit, in CRLF lines that no server cuts', async () => {
    const raw = (await sealed(canonical(Buffer.from('From: a\n\nbare\nlines\r\rx\n')))).toString('latin1');
    expect(raw).not.toMatch(/[^\r]\n|\r(?!\n)/);
    expect(raw.split('\r\n').every((line) => line.length <= 78)).toBe(true);
  });

  test('line ends are the same wherever in a long text they stand', () => {
    const rest = 'x'.repeat(30_000);
    for (const [text, right] of [
      ['\r\n', '\r\n'],
      ['\n', '\r\n'],
      ['\r', '\r\n'],
      ['\r\r\n', '\r\n\r\n'],
      ['\n\r\n', '\r\n\r\n'],
    ] as const) {
      for (let at = 16_380; at < 16_388; at++) {
        const before = 'x'.repeat(at);
        for (const after of ['', rest])
          expect(canonical(Buffer.from(before + text + after)).toString()).toBe(before + right + after);
      }
    }
  });

  test('goes to several recipients, and each can open it', async () => {
    const carol = person(ca, 'carol@b.example');
    const raw = whole(
      await seal({
        message: composeLetter({ ...plain, to: [bob.address, carol.address] }),
        from: alice.address,
        to: [bob.address, carol.address],
        identity: alice.own,
        recipients: [
          { certificate: bob.cert, transport: 'oaep' },
          { certificate: carol.cert, transport: 'v15' },
        ],
        at: now,
      }),
    );
    for (const who of [bob, carol]) expect((await judge(raw, who, [ca])).accepted).toBe(true);
  });

  test('by an elliptic curve key is good to us and to openssl', async () => {
    const ec = person(ca, alice.address, { key: 'P-256' });
    const raw = whole(
      await seal({
        message: composeLetter(plain),
        from: alice.address,
        to: [bob.address],
        identity: ec.own,
        recipients: [{ certificate: bob.cert, transport: 'oaep' }],
        at: now,
      }),
    );
    expect((await judge(raw, bob, [ca])).reasons).toEqual([]);
    const inner = await openssl(['cms', '-decrypt', '-inkey', await folder.file('b.pem', bob.identity)], raw);
    const trusted = await folder.file('ca.pem', ca.certificate);
    await openssl(['cms', '-verify', '-CAfile', trusted, '-attime', String(now / 1_000)], inner);
  });
});

test.each([
  ['a subject', { subject: 'x\r\nBcc: eve@evil.example\r\n\r\nbody' }],
  [
    'a file name',
    { documents: [{ name: 'a"\r\nBcc: eve@evil.example\r\n\r\n.pdf', mediaType: 'application/pdf', bytes: pdf }] },
  ],
  ['a media type', { documents: [{ name: 'a.pdf', mediaType: 'text/plain\r\nBcc: eve@evil.example', bytes: pdf }] }],
  ['a field', { fields: [['X-A', 'x\nBcc: eve@evil.example']] as const }],
])('%s cannot break out of its header', async (_name, change) => {
  const message = Buffer.concat(composeLetter({ ...plain, ...change }));
  expect(allOf(readEntity(message), 'bcc')).toEqual([]);
  expect(message.toString('latin1')).not.toMatch(/^Bcc:/im);
  const verdict = await judge(await sealed(message), bob, [ca]);
  expect(verdict.accepted).toBe(true);
  expect(verdict.documents[0]?.bytes.equals(pdf)).toBe(true);
});

async function fingerprint(pem: string): Promise<string> {
  const text = (await openssl(['x509', '-noout', '-fingerprint', '-sha1'], Buffer.from(pem))).toString();
  return text.split('=')[1] ?? '';
}

/** Run to the end with nothing to read; what it said. */
function child(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const running = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let words = '';
    running.stdout.on('data', (piece: Buffer) => (words += piece.toString()));
    running.stderr.on('data', (piece: Buffer) => (words += piece.toString()));
    running.on('error', reject);
    running.on('close', (code) => {
      if (code === 0) resolve(words);
      else reject(new Error(words));
    });
  });
}
