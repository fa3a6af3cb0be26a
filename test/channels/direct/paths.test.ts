import { createPublicKey, type X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Malformed, tags, tlv } from '../../../channels/direct/cms/der.ts';
import { readCrl } from '../../../channels/direct/trust/crl.ts';
import { judgePath } from '../../../channels/direct/trust/path.ts';
import { openssl } from './strangers.ts';
import { authority, certificate, day, listBy, now, person, scratch } from './support.ts';
import type { Certificate } from '../../../channels/direct/trust/certificate.ts';

const ca = authority();
const alice = person(ca, 'alice@a.example');

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
    exponent = 65_537,
  ): Promise<{ certificate: string; key: string }> => {
    const wish = ['-pkeyopt', 'rsa_keygen_bits:2048', '-pkeyopt', `rsa_keygen_pubexp:${exponent}`];
    const key = (await openssl(['genpkey', '-algorithm', 'RSA', ...wish])).toString();
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

  test('a key with the exponent 3 signs nothing, whoever certified it (downgrade)', async () => {
    const leaf = await crafted({ certificate: ca.certificate, key: ca.key }, 'alice', leafNames, 3);
    expect(late(certificate(leaf.certificate), [], [root])).toContain('an RSA key with a small exponent');
  });

  test('two authorities that signed each other make no endless path', () => {
    const pool = Array.from({ length: 40 }, () => person(ca, 'Loop', { ca: true }).cert);
    const leaf = person(authority('Loop'), alice.address).cert;
    const start = performance.now();
    expect(problems(leaf, pool, [])).toContain('no path');
    expect(performance.now() - start).toBeLessThan(500);
  });

  test('authorities with keys that take long are not asked', () => {
    const odd = (bytes: number): string => Buffer.alloc(bytes, 0xff).toString('base64url');
    const publicKey = createPublicKey({ key: { kty: 'RSA', n: odd(256), e: odd(255) }, format: 'jwk' });
    const slow = (index: number): Certificate => {
      const x509 = { fingerprint256: `slow ${index}` } as X509Certificate;
      return { ...root, publicKey, x509, raw: Buffer.from([index >> 8, index]) };
    };
    const leaf = person(authority(), alice.address).cert;
    const start = performance.now();
    for (let round = 0; round < 10; round++) {
      const pool = Array.from({ length: 60 }, (_, index) => slow(round * 60 + index));
      expect(problems(leaf, pool, [])).toContain('no path');
    }
    expect(performance.now() - start).toBeLessThan(500);
  });

  test('a certificate on its issuer’s list is revoked; a stranger’s list says nothing; an old list clears nobody', () => {
    const serial = alice.cert.serial;
    expect(problems(alice.cert, [], [root], [listBy(ca, root, [serial], now + day)])).toContain('is revoked');
    expect(problems(alice.cert, [], [root], [listBy(ca, root, [], now + day)])).toBe('');
    expect(problems(alice.cert, [], [root], [listBy(authority('Eve'), root, [serial], now + day)])).toBe('');
    expect(problems(alice.cert, [], [root], [listBy(ca, root, [], now - 1_000)])).toContain('out of date');
    expect(problems(alice.cert, [], [root], [listBy(ca, root, [serial], now - 1_000)])).toContain('is revoked');
  });

  test('a list of 100,000 entries is read within two seconds (huge revocation list)', () => {
    const numbers = Array.from({ length: 100_000 }, (_, index) =>
      tlv(tags.integer, Buffer.concat([Buffer.from([1]), Buffer.from(index.toString(16).padStart(12, '0'), 'hex')])),
    );
    const list = listBy(ca, root, numbers, now + day);
    const start = performance.now();
    expect(readCrl(list).entries.size).toBe(100_000);
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(problems(alice.cert, [], [root], [list])).toBe('');
    expect(() => readCrl(list.subarray(0, -400))).toThrow(Malformed);
  });
});
