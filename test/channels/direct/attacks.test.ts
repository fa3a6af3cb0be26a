import { constants, createCipheriv, createHash, publicEncrypt, randomBytes, sign } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import {
  integer,
  nothing,
  octetString,
  oid,
  readValue,
  sequence,
  setOf,
  tags,
  tlv,
} from '../../../channels/direct/cms/der.ts';
import { contentInfo, sealEnvelope } from '../../../channels/direct/cms/envelope.ts';
import { openEnvelope } from '../../../channels/direct/cms/opening.ts';
import { oids, sha256WithRsa } from '../../../channels/direct/cms/algorithms.ts';
import { base64Lines } from '../../../channels/direct/mime/encode.ts';
import { block } from '../../../channels/direct/mime/compose.ts';
import { authority, crlf, judge, letter, person, whole } from './support.ts';

const ca = authority();
const alice = person(ca, 'alice@a.example');
const bob = person(ca, 'bob@b.example');
const content = Buffer.concat([block(['Content-Type: message/rfc822']), letter(alice.address, bob.address)]);

const sha256 = sequence(oid(oids.sha256), nothing);
const sha1 = sequence(oid('1.3.14.3.2.26'), nothing);
const attribute = (type: string, ...values: Buffer[]): Buffer => sequence(oid(type), tlv(tags.set, ...values));
const digestOf = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();

interface Forgery {
  readonly attributes?: readonly Buffer[] | null;
  readonly embedded?: Buffer;
  readonly digest?: Buffer;
  readonly algorithm?: Buffer;
  readonly hash?: string;
}

/** A SignedData by Alice with every part in the attacker's hands. */
function signedData(about: Buffer, how: Forgery = {}): Buffer {
  const { attributes = honest(about), embedded, digest = sha256, algorithm = sha256WithRsa, hash = 'sha256' } = how;
  const bytes = attributes ? setOf(tags.set, ...attributes) : about;
  const signer = sequence(
    integer(1),
    sequence(alice.cert.issuer, alice.cert.serial),
    digest,
    ...(attributes ? [setOf(0xa0, ...attributes)] : []),
    algorithm,
    octetString(sign(hash, bytes, alice.own.key)),
  );
  const wrapper = sequence(oid(oids.data), ...(embedded ? [tlv(0xa0, octetString(embedded))] : []));
  return contentInfo(
    oids.signedData,
    sequence(integer(1), tlv(tags.set, digest), wrapper, tlv(0xa0, alice.cert.raw), tlv(tags.set, signer)),
  );
}

const honest = (about: Buffer): Buffer[] => [
  attribute(oids.contentType, oid(oids.data)),
  attribute(oids.messageDigest, octetString(digestOf(about))),
];

const multipart = (visible: Buffer, p7s: Buffer): Buffer =>
  Buffer.concat([
    block(['Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary="s1"']),
    crlf(['--s1', '']),
    visible,
    block(['\r\n--s1', 'Content-Type: application/pkcs7-signature', 'Content-Transfer-Encoding: base64']),
    whole(base64Lines([p7s])),
    crlf(['--s1--', '']),
  ]);

const enveloped = (cms: Iterable<Buffer>): Buffer =>
  whole([
    block([
      `From: ${alice.address}`,
      `To: ${bob.address}`,
      'Content-Type: application/pkcs7-mime; smime-type=enveloped-data',
      'Content-Transfer-Encoding: base64',
    ]),
    ...base64Lines(cms),
  ]);

const toBob = (inner: Buffer): Buffer =>
  enveloped(sealEnvelope([inner], [{ certificate: bob.cert, transport: 'oaep' }]));

const fate = async (raw: Buffer): Promise<object> => {
  const { accepted, rule, reasons } = await judge(raw, bob, [ca]);
  return { accepted, rule, reasons: reasons.join('; ') };
};

