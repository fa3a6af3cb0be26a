import { X509Certificate, type KeyObject } from 'node:crypto';
import {
  childOf,
  contentOf,
  Malformed,
  octetsOf,
  oidOf,
  rawOf,
  readValue,
  smallIntegerOf,
  tags,
  type Value,
} from '../cms/der.ts';
import { httpOf, readPoints, uriTag, urlsOf, type ListPoint } from './points.ts';
import { hostOf, nameKeys, readConstraints, type NameConstraints } from './names.ts';
import { readPolicies, readPolicyRules, type PolicyRules } from './policies.ts';

/** What we need to know of a certificate. OpenSSL checks signatures; the extensions are read here, because node:crypto
 *  does not show key usage and path length, and falls back to names that bind nothing. */
export interface Certificate {
  readonly x509: X509Certificate;
  readonly raw: Buffer;
  /** DER of the names and the serial number, for exact comparison. */
  readonly issuer: Buffer;
  readonly subject: Buffer;
  /** The same names in the form in which they are compared, one entry for each RDN. */
  readonly issuerKeys: readonly string[];
  readonly subjectKeys: readonly string[];
  readonly serial: Buffer;
  readonly publicKey: KeyObject;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly ca: boolean;
  readonly pathLength: number | null;
  /** Bit n of KeyUsage at position n; null: the extension is absent and forbids nothing. */
  readonly keyUsage: number | null;
  readonly keyId: Buffer | null;
  /** Lower case. */
  readonly addresses: readonly string[];
  readonly domains: readonly string[];
  /** For those whom it certifies; null: none. */
  readonly constraints: NameConstraints | null;
  /** Directory names in subjectAltName, in the form in which they are compared. */
  readonly directories: readonly (readonly string[])[];
  /** Of the URIs in subjectAltName; empty text: one that names no host. */
  readonly hosts: readonly string[];
  /** Tags of the other kinds of names in subjectAltName. */
  readonly otherNames: readonly number[];
  /** HTTP addresses where its issuer's certificate lies (authorityInfoAccess). */
  readonly issuersAt: readonly string[];
  /** HTTP addresses of responders that say whether it is revoked (authorityInfoAccess). */
  readonly respondersAt: readonly string[];
  /** Where revocation lists about it lie. */
  readonly points: readonly ListPoint[];
  /** HTTP addresses of lists of what changed since (freshestCRL). */
  readonly deltasAt: readonly string[];
  /** OIDs of what its owner's system reads (S/MIME capabilities, RFC 4262); empty: it does not say. */
  readonly capabilities: readonly string[];
  /** OIDs of the policies that it asserts; null: it says nothing of policies. */
  readonly policies: readonly string[] | null;
  readonly policyRules: PolicyRules;
  /** Of an anchor: OIDs of policies of which all below it must assert one. Absent: none is asked for. */
  readonly asks?: readonly string[];
  /** OID of a critical extension that we do not understand: such a certificate must not be used (RFC 5280 §4.2). */
  readonly unknownCritical: string | null;
  readonly signatureAlgorithm: string;
}

export const usages = {
  digitalSignature: 1 << 0,
  keyEncipherment: 1 << 2,
  keyAgreement: 1 << 4,
  keyCertSign: 1 << 5,
  crlSign: 1 << 6,
} as const;

const extensionIds = {
  keyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  names: '2.5.29.17',
  constraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  lists: '2.5.29.31',
  policies: '2.5.29.32',
  mappings: '2.5.29.33',
  policyLimits: '2.5.29.36',
  deltas: '2.5.29.46',
  inhibitAny: '2.5.29.54',
  access: '1.3.6.1.5.5.7.1.1',
  capabilities: '1.2.840.113549.1.9.15',
} as const;

/** Extensions that may be critical: understood here, or harmless to ignore because they only name a key, or
 *  a use that we ask of nobody (authority key identifier, extended usage). */
const understood: ReadonlySet<string> = new Set([...Object.values(extensionIds), '2.5.29.35', '2.5.29.37']);

