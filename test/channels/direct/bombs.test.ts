import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import {
  childOf,
  contentOf,
  integer,
  Malformed,
  octetString,
  oid,
  oidOf,
  rawOf,
  readValue,
  sequence,
  tags,
  tlv,
} from '../../../channels/direct/cms/der.ts';
import { oids } from '../../../channels/direct/cms/algorithms.ts';
import { readSigned, signDetached } from '../../../channels/direct/cms/signature.ts';
import { base64Lines } from '../../../channels/direct/mime/encode.ts';
import { contentInfo, sealEnvelope } from '../../../channels/direct/cms/envelope.ts';
import { mailboxes } from '../../../channels/direct/mime/address.ts';
import { readDocuments } from '../../../channels/direct/mime/documents.ts';
import { block } from '../../../channels/direct/mime/compose.ts';
import { authority, crlf, judge, letter, now, pdf, person, whole } from './support.ts';
import { seal } from '../../../channels/direct/seal.ts';
import { policyProblem } from '../../../channels/direct/trust/policies.ts';

const ca = authority();
const alice = person(ca, 'alice@a.example');
const bob = person(ca, 'bob@b.example');

describe('bombs', () => {
  const timed = async (work: () => unknown): Promise<number> => {
    const start = performance.now();
    await work();
    return performance.now() - start;
  };

  test.each([
    ['definite', Buffer.concat([Buffer.alloc(0), ...nested(100_000)])],
    ['indefinite', Buffer.concat([Buffer.from('3080'.repeat(100_000), 'hex'), Buffer.alloc(200_000)])],
    ['never closed', Buffer.from('3080'.repeat(40) + '0400'.repeat(100_000), 'hex')],
    ['too long', Buffer.from('3084ffffffff', 'hex')],
    [
      'many small values',
      Buffer.concat([Buffer.from('3083100000', 'hex'), Buffer.from('0500'.repeat(0x80000), 'hex')]),
    ],
  ])('ASN.1 nested 100,000 deep or lying about its length (%s) is refused within a second', async (_name, bytes) => {
    const spent = await timed(async () => {
      expect(() => readValue(bytes)).toThrow(Malformed);
      expect(await judge(enveloped(bytes), bob, [ca])).toMatchObject({ accepted: false, rule: 'malformed' });
    });
    expect(spent).toBeLessThan(1_000);
  });

  test('messages in messages 2,000 deep, 2,000 multiparts deep and 5,000 parts are refused within a second', async () => {
    const deep = Buffer.from(`${'Content-Type: message/rfc822\r\n\r\n'.repeat(2_000)}text`);
    const level = (_: unknown, i: number): string => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`;
    const towerOf = (height: number): Buffer => Buffer.from(Array.from({ length: height }, level).join(''));
    const tower = towerOf(2_000);
    expect(await timed(() => readDocuments(towerOf(100)))).toBeLessThan(1_000);
    const wide = Buffer.from(
      `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\nx\r\n'.repeat(5_000)}--b--\r\n`,
    );
    for (const bomb of [deep, tower, wide]) {
      expect(await timed(() => expect(readDocuments(bomb)).rejects.toThrow(Malformed))).toBeLessThan(1_000);
    }
  });

  test('megabytes that promise more, or look like something else, are refused within two seconds', async () => {
    const megabytes = (text: string): Buffer => Buffer.alloc(8 << 20, text);
    const outer = (encoding: string, body: Buffer): Buffer =>
      Buffer.concat([block(['Content-Type: application/pkcs7-mime', `Content-Transfer-Encoding: ${encoding}`]), body]);
    const to = [{ certificate: bob.cert, transport: 'oaep' as const }];
    const inner = (type: string, body: Buffer): Buffer =>
      enveloped(whole(sealEnvelope([block([`Content-Type: ${type}`]), body], to)));
    const bombs: Record<string, Buffer> = {
      'lines of one byte': outer('uuencode', megabytes('!a\n')),
      'lines without their bytes': outer('uuencode', megabytes('_\n')),
      'blanks before junk': inner('application/pkcs7-mime', Buffer.concat([megabytes(' '), Buffer.from('!')])),
      'what looks like boundaries': inner('multipart/signed; boundary=B', megabytes('\n--Bx')),
    };
    const rules = new Set<string>();
    for (const bomb of Object.values(bombs)) {
      expect(await timed(async () => rules.add((await judge(bomb, bob, [ca])).rule))).toBeLessThan(2_000);
    }
    expect([...rules]).toEqual(['malformed', 'undecryptable']);
  });

  test('sixteen signers of megabytes of bare line ends cost no more than one', async () => {
    const content = Buffer.concat([block(['Content-Type: text/plain']), Buffer.alloc(8 << 20, '\n')]);
    const digest = { name: 'sha256' as const, value: randomBytes(32) };
    const one = readValue(await signDetached(digest, alice.own, now));
    const signed = childOf(childOf(one, 1), 0);
    const signer = contentOf(childOf(signed, 4));
    const signers = tlv(tags.set, ...Array.from({ length: 16 }, () => signer));
    const many = contentInfo(oids.signedData, sequence(...signed.children.slice(0, 4).map(rawOf), signers));
    const read = (): string[] =>
      readSigned(readValue(many), { content, micalg: null }, []).signers.flatMap(({ problems }) =>
        problems.map(({ text }) => text),
      );
    expect(
      await timed(() => expect(new Set(read())).toEqual(new Set(['the content is not what was signed']))),
    ).toBeLessThan(1_000);
  });

  test('a report of megabytes, or of 2,000 parts, is malformed and no exception', async () => {
    const type = 'Content-Type: multipart/report; report-type=disposition-notification; boundary=r';
    const report = ['--r', 'Content-Type: message/disposition-notification', '', ''];
    const bombs = [
      crlf([type, '', ...report, 'a: b\r\n'.repeat(300_000), '--r--']),
      crlf([type, '', ...Array.from({ length: 2_000 }, () => '--r\r\n\r\nx'), '--r--']),
    ];
    for (const bomb of bombs) {
      const message = [crlf([`From: ${alice.address}`, `To: ${bob.address}`, '']), bomb];
      const people = { from: alice.address, to: [bob.address], identity: alice.own };
      const raw = whole(
        await seal({
          message,
          ...people,
          recipients: [{ certificate: bob.cert, transport: 'oaep' }],
          at: now,
        }),
      );
      expect(await judge(raw, bob, [ca], { mailFrom: '' })).toMatchObject({ accepted: false });
    }
  });

  test('an address list with 10,000 groups and comments is read in no time', async () => {
    const field = '('.repeat(50_000) + 'a:'.repeat(10_000) + '"'.repeat(9_999) + '<'.repeat(10_000);
    expect(await timed(() => mailboxes(field))).toBeLessThan(200);
    expect(mailboxes(field).every((address) => address === null)).toBe(true);
  });

  test('names that would be paths are shown without them', async () => {
    const names = ['../../etc/passwd', 'C:\\x.pdf', 'a\u202Efdp.exe', '..', 'x'.repeat(4_000)];
    const parts = names.map(
      (name) =>
        `--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename*=utf-8''${encodeURIComponent(name)}\r\n\r\nx\r\n`,
    );
    const found = await readDocuments(
      Buffer.from(`Content-Type: multipart/mixed; boundary=b\r\n\r\n${parts.join('')}--b--\r\n`),
    );
    expect(found.map(({ name }) => name)).toEqual(['passwd', 'x.pdf', 'afdp.exe', 'document-4.pdf', 'x'.repeat(120)]);
  });
});