describe('signatures', () => {
  test('an honest one made by the same hands is accepted, so that the others fail for their own reasons', async () => {
    expect(await fate(toBob(multipart(content, signedData(content))))).toMatchObject({ accepted: true });
  });

  test('a detached signature that carries other content is refused', async () => {
    const visible = Buffer.from(content.toString('latin1').replace('referral', 'REFERRAL'), 'latin1');
    expect(await fate(toBob(multipart(visible, signedData(content, { embedded: content }))))).toMatchObject({
      accepted: false,
      rule: 'bad-signature',
      reasons: 'a detached signature carries content of its own',
    });
  });

  test.each<readonly [string, readonly Buffer[] | null, string]>([
    ['none at all', null, 'no signed attributes'],
    ['no message-digest', [attribute(oids.contentType, oid(oids.data))], 'missing or there twice'],
    ['no content-type', [attribute(oids.messageDigest, octetString(digestOf(content)))], 'missing or there twice'],
    ['two message-digests', [...honest(content), attribute(oids.messageDigest, octetString(randomBytes(32)))], 'twice'],
    [
      'two values of message-digest',
      [
        attribute(oids.contentType, oid(oids.data)),
        attribute(oids.messageDigest, octetString(digestOf(content)), octetString(randomBytes(32))),
      ],
      'twice',
    ],
    [
      'another content-type',
      [
        attribute(oids.contentType, oid(oids.signedData)),
        attribute(oids.messageDigest, octetString(digestOf(content))),
      ],
      'another type of content',
    ],
    ['another digest', honest(Buffer.from('other')), 'not what was signed'],
  ])('signed attributes: %s is refused', async (_name, attributes, words) => {
    expect(await fate(toBob(multipart(content, signedData(content, { attributes }))))).toMatchObject({
      accepted: false,
      rule: 'bad-signature',
      reasons: expect.stringContaining(words),
    });
  });

  test('digest and signature algorithm that differ are refused, either way round', async () => {
    const sha1WithRsa = sequence(oid('1.2.840.113549.1.1.5'), nothing);
    for (const how of [
      { algorithm: sha1WithRsa, hash: 'sha1' },
      { digest: sha1, algorithm: sha256WithRsa },
    ]) {
      expect(await fate(toBob(multipart(content, signedData(content, how))))).toMatchObject({ accepted: false });
    }
  });

  test('what hangs on behind the signed part is refused like every failure to decrypt', async () => {
    const whole = multipart(content, signedData(content));
    for (const tail of ['x', 'epilogue\r\n', '\u0000'.repeat(16)]) {
      expect(await fate(toBob(Buffer.concat([whole, Buffer.from(tail)])))).toMatchObject({ rule: 'undecryptable' });
    }
    const open = whole.subarray(0, whole.lastIndexOf('--s1--'));
    expect(await fate(toBob(open))).toMatchObject({ rule: 'undecryptable' });
  });

  test('ten layers are not unwrapped', async () => {
    let inner = multipart(content, signedData(content));
    for (let i = 0; i < 10; i++) inner = toBob(inner);
    expect(await fate(inner)).toMatchObject({ accepted: false, rule: 'not-signed' });
  });
});

