import { generateKeyPairSync, randomBytes } from 'node:crypto';
import forge from 'node-forge';

/** A certificate authority of our own, for the first start, for trying out and for tests. Its certificates are trusted
 *  by nobody who was not told to. */
export interface Authority {
  readonly certificate: string;
  readonly key: string;
  /** Epoch ms. */
  readonly now: number;
}

/** PEM texts. `identity` is what an identity file holds: the key and its certificate. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
  readonly identity: string;
}

export interface Wish {
  /** Bind to one address … */
  readonly address?: string;
  /** … or to a domain. */
  readonly domain?: string;
  /** Epoch ms; default a day before the authority's `now`. */
  readonly notBefore?: number;
  /** Epoch ms; default two years after it. */
  readonly notAfter?: number;
  readonly bits?: number;
  /** Make it an authority that may issue in its turn. */
  readonly ca?: boolean;
  readonly usage?: 'both' | 'sign' | 'encrypt';
}

const day = 86_400_000;

/** A self-signed root, valid for ten years. */
export function createAuthority({ name, now }: { readonly name: string; readonly now: number }): Authority {
  const { key, certificate } = build({
    subject: name,
    issuer: null,
    notBefore: now - day,
    notAfter: now + 3_650 * day,
    bits: 2048,
    extensions: authorityExtensions,
  });
  return { certificate, key, now };
}

/** Issue an identity bound to an address or a domain (subjectAltName), RSA-2048, SHA-256. */
export function issue(by: Authority, wish: Wish): Issued {
  const { address, domain, notBefore = by.now - day, notAfter = by.now + 730 * day, bits = 2048 } = wish;
  const names = [
    ...(address === undefined ? [] : [{ type: 1, value: address }]),
    ...(domain === undefined ? [] : [{ type: 2, value: domain }]),
  ];
  const both = wish.usage ?? 'both';
  const { key, certificate } = build({
    subject: address ?? domain ?? 'Loopgate',
    issuer: by,
    notBefore,
    notAfter,
    bits,
    extensions: wish.ca
      ? authorityExtensions
      : [
          { name: 'basicConstraints', cA: false, critical: true },
          { name: 'keyUsage', digitalSignature: both !== 'encrypt', keyEncipherment: both !== 'sign', critical: true },
          ...(names.length > 0 ? [{ name: 'subjectAltName', altNames: names }] : []),
          { name: 'subjectKeyIdentifier' },
        ],
  });
  return { key, certificate, identity: `${key}${certificate}` };
}

const authorityExtensions: readonly object[] = [
  { name: 'basicConstraints', cA: true, critical: true },
  { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
  { name: 'subjectKeyIdentifier' },
];

interface Plan {
  readonly subject: string;
  readonly issuer: Authority | null;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly bits: number;
  readonly extensions: readonly object[];
}

function build({ subject, issuer, notBefore, notAfter, bits, extensions }: Plan): { key: string; certificate: string } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: bits,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey);
  certificate.serialNumber = `4${randomBytes(15).toString('hex').slice(1)}`;
  certificate.validity.notBefore = new Date(notBefore);
  certificate.validity.notAfter = new Date(notAfter);
  const name = [{ name: 'commonName', value: subject }];
  certificate.setSubject(name);
  certificate.setIssuer(issuer ? forge.pki.certificateFromPem(issuer.certificate).subject.attributes : name);
  certificate.setExtensions([...extensions]);
  certificate.sign(forge.pki.privateKeyFromPem(issuer?.key ?? privateKey), forge.md.sha256.create());
  return { key: privateKey, certificate: forge.pki.certificateToPem(certificate).replaceAll('\r\n', '\n') };
}