function nested(depth: number): Buffer[] {
  const heads: Buffer[] = [];
  let length = 0;
  for (let i = 0; i < depth; i++) {
    const bytes =
      length < 0x80
        ? Buffer.from([0x30, length])
        : Buffer.from([0x30, 0x83, length >> 16, (length >> 8) & 255, length & 255]);
    heads.unshift(bytes);
    length += bytes.length;
  }
  return heads;
}

const enveloped = (cms: Buffer): Buffer =>
  whole([block(['Content-Type: application/pkcs7-mime', 'Content-Transfer-Encoding: base64']), ...base64Lines([cms])]);

test('whatever byte is changed, cut or doubled, the answer is a verdict and never an exception', async () => {
  const inner = letter(alice.address, bob.address);
  const identity = alice.own;
  const recipients = [{ certificate: bob.cert, transport: 'oaep' as const }];
  const raw = whole(
    await seal({ message: [inner], from: alice.address, to: [bob.address], identity, recipients, at: now }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.nat(),
      fc.nat({ max: 255 }),
      fc.constantFrom('set', 'cut', 'insert'),
      async (where, byte, what) => {
        const at = where % raw.length;
        const middle = what === 'insert' ? [byte, raw[at] ?? 0] : what === 'set' ? [byte] : [];
        const changed = Buffer.concat([raw.subarray(0, at), Buffer.from(middle), raw.subarray(at + 1)]);
        const verdict = await judge(changed, bob, [ca]);
        expect(verdict.accepted ? verdict.documents[0]?.bytes.equals(pdf) : verdict.reasons.length > 0).toBe(true);
      },
    ),
    { numRuns: 400 },
  );
});

