import { createHash, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';
import { ecdsaSha256, sha256WithRsa } from './cms/algorithms.ts';
import { integer, octetString, oid, sequence, tags, tlv } from './cms/der.ts';
import { timeValue } from './cms/signature.ts';
import { readCertificate } from './trust/certificate.ts';

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
  /** Of an RSA key; or an elliptic curve. Default RSA-2048: what every Direct partner can encrypt to. */
  readonly key?: number | Curve;
  /** Make it an authority that may issue in its turn. */
  readonly ca?: boolean;
  readonly usage?: 'both' | 'sign' | 'encrypt';
  /** Where the issuer's certificate lies (AIA). */
  readonly issuersAt?: string;
  /** Where the issuer's responder (OCSP) is asked. */
  readonly responderAt?: string;
  /** Where the issuer's revocation list lies. */
  readonly listsAt?: string;
  /** OIDs of policies that it asserts. */
  readonly policies?: readonly string[];
  /** OIDs of what its owner's system reads (S/MIME capabilities). */
  readonly capabilities?: readonly string[];
  /** The common name; default the address or the domain. */
  readonly name?: string;
}

export type Curve = 'P-256' | 'P-384';

const day = 86_400_000;

/** A self-signed root, valid for ten years. */
export function createAuthority({
  name,
  now,
  key = 2048,
}: {
  name: string;
  now: number;
  key?: Wish['key'];
}): Authority {
  const made = build({
    subject: name,
    issuer: null,
    notBefore: now - day,
    notAfter: now + 3_650 * day,
    key,
    extensions: authorityExtensions,
  });
  return { ...made, now };
}

/** Issue an identity bound to an address or a domain (subjectAltName), signed with SHA-256. */
export function issue(by: Authority, wish: Wish): Issued {
  const { address, domain, notBefore = by.now - day, notAfter = by.now + 730 * day, key = 2048, usage = 'both' } = wish;
  const names = [
    ...(address === undefined ? [] : [tlv(0x81, Buffer.from(address, 'latin1'))]),
    ...(domain === undefined ? [] : [tlv(0x82, Buffer.from(domain, 'latin1'))]),
  ];
  const made = build({
    subject: wish.name ?? address ?? domain ?? 'Loopgate',
    issuer: by,
    notBefore,
    notAfter,
    key,
    extensions: [
      ...pointers(wish),
      ...(wish.ca
        ? authorityExtensions
        : [
            extension('2.5.29.19', true, sequence()),
            extension('2.5.29.15', true, keyUsageBits(usageBits(usage, key))),
            ...(names.length > 0 ? [extension('2.5.29.17', false, sequence(...names))] : []),
          ]),
    ],
  });
  return { ...made, identity: `${made.key}${made.certificate}` };
}

const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
  sequence(oid(id), ...(critical ? [tlv(tags.boolean, Buffer.from([0xff]))] : []), octetString(value));

/** DER leaves out zero bits at the end. */
/** AuthorityInfoAccess, certificatePolicies and cRLDistributionPoints. */
function pointers({ issuersAt, responderAt, listsAt, policies = [], capabilities = [] }: Wish): Buffer[] {
  const uri = (text: string): Buffer => tlv(0x86, Buffer.from(text, 'latin1'));
  const access = [
    ...(issuersAt === undefined ? [] : [sequence(oid('1.3.6.1.5.5.7.48.2'), uri(issuersAt))]),
    ...(responderAt === undefined ? [] : [sequence(oid('1.3.6.1.5.5.7.48.1'), uri(responderAt))]),
  ];
  return [
    ...(access.length === 0 ? [] : [extension('1.3.6.1.5.5.7.1.1', false, sequence(...access))]),
    ...(capabilities.length === 0
      ? []
      : [extension('1.2.840.113549.1.9.15', false, sequence(...capabilities.map((each) => sequence(oid(each)))))]),
    ...(policies.length === 0
      ? []
      : [extension('2.5.29.32', false, sequence(...policies.map((policy) => sequence(oid(policy)))))]),
    ...(listsAt === undefined
      ? []
      : [extension('2.5.29.31', false, sequence(sequence(tlv(0xa0, tlv(0xa0, uri(listsAt))))))]),
  ];
}

const keyUsageBits = (bits: number): Buffer => tlv(tags.bits, Buffer.from([31 - Math.clz32(bits & -bits), bits]));

/** An RSA key receives content keys (keyEncipherment), one on a curve agrees on them (keyAgreement). */
function usageBits(usage: 'both' | 'sign' | 'encrypt', key: number | Curve): number {
  const receives = typeof key === 'number' ? 0x20 : 0x08;
  return { both: 0x80 | receives, sign: 0x80, encrypt: receives }[usage];
}

/** May sign certificates and revocation lists. */
const authorityExtensions: readonly Buffer[] = [
  extension('2.5.29.19', true, sequence(tlv(tags.boolean, Buffer.from([0xff])))),
  extension('2.5.29.15', true, keyUsageBits(0x06)),
];

interface Plan {
  readonly subject: string;
  readonly issuer: Authority | null;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly key: number | Curve;
  readonly extensions: readonly Buffer[];
}

/** An X.509 v3 certificate (RFC 5280 §4) and its new key. */
function build({ subject, issuer, notBefore, notAfter, key, extensions }: Plan): { key: string; certificate: string } {
  const { privateKey, publicKey } =
    typeof key === 'string'
      ? generateKeyPairSync('ec', { namedCurve: key })
      : generateKeyPairSync('rsa', { modulusLength: key });
  const own = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const info = publicKey.export({ type: 'spki', format: 'der' });
  const name = sequence(tlv(tags.set, sequence(oid('2.5.4.3'), tlv(0x0c, Buffer.from(subject, 'utf8')))));
  const keyId = extension('2.5.29.14', false, octetString(createHash('sha256').update(info).digest().subarray(0, 20)));
  const algorithm = issuerIsRsa(issuer, key) ? sha256WithRsa : ecdsaSha256;
  const body = sequence(
    tlv(0xa0, integer(2)),
    tlv(tags.integer, Buffer.concat([Buffer.from([0x40]), randomBytes(15)])),
    algorithm,
    issuer ? readCertificate(new X509Certificate(issuer.certificate).raw).subject : name,
    sequence(timeValue(notBefore), timeValue(notAfter)),
    name,
    info,
    tlv(0xa3, sequence(...extensions, keyId)),
  );
  const signature = sign('sha256', body, issuer?.key ?? own);
  const der = sequence(body, algorithm, tlv(tags.bits, Buffer.from([0]), signature));
  return { key: own, certificate: new X509Certificate(der).toString() };
}

const issuerIsRsa = (issuer: Authority | null, own: Plan['key']): boolean =>
  issuer ? new X509Certificate(issuer.certificate).publicKey.asymmetricKeyType === 'rsa' : typeof own === 'number';