/** @throws Malformed */
export function readCertificate(raw: Buffer): Certificate {
  const value = readValue(raw);
  const x509 = parse(raw);
  const body = childOf(value, 0, tags.sequence);
  const versioned = body.children[0]?.tag === 0xa0 ? 1 : 0;
  const extensions = readExtensions(body.children.find((field) => field.tag === 0xa3));
  const names = generalNames(extensions.get(extensionIds.names)?.value);
  const notAfter = x509.validToDate.getTime();
  const notBefore = x509.validFromDate.getTime();
  if (Number.isNaN(notAfter) || Number.isNaN(notBefore)) throw new Malformed('a certificate without dates');
  return {
    x509,
    raw,
    serial: rawOf(childOf(body, versioned, tags.integer)),
    issuer: rawOf(childOf(body, versioned + 2, tags.sequence)),
    subject: rawOf(childOf(body, versioned + 4, tags.sequence)),
    issuerKeys: nameKeys(childOf(body, versioned + 2, tags.sequence)),
    subjectKeys: nameKeys(childOf(body, versioned + 4, tags.sequence)),
    publicKey: publicKeyOf(x509),
    notBefore,
    notAfter,
    ...basicConstraints(extensions.get(extensionIds.constraints)?.value),
    keyUsage: keyUsage(extensions.get(extensionIds.keyUsage)?.value),
    keyId: keyId(extensions.get(extensionIds.keyId)?.value),
    addresses: names(0x81),
    domains: names(0x82),
    directories: directoriesOf(extensions.get(extensionIds.names)?.value),
    otherNames: (extensions.get(extensionIds.names)?.value.children ?? []).flatMap(({ tag }) =>
      [0x81, 0x82, 0xa4, uriTag].includes(tag) ? [] : [tag],
    ),
    hosts: (extensions.get(extensionIds.names)?.value.children ?? []).flatMap((name) =>
      name.tag === uriTag ? [hostOf(contentOf(name).toString('latin1'))] : [],
    ),
    constraints: constraintsOf(extensions.get(extensionIds.nameConstraints)?.value),
    issuersAt: accessOf(extensions.get(extensionIds.access)?.value, caIssuers),
    respondersAt: accessOf(extensions.get(extensionIds.access)?.value, responders),
    points: readPoints(extensions.get(extensionIds.lists)?.value, childOf(body, versioned + 2, tags.sequence)),
    deltasAt: (extensions.get(extensionIds.deltas)?.value.children ?? []).flatMap(urlsOf),
    capabilities: (extensions.get(extensionIds.capabilities)?.value.children ?? []).map((each) =>
      oidOf(childOf(each, 0)),
    ),
    policies: readPolicies(extensions.get(extensionIds.policies)?.value),
    policyRules: readPolicyRules({
      mappings: extensions.get(extensionIds.mappings)?.value,
      limits: extensions.get(extensionIds.policyLimits)?.value,
      inhibitAny: extensions.get(extensionIds.inhibitAny)?.value,
    }),
    unknownCritical: [...extensions].find(([id, { critical }]) => critical && !understood.has(id))?.[0] ?? null,
    signatureAlgorithm: oidOf(childOf(childOf(value, 1, tags.sequence), 0)),
  };
}

/** All certificates of a PEM text, or of one DER file. @throws Malformed */
export function readCertificates(file: Buffer): Certificate[] {
  const blocks = file.toString('latin1').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (!blocks) return [readCertificate(file)];
  return blocks.map((block) => readCertificate(Buffer.from(block.replace(/-----[A-Z ]+-----/g, ''), 'base64')));
}

/** OpenSSL reads a certificate without looking at its key; that comes here. */
function publicKeyOf(x509: X509Certificate): KeyObject {
  try {
    return x509.publicKey;
  } catch {
    throw new Malformed('the key in a certificate cannot be read');
  }
}

function parse(raw: Buffer): X509Certificate {
  try {
    return new X509Certificate(raw);
  } catch {
    throw new Malformed('a certificate cannot be read');
  }
}