describe('envelopes', () => {
  const inner = multipart(content, signedData(content));

  /** An EnvelopedData of which key transport, cipher and parameters are free. */
  const envelope = (transport: Buffer, wrapped: Buffer, cipher: Buffer, encrypted: Buffer): Buffer =>
    enveloped([
      contentInfo(
        oids.envelopedData,
        sequence(
          integer(0),
          tlv(
            tags.set,
            sequence(integer(0), sequence(bob.cert.issuer, bob.cert.serial), transport, octetString(wrapped)),
          ),
          sequence(oid(oids.data), cipher, tlv(0x80, encrypted)),
        ),
      ),
    ]);
  const key = randomBytes(32);
  const iv = randomBytes(16);
  const cbc = createCipheriv('aes-256-cbc', key, iv);
  const encrypted = Buffer.concat([cbc.update(inner), cbc.final()]);
  const aes = sequence(oid(oids.aes256Cbc), octetString(iv));
  const v15 = publicEncrypt({ key: bob.cert.publicKey, padding: constants.RSA_PKCS1_PADDING }, key);
  const oaepSha1 = publicEncrypt({ key: bob.cert.publicKey, oaepHash: 'sha1' }, key);

  test.each([
    ['an empty parameter sequence means SHA-1', sequence(oid(oids.rsaOaep), sequence()), oaepSha1, true],
    ['v1.5 as it should be', sequence(oid(oids.rsa), nothing), v15, true],
    ['OAEP named, v1.5 sent, NULL parameters', sequence(oid(oids.rsaOaep), nothing), v15, false],
    ['OAEP named, v1.5 sent, no parameters', sequence(oid(oids.rsaOaep)), v15, false],
    ['OAEP named, v1.5 sent, garbled parameters', sequence(oid(oids.rsaOaep), octetString(iv)), v15, false],
    ['OAEP named, v1.5 sent', sequence(oid(oids.rsaOaep), sequence()), v15, false],
    ['v1.5 named, OAEP sent', sequence(oid(oids.rsa), nothing), oaepSha1, false],
  ])('%s', async (_name, transport, wrapped, accepted) => {
    const result = await fate(envelope(transport, wrapped, aes, encrypted));
    expect(result).toMatchObject(accepted ? { accepted } : { accepted, rule: 'undecryptable' });
  });

  test('a key of another length, altered blocks, an altered vector: all one outcome', async () => {
    const short = publicEncrypt({ key: bob.cert.publicKey, oaepHash: 'sha1' }, key.subarray(0, 16));
    const transport = sequence(oid(oids.rsaOaep), sequence());
    const flipped = Buffer.from(encrypted);
    flipped[encrypted.length - 20] = (flipped[encrypted.length - 20] ?? 0) ^ 1;
    const cut = encrypted.subarray(0, encrypted.length - 16);
    const results = [
      await fate(envelope(transport, short, aes, encrypted)),
      await fate(envelope(transport, oaepSha1, aes, flipped)),
      await fate(envelope(transport, oaepSha1, aes, cut)),
      await fate(envelope(transport, oaepSha1, sequence(oid(oids.aes256Cbc), octetString(randomBytes(16))), encrypted)),
      await fate(envelope(transport, randomBytes(256), aes, encrypted)),
    ];
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
    expect(results[0]).toMatchObject({ rule: 'undecryptable' });
  });

  test('named four times, our key works four times, whether the padding is right or not (Vaudenay, by the clock)', () => {
    const recipient = sequence(
      integer(0),
      sequence(bob.cert.issuer, bob.cert.serial),
      sequence(oid(oids.rsa), nothing),
      octetString(v15),
    );
    const operations = (cipher: Buffer, bytes: Buffer): number => {
      let count = 0;
      const counted = {
        certificate: bob.cert,
        get key() {
          count++;
          return bob.own.key;
        },
      };
      const recipients = tlv(tags.set, ...Array.from({ length: 6 }, () => recipient));
      const content = sequence(oid(oids.data), cipher, tlv(0x80, bytes));
      openEnvelope(readValue(contentInfo(oids.envelopedData, sequence(integer(0), recipients, content))), [counted]);
      return count;
    };
    expect(operations(aes, encrypted)).toBe(4);
    expect(operations(aes, randomBytes(encrypted.length))).toBe(4);
    const triple = sequence(oid('1.2.840.113549.3.7'), octetString(randomBytes(8)));
    expect(operations(triple, encrypted)).toBe(1);
  });

  test.each([
    ['RC2', '1.2.840.113549.3.2'],
    ['DES', '1.3.14.3.2.7'],
    ['RC4', '1.2.840.113549.3.4'],
  ])('%s is not read (downgrade)', async (_name, cipher) => {
    const weak = sequence(oid(cipher), octetString(iv.subarray(0, 8)));
    expect(await fate(envelope(sequence(oid(oids.rsa), nothing), v15, weak, encrypted))).toMatchObject({
      accepted: false,
      rule: 'undecryptable',
    });
  });

  test.each([4, 8, 11, 12, 16])('AES-GCM with a tag of %i bytes', async (bytes) => {
    const nonce = randomBytes(12);
    const gcm = createCipheriv('aes-256-gcm', key, nonce, {
      authTagLength: bytes >= 12 || bytes === 4 || bytes === 8 ? bytes : 16,
    });
    const body = Buffer.concat([gcm.update(inner), gcm.final()]);
    const mac = gcm.getAuthTag().subarray(0, bytes);
    const transport = sequence(oid(oids.rsaOaep), sequence());
    const parameters = sequence(octetString(nonce), ...(bytes === 12 ? [] : [integer(bytes)]));
    const raw = enveloped([
      contentInfo(
        oids.authEnvelopedData,
        sequence(
          integer(0),
          tlv(
            tags.set,
            sequence(integer(0), sequence(bob.cert.issuer, bob.cert.serial), transport, octetString(oaepSha1)),
          ),
          sequence(oid(oids.data), sequence(oid('2.16.840.1.101.3.4.1.46'), parameters), tlv(0x80, body)),
          octetString(mac),
        ),
      ),
    ]);
    expect(await fate(raw)).toMatchObject({ accepted: bytes >= 12 });
  });
});
