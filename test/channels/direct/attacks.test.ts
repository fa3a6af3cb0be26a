import { constants, createCipheriv, createHash, createSign, publicEncrypt, randomBytes, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  childOf,
  contentOf,
  integer,
  Malformed,
  nothing,
  octetString,
  oid,
  oidOf,
  rawOf,
  readValue,
  sequence,
  setOf,
  tags,
  tlv,
} from '../../../channels/direct/cms/der.ts';
import { contentInfo, sealEnvelope } from '../../../channels/direct/cms/envelope.ts';
import { oids, sha256WithRsa } from '../../../channels/direct/cms/algorithms.ts';
import { base64Lines } from '../../../channels/direct/mime/encode.ts';
import { mailboxes } from '../../../channels/direct/mime/address.ts';
import { readDocuments } from '../../../channels/direct/mime/documents.ts';
import { block } from '../../../channels/direct/mime/compose.ts';
import { readCrl } from '../../../channels/direct/trust/crl.ts';
import { judgePath } from '../../../channels/direct/trust/path.ts';
import type { Certificate } from '../../../channels/direct/trust/certificate.ts';
import { authority, certificate, crlf, day, judge, letter, now, openssl, person, scratch } from './support.ts';

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
    base64Lines([p7s]),
    crlf(['--s1--', '']),
  ]);