test('policies that map each to all, level below level, are followed in time that grows with the path', () => {
  const names = Array.from({ length: 150 }, (_, index) => `1.3.9.${index}`);
  const mappings = names.flatMap((issuers) => names.map((subjects): [string, string] => [issuers, subjects]));
  const silent = { mappings: [], requireExplicit: null, inhibitMapping: null, inhibitAny: null };
  const authority = { policies: names, policyRules: { ...silent, mappings }, selfIssued: false };
  const path = [...Array.from({ length: 7 }, () => authority), { ...authority, policyRules: silent }];
  const start = performance.now();
  expect(policyProblem(path, { policyRules: silent }, ['1.3.9.0'])).toBeNull();
  expect(policyProblem(path, { policyRules: silent }, ['1.3.8'])).toMatch(/none of the policies/);
  expect(performance.now() - start).toBeLessThan(1_000);
});

test('whatever is in a signed message, the answer is a verdict and never an exception', async () => {
  const recipients = [{ certificate: bob.cert, transport: 'oaep' as const }];
  const piece = fc.constantFrom(
    'From: alice@a.example',
    'To: bob@b.example',
    'Content-Type: multipart/mixed; boundary=b',
    '--b',
    '--b--',
    '',
    '',
    'Content-Type: message/rfc822',
    'Content-Type: multipart/report; report-type=x; boundary="b"',
    'Content-Transfer-Encoding: base64',
    'Content-Type: message/disposition-notification',
    'Disposition: ;;;/',
    'Original-Message-ID: <',
    '=?utf-8?q?=ZZ?=',
    '\u0000\u00ff',
    ': x',
    'Content-Type: text/html; charset=nonsense',
    'Content-Disposition: attachment; filename*0*=x',
    'Content-Transfer-Encoding: quoted-printable',
    '=',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 24 }), async (lines) => {
      const message = crlf(lines);
      const raw = whole(
        await seal({
          message: [message],
          from: alice.address,
          to: [bob.address],
          identity: alice.own,
          recipients,
          at: now,
        }),
      );
      expect(typeof (await judge(raw, bob, [ca])).accepted).toBe('boolean');
    }),
    { numRuns: 400 },
  );
});

test('what we write in DER, we read back', () => {
  const value = readValue(sequence(oid('1.2.840.113549.1.9.16.1.23'), octetString(randomBytes(70_000)), integer(3)));
  expect(oidOf(childOf(value, 0))).toBe('1.2.840.113549.1.9.16.1.23');
  expect(contentOf(childOf(value, 1)).length).toBe(70_000);
  expect(rawOf(childOf(value, 2)).toString('hex')).toBe('020103');
});
