import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { oaep, strangersMessage, type Strange } from './strangers.ts';
import { authority, day, domainPerson, judge, letter, now, pdf, person, scratch } from './support.ts';

const ca = authority();
const other = authority('Other CA');
const alice = person(ca, 'alice@a.example');
const bob = person(ca, 'bob@b.example');
const inner = letter(alice.address, bob.address);

let folder: Awaited<ReturnType<typeof scratch>>;
beforeAll(async () => {
  folder = await scratch();
});
afterAll(() => folder.remove());

const made = (how: Partial<Strange> = {}, content = inner): Promise<Buffer> =>
  strangersMessage(folder.path, content, { signers: [alice], to: bob, ...how });

describe('a message made by openssl', () => {
  const ways: readonly (readonly [string, Partial<Strange>])[] = [
    ['RSA PKCS#1 v1.5 and AES-256', {}],
    ['RSA-OAEP with SHA-1', { transport: oaep('sha1') }],
    ['RSA-OAEP with SHA-256', { transport: oaep('sha256') }],
    ['RSA-OAEP with SHA-384', { transport: oaep('sha384') }],
    ['RSA-OAEP with SHA-512', { transport: oaep('sha512') }],
    ['RSA-OAEP with SHA-256 and a mask by SHA-1', { transport: [...oaep('sha256'), '-keyopt', 'rsa_mgf1_md:sha1'] }],
    ['AES-128', { cipher: '-aes-128-cbc' }],
    ['AES-192', { cipher: '-aes-192-cbc' }],
    ['AES-256-GCM', { cipher: '-aes-256-gcm' }],
    ['SHA-384', { digest: 'sha384' }],
    ['SHA-512', { digest: 'sha512' }],
    ['an opaque signature', { opaque: true }],
  ];
  test.each(ways)('with %s is accepted and its document comes out byte for byte', async (_name, how) => {
    const verdict = await judge(await made(how), bob, [ca], { mailFrom: alice.address, rcpts: [bob.address] });
    expect(verdict.reasons).toEqual([]);
    expect(verdict.accepted).toBe(true);
    expect(verdict.author).toEqual([alice.address]);
    expect(verdict.documents.map(({ name }) => name)).toEqual(['a.pdf', 'message.txt']);
    expect(verdict.documents[0]?.bytes.equals(pdf)).toBe(true);
  });

  test('that is not wrapped is accepted as well', async () => {
    const plain = Buffer.from(inner.toString('latin1').replace(/^[^]*?(?=Content-Type: multipart)/, ''), 'latin1');
    const verdict = await judge(await made({ wrapped: false }, plain), bob, [ca]);
    expect(verdict.accepted).toBe(true);
    expect(verdict.documents[0]?.bytes.equals(pdf)).toBe(true);
  });

  test('with a domain-bound signer is accepted for any address of exactly that domain', async () => {
    const domain = domainPerson(ca, 'a.example');
    expect((await judge(await made({ signers: [domain] }), bob, [ca])).accepted).toBe(true);
    const sub = letter('alice@sub.a.example', bob.address);
    const verdict = await judge(await made({ signers: [domain] }, sub), bob, [ca]);
    expect(verdict).toMatchObject({ accepted: false, rule: 'sender-mismatch' });
  });
});