const enveloped = (cms: readonly Buffer[]): Buffer =>
  base64Lines(
    cms,
    block([
      `From: ${alice.address}`,
      `To: ${bob.address}`,
      'Content-Type: application/pkcs7-mime; smime-type=enveloped-data',
      'Content-Transfer-Encoding: base64',
    ]),
  );

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
      expect(await fate(enveloped([bytes]))).toMatchObject({ accepted: false });
    });
    expect(spent).toBeLessThan(1_000);
  });

  test('messages in messages 2,000 deep, 100 multiparts deep and 5,000 parts are refused within a second', async () => {
    const deep = Buffer.from(`${'Content-Type: message/rfc822\r\n\r\n'.repeat(2_000)}text`);
    const tower = Buffer.from(
      Array.from({ length: 100 }, (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`).join(
        '',
      ),
    );
    const wide = Buffer.from(
      `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\nx\r\n'.repeat(5_000)}--b--\r\n`,
    );
    for (const bomb of [deep, tower, wide]) {
      expect(await timed(() => expect(readDocuments(bomb)).rejects.toThrow(Malformed))).toBeLessThan(1_000);
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

describe('paths', () => {
  let folder: Awaited<ReturnType<typeof scratch>>;
  beforeAll(async () => {
    folder = await scratch();
  });
  afterAll(() => folder.remove());

  const root = certificate(ca.certificate);
  const problems = (
    leaf: Certificate,
    pool: readonly Certificate[],
    anchors: readonly Certificate[],
    crls: readonly Buffer[] = [],
  ): string =>
    judgePath(leaf, 'digitalSignature', pool, { anchors, crls: crls.map(readCrl), at: now }).problems.join('; ');

  /** A certificate with the extensions that openssl is told, issued by that authority. */
  const crafted = async (
    by: { certificate: string; key: string } | null,
    subject: string,
    extensions: readonly string[],
  ): Promise<{ certificate: string; key: string }> => {
    const key = (await openssl(['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'])).toString();
    const keyFile = await folder.file('c.key', key);
    const config = await folder.file('c.cnf', `[req]\ndistinguished_name=dn\nprompt=no\n[dn]\nCN=${subject}\n`);
    const request = await openssl(['req', '-new', '-key', keyFile, '-config', config]);
    const requestFile = await folder.file('c.csr', request);
    const wishes = await folder.file('c.ext', extensions.join('\n'));
    const issuer = by
      ? [
          '-CA',
          await folder.file('i.pem', by.certificate),
          '-CAkey',
          await folder.file('i.key', by.key),
          '-CAcreateserial',
        ]
      : ['-signkey', keyFile];
    const dates = ['-days', '3650'];
    const pem = await openssl(['x509', '-req', '-in', requestFile, ...issuer, ...dates, '-sha256', '-extfile', wishes]);
    return { certificate: pem.toString(), key };
  };

  const leafNames = ['subjectAltName=email:alice@a.example', 'keyUsage=digitalSignature'];
  const late = (leaf: Certificate, pool: readonly Certificate[], anchors: readonly Certificate[]): string =>
    judgePath(leaf, 'digitalSignature', pool, { anchors, crls: [], at: Date.now() }).problems.join('; ');

  test('an anchor may be the root, an intermediate or the certificate itself', () => {
    const middle = person(ca, 'CA of the middle', { ca: true });
    const leaf = person({ ...middle, now }, alice.address);
    expect(problems(leaf.cert, [middle.cert], [root])).toBe('');
    expect(problems(leaf.cert, [], [middle.cert])).toBe('');
    expect(problems(leaf.cert, [], [leaf.cert])).toBe('');
    expect(problems(leaf.cert, [], [root])).toContain('no path');
  });

  test('a copied key identifier opens nothing', async () => {
    const ski = root.keyId?.toString('hex') ?? '';
    const spoof = await crafted(null, 'Test CA', ['basicConstraints=critical,CA:TRUE', `subjectKeyIdentifier=${ski}`]);
    expect(certificate(spoof.certificate).keyId?.equals(root.keyId ?? Buffer.alloc(0))).toBe(true);
    const leaf = await crafted(spoof, 'alice', leafNames);
    expect(late(certificate(leaf.certificate), [certificate(spoof.certificate)], [root])).toContain('no path');
    expect(late(certificate(spoof.certificate), [], [root])).toContain('no path');
  });

  test('a root of the same name is not the root', () => {
    const twin = authority('Test CA');
    const leaf = person(twin, alice.address);
    expect(problems(leaf.cert, [certificate(twin.certificate)], [root])).toContain('no path');
  });

  test('neither a leaf nor a certificate without constraints can issue', async () => {
    const asRoot = { certificate: ca.certificate, key: ca.key };
    for (const extensions of [
      ['subjectKeyIdentifier=hash'],
      ['basicConstraints=CA:FALSE'],
      ['basicConstraints=critical,CA:TRUE', 'keyUsage=digitalSignature'],
    ]) {
      const middle = await crafted(asRoot, 'middle', extensions);
      const leaf = await crafted(middle, 'alice', leafNames);
      const words = late(certificate(leaf.certificate), [certificate(middle.certificate)], [root]);
      expect(words).toMatch(/is not a certificate authority|may not sign certificates/);
    }
  });

  test('a path longer than its authority allows is refused', async () => {
    const top = await crafted(null, 'top', ['basicConstraints=critical,CA:TRUE,pathlen:0']);
    const middle = await crafted(top, 'middle', ['basicConstraints=critical,CA:TRUE']);
    const direct = await crafted(top, 'alice', leafNames);
    const below = await crafted(middle, 'alice', leafNames);
    expect(late(certificate(direct.certificate), [], [certificate(top.certificate)])).toBe('');
    expect(
      late(certificate(below.certificate), [certificate(middle.certificate)], [certificate(top.certificate)]),
    ).toContain('allows 0 intermediates');
  });

  test('a critical extension that we do not understand is refused', async () => {
    const leaf = await crafted({ certificate: ca.certificate, key: ca.key }, 'alice', [
      ...leafNames,
      '1.2.3.4=critical,ASN1:NULL',
    ]);
    expect(late(certificate(leaf.certificate), [], [root])).toContain('not understood (1.2.3.4)');
  });

  test('two authorities that signed each other make no endless path', () => {
    const pool = Array.from({ length: 40 }, () => person(ca, 'Loop', { ca: true }).cert);
    const start = performance.now();
    expect(problems(person(authority('Loop'), alice.address).cert, pool, [])).toContain('no path');
    expect(performance.now() - start).toBeLessThan(500);
  });

  /** A revocation list by that authority. */
  const listBy = (by: { key: string }, issuer: Certificate, serials: readonly Buffer[], nextUpdate: number): Buffer => {
    const time = (at: number): Buffer =>
      tlv(
        tags.utcTime,
        Buffer.from(
          `${new Date(at)
            .toISOString()
            .replace(/[-:T]|\.\d+/g, '')
            .slice(2)}`,
        ),
      );
    const revoked = serials.map((serial) => sequence(serial, time(now - day)));
    const body = sequence(
      integer(1),
      sha256WithRsa,
      issuer.subject,
      time(now - day),
      time(nextUpdate),
      ...(revoked.length > 0 ? [sequence(...revoked)] : []),
    );
    return sequence(
      body,
      sha256WithRsa,
      tlv(tags.bits, Buffer.from([0]), createSign('sha256').update(body).sign(by.key)),
    );
  };

  test('a certificate on its issuer’s list is revoked; a stranger’s list says nothing; an old list clears nobody', () => {
    const serial = alice.cert.serial;
    expect(problems(alice.cert, [], [root], [listBy(ca, root, [serial], now + day)])).toContain('is revoked');
    expect(problems(alice.cert, [], [root], [listBy(ca, root, [], now + day)])).toBe('');
    expect(problems(alice.cert, [], [root], [listBy(authority('Eve'), root, [serial], now + day)])).toBe('');
    expect(problems(alice.cert, [], [root], [listBy(ca, root, [], now - 1_000)])).toContain('out of date');
    expect(problems(alice.cert, [], [root], [listBy(ca, root, [serial], now - 1_000)])).toContain('is revoked');
  });
});

test('what we write in DER, we read back', () => {
  const value = readValue(sequence(oid('1.2.840.113549.1.9.16.1.23'), octetString(randomBytes(70_000)), integer(3)));
  expect(oidOf(childOf(value, 0))).toBe('1.2.840.113549.1.9.16.1.23');
  expect(contentOf(childOf(value, 1)).length).toBe(70_000);
  expect(rawOf(childOf(value, 2)).toString('hex')).toBe('020103');
});