function readExtensions(field: Value | undefined): ReadonlyMap<string, { critical: boolean; value: Value }> {
  const found = new Map<string, { critical: boolean; value: Value }>();
  for (const extension of field?.children[0]?.children ?? []) {
    const id = oidOf(childOf(extension, 0));
    if (found.has(id)) throw new Malformed('a certificate names an extension twice');
    const flag = extension.children.length === 3 ? childOf(extension, 1, tags.boolean) : null;
    const last = childOf(extension, extension.children.length - 1, tags.octets);
    found.set(id, {
      critical: flag !== null && contentOf(flag)[0] !== 0,
      value: readValue(Buffer.from(octetsOf(last))),
    });
  }
  return found;
}

function basicConstraints(value: Value | undefined): { ca: boolean; pathLength: number | null } {
  const flag = value?.children.find((each) => each.tag === tags.boolean);
  const length = value?.children.find((each) => each.tag === tags.integer);
  const ca = flag !== undefined && contentOf(flag)[0] !== 0;
  return { ca, pathLength: ca && length ? smallIntegerOf(length) : null };
}

function keyUsage(value: Value | undefined): number | null {
  if (value?.tag !== tags.bits) return null;
  const [, first = 0] = contentOf(value);
  let bits = 0;
  for (let bit = 0; bit < 8; bit++) if (first & (0x80 >> bit)) bits |= 1 << bit;
  return bits;
}

const keyId = (value: Value | undefined): Buffer | null => (value?.tag === tags.octets ? contentOf(value) : null);

const constraintsOf = (value: Value | undefined): NameConstraints | null => (value ? readConstraints(value) : null);

const caIssuers = '1.3.6.1.5.5.7.48.2';
const responders = '1.3.6.1.5.5.7.48.1';

/** AuthorityInfoAccess (RFC 5280 §4.2.2.1). */
function accessOf(value: Value | undefined, method: string): string[] {
  return (value?.children ?? []).flatMap((each) =>
    oidOf(childOf(each, 0)) === method ? httpOf(each.children[1]) : [],
  );
}

const directoriesOf = (names: Value | undefined): string[][] =>
  (names?.children ?? []).filter(({ tag }) => tag === 0xa4).map((name) => nameKeys(childOf(name, 0, tags.sequence)));

/** Names of one kind out of subjectAltName. A name with anything but printable ASCII in it binds nothing (NUL, IDN). */
function generalNames(value: Value | undefined): (kind: number) => string[] {
  return (kind) =>
    (value?.children ?? [])
      .filter((name) => name.tag === kind)
      .map((name) => contentOf(name).toString('latin1').toLowerCase())
      .filter((name) => /^[!-~]+$/.test(name));
}

/** How people name a certificate: subject on one line; where that is empty (RFC 5280 §4.1.2.6), whom it speaks for. */
export function nameOf({ x509, addresses, domains }: Certificate): string {
  // Of an empty subject node:crypto gives undefined, whatever its types say.
  const subject = (x509.subject as string | undefined)?.replaceAll('\n', ', ');
  return subject ?? ([...addresses, ...domains].join(', ') || 'a certificate without a name');
}

const fingerprints = new WeakMap<X509Certificate, string>();

/** Hex of the SHA-256 of the whole certificate. */
export function fingerprintOf({ x509 }: Pick<Certificate, 'x509'>): string {
  const known = fingerprints.get(x509) ?? x509.fingerprint256.replaceAll(':', '').toLowerCase();
  fingerprints.set(x509, known);
  return known;
}

/** Does the certificate speak for this address? By its own address, or by exactly its domain: no wildcard, no
 *  sub-domain, no subject name. Local parts are compared without case, as everybody's directories do (facts C1, C2). */
export function isBoundTo(certificate: Certificate, address: string): boolean {
  const wanted = address.toLowerCase();
  const domain = wanted.slice(wanted.lastIndexOf('@') + 1);
  const { addresses, domains } = bindingsOf(certificate);
  return addresses.includes(wanted) || domains.includes(domain);
}

/** The addresses and domains that a certificate speaks for. One that mixes both kinds speaks for nobody: a domain's
 *  certificate must not carry an address (facts C1). */
export function bindingsOf({ addresses, domains }: Certificate): {
  addresses: readonly string[];
  domains: readonly string[];
} {
  const plain = domains.filter((domain) => !domain.includes('*'));
  return addresses.length > 0 && domains.length > 0 ? { addresses: [], domains: [] } : { addresses, domains: plain };
}
