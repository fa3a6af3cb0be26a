import { X509Certificate, type KeyObject } from 'node:crypto';
import { BitString, Integer, OctetString, Sequence } from 'asn1js';
import {
  AlgorithmIdentifier,
  AltName,
  BasicConstraints,
  Certificate as Structure,
  CertificatePolicies,
  InfoAccess,
  NameConstraints as Limits,
  PolicyConstraints,
  PolicyMappings,
} from 'pkijs';
import { Malformed, readValue, tags, type Value } from '../cms/der.ts';
import { httpOf, readPoints, urlsOf, type ListPoint } from './points.ts';
import {
  directoriesOf,
  hostOf,
  kinds,
  nameKeys,
  othersOf,
  readConstraints,
  textsOf,
  type NameConstraints,
} from './names.ts';
import { readPolicyRules, smallNumber, type PolicyRules } from './policies.ts';
import { expected, parse, strictly, structure } from './structures.ts';

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
  /** The other kinds of names in subjectAltName. */
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

/** @throws Malformed also when an extension that we understand cannot be decoded */
export function readCertificate(raw: Buffer): Certificate {
  const read = structure(raw, Structure);
  const x509 = openSsl(raw);
  const notAfter = x509.validToDate.getTime();
  const notBefore = x509.validFromDate.getTime();
  if (Number.isNaN(notAfter) || Number.isNaN(notBefore)) throw new Malformed('a certificate without dates');
  const issuer = Buffer.from(read.issuer.valueBeforeDecode);
  const subject = Buffer.from(read.subject.valueBeforeDecode);
  const issuerKeys = nameKeys(issuer);
  return {
    x509,
    raw,
    serial: Buffer.from(read.serialNumber.valueBeforeDecodeView),
    issuer,
    subject,
    issuerKeys,
    subjectKeys: nameKeys(subject),
    publicKey: publicKeyOf(x509),
    notBefore,
    notAfter,
    ...readExtensions(read.extensions ?? [], issuerKeys),
    signatureAlgorithm: read.signatureAlgorithm.algorithmId,
  };
}

type Told = Omit<
  Certificate,
  | 'x509'
  | 'raw'
  | 'serial'
  | 'issuer'
  | 'subject'
  | 'issuerKeys'
  | 'subjectKeys'
  | 'publicKey'
  | 'notBefore'
  | 'notAfter'
  | 'signatureAlgorithm'
>;

/** What the extensions tell. The library gives one that it cannot decode as if it were absent: so each is decoded here. */
function readExtensions(extensions: NonNullable<Structure['extensions']>, issuerKeys: readonly string[]): Told {
  const found = new Map(extensions.map((each) => [each.extnID, Buffer.from(each.extnValue.getValue())]));
  if (found.size !== extensions.length) throw new Malformed('a certificate names an extension twice');
  for (const bytes of found.values()) readValue(bytes);
  const of = <T>(id: string, read: (bytes: Buffer) => T): T | null => {
    const bytes = found.get(id);
    return bytes ? read(bytes) : null;
  };
  const names = of(extensionIds.names, (bytes) => structure(bytes, AltName))?.altNames ?? [];
  const access = of(extensionIds.access, (bytes) => structure(bytes, InfoAccess))?.accessDescriptions ?? [];
  const accessOf = (method: string): string[] =>
    textsAt(access.filter(({ accessMethod }) => accessMethod === method)).flatMap(httpOf);
  return {
    ...basicConstraints(of(extensionIds.constraints, (bytes) => structure(bytes, BasicConstraints))),
    keyUsage: of(extensionIds.keyUsage, keyUsage),
    keyId: of(extensionIds.keyId, keyId),
    addresses: bindingTexts(textsOf(names, kinds.addresses)),
    domains: bindingTexts(textsOf(names, kinds.domains)),
    directories: directoriesOf(names),
    otherNames: othersOf(names),
    hosts: textsOf(names, kinds.hosts).map(hostOf),
    constraints: of(extensionIds.nameConstraints, (bytes) => readConstraints(structure(bytes, Limits))),
    issuersAt: accessOf(caIssuers),
    respondersAt: accessOf(responders),
    points: readPoints(of(extensionIds.lists, readList) ?? undefined, issuerKeys),
    deltasAt: of(extensionIds.deltas, readList)?.children.flatMap(urlsOf) ?? [],
    capabilities: of(extensionIds.capabilities, capabilities) ?? [],
    policies: of(extensionIds.policies, policies),
    policyRules: readPolicyRules({
      mappings: of(extensionIds.mappings, (bytes) => structure(bytes, PolicyMappings)),
      limits: of(extensionIds.policyLimits, (bytes) => structure(bytes, PolicyConstraints)),
      inhibitAny: of(extensionIds.inhibitAny, (bytes) => integer(parse(bytes))),
    }),
    unknownCritical: extensions.find(({ extnID, critical }) => critical && !understood.has(extnID))?.extnID ?? null,
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

function openSsl(raw: Buffer): X509Certificate {
  try {
    return new X509Certificate(raw);
  } catch {
    throw new Malformed('a certificate cannot be read');
  }
}

/** What the library cannot read: see points.ts. */
const readList = (bytes: Buffer): Value => {
  const value = readValue(bytes);
  if (value.tag !== tags.sequence) throw new Malformed('an extension is no list');
  return value;
};

function basicConstraints(read: BasicConstraints | null): { ca: boolean; pathLength: number | null } {
  const ca = read?.cA ?? false;
  return { ca, pathLength: ca ? smallNumber(read?.pathLenConstraint) : null };
}

function keyUsage(bytes: Buffer): number {
  const value = expected(parse(bytes), BitString);
  const [first = 0] = value.valueBlock.valueHexView;
  let bits = 0;
  for (let bit = 0; bit < 8; bit++) if (first & (0x80 >> bit)) bits |= 1 << bit;
  return bits;
}

const keyId = (bytes: Buffer): Buffer => Buffer.from(expected(parse(bytes), OctetString).getValue());

const integer = (value: unknown): number | null => {
  const { valueBlock } = expected(value, Integer);
  return smallNumber(valueBlock.isHexOnly ? valueBlock : valueBlock.valueDec);
};

const policies = (bytes: Buffer): string[] =>
  structure(bytes, CertificatePolicies).certificatePolicies.map(({ policyIdentifier }) => policyIdentifier);

const capabilities = (bytes: Buffer): string[] =>
  expected(parse(bytes), Sequence).valueBlock.value.map(
    (schema) => strictly(() => new AlgorithmIdentifier({ schema })).algorithmId,
  );

const caIssuers = '1.3.6.1.5.5.7.48.2';
const responders = '1.3.6.1.5.5.7.48.1';

const textsAt = (access: InfoAccess['accessDescriptions']): string[] =>
  access.flatMap(({ accessLocation: { type, value } }) => (type === kinds.hosts ? [String(value)] : []));

/** A name with anything but printable ASCII in it binds nothing (NUL, IDN). */
const bindingTexts = (texts: readonly string[]): string[] => texts.filter((text) => /^[!-~]+$/.test(text));

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