describe('what is refused, and why', () => {
  const refusal = async (raw: Buffer, more: Parameters<typeof judge>[3] = {}): Promise<object> => {
    const { accepted, rule, reasons, documents, message } = await judge(raw, bob, [ca], more);
    expect({ accepted, documents, message }).toEqual({ accepted: false, documents: [], message: null });
    return { rule, reasons: reasons.join('; ') };
  };

  test('a byte changed in what was signed', async () => {
    const alter = (signed: Buffer): Buffer =>
      Buffer.from(signed.toString('latin1').replace('synthetic patient', 'synthetic pAtient'), 'latin1');
    expect(await refusal(await made({ alter }))).toMatchObject({
      rule: 'bad-signature',
      reasons: expect.stringContaining('not what was signed'),
    });
  });

  test('a byte changed in the ciphertext, a wrong key and a message for somebody else all look the same', async () => {
    const raw = (await made()).toString('latin1');
    const end = raw.lastIndexOf('=') > 0 ? raw.trimEnd().length - 40 : raw.length - 40;
    const changed = raw.slice(0, end) + (raw[end] === 'A' ? 'B' : 'A') + raw.slice(end + 1);
    const results = [
      await refusal(Buffer.from(changed, 'latin1')),
      await refusal(await made({ to: person(ca, 'carol@b.example') })),
      await refusal(await made({ to: { ...bob, certificate: alice.certificate } })),
    ];
    for (const result of results) {
      expect(result).toEqual({ rule: 'undecryptable', reasons: 'the message cannot be decrypted with our keys' });
    }
  });

  test('an unencrypted message, and one that is only signed', async () => {
    expect(await refusal(inner)).toMatchObject({ rule: 'not-encrypted' });
  });

  test('an encrypted message without a signature', async () => {
    expect(await refusal(await made({ alter: () => inner }))).toMatchObject({ rule: 'not-signed' });
  });

  test.each([
    ['an authority that we do not trust', person(other, alice.address), 'untrusted', 'no path'],
    [
      'an expired certificate',
      person(ca, alice.address, { notAfter: now - day, notBefore: now - 2 * day }),
      'untrusted',
      'expired',
    ],
    ['a certificate of tomorrow', person(ca, alice.address, { notBefore: now + day }), 'untrusted', 'not valid before'],
    ['a short key', person(ca, alice.address, { key: 1024 }), 'untrusted', '1024 bits'],
    ['another person', person(ca, 'mallory@a.example'), 'sender-mismatch', 'does not speak for the sender'],
    ['a wildcard domain', person(ca, alice.address, { domain: '*.example' }), 'sender-mismatch', 'does not speak'],
    ['a certificate for encryption only', person(ca, alice.address, { usage: 'encrypt' }), 'untrusted', 'may not sign'],
  ])('a signature by %s', async (_name, signer, rule, words) => {
    expect(await refusal(await made({ signers: [signer] }))).toMatchObject({
      rule,
      reasons: expect.stringContaining(words),
    });
  });

  test('a leaf that plays authority', async () => {
    const mallory = person({ ...alice, now }, 'mallory@a.example');
    const raw = await made(
      { signers: [{ ...mallory, identity: mallory.identity + alice.certificate }] },
      letter(mallory.address, bob.address),
    );
    expect(await refusal(raw)).toMatchObject({ rule: 'untrusted' });
  });

  test.each([
    ['SHA-1', { digest: 'sha1' }, 'signed with sha1'],
    ['MD5', { digest: 'md5' }, 'signed with md5'],
    ['3DES', { cipher: '-des3' }, 'encrypted with des-ede3-cbc'],
  ])('the weak algorithm %s', async (_name, how, words) => {
    expect(await refusal(await made(how))).toMatchObject({
      rule: 'weak-algorithm',
      reasons: expect.stringContaining(words),
    });
  });

  test('an envelope that says something else than the signed header', async () => {
    const raw = await made();
    expect(await refusal(raw, { mailFrom: 'mallory@a.example' })).toMatchObject({ rule: 'routing' });
    expect(await refusal(raw, { rcpts: [bob.address, 'carol@b.example'] })).toMatchObject({ rule: 'routing' });
  });

  test.each([
    ['twice From', 'From: alice@a.example\r\nFrom: alice@a.example'],
    ['two addresses in From', 'From: alice@a.example, eve@a.example'],
    ['a quoted local part', 'From: "alice@a.example x"@evil.example'],
    ['a comment that looks like an address', 'From: eve@evil.example (alice@a.example)'],
    ['a display name that looks like an address', 'From: "alice@a.example" <eve@evil.example>'],
  ])('a From with %s', async (_name, from) => {
    const text = inner.toString('latin1').replace(/^From: .*$/m, from);
    expect(await refusal(await made({}, Buffer.from(text, 'latin1')))).toMatchObject({ rule: 'sender-mismatch' });
  });
});

test('one trusted signer is enough, first or last, beside strangers and expired ones', async () => {
  const stranger = person(other, 'alice@a.example');
  const expired = person(ca, 'alice@a.example', { notAfter: now - day, notBefore: now - 2 * day });
  for (const signers of [
    [alice, stranger],
    [stranger, alice],
    [expired, stranger, alice],
  ]) {
    const verdict = await judge(await made({ signers }), bob, [ca]);
    expect(verdict.accepted).toBe(true);
    expect(verdict.signer?.x509.fingerprint256).toBe(alice.cert.x509.fingerprint256);
  }
});

test('a trusted signer does not lend his name to another one who is bound to the sender', async () => {
  const mallory = person(ca, 'mallory@a.example');
  const forged = person(other, 'alice@a.example');
  expect((await judge(await made({ signers: [mallory, forged] }), bob, [ca])).accepted).toBe(false);
});
