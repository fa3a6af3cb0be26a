import { constants, createHash, sign, timingSafeEqual, verify, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { canonical } from '../mime/canonical.ts';
import { readCertificate, type Certificate } from '../trust/certificate.ts';
import {
  algorithmOf,
  digestAlgorithm,
  digests,
  digestOf,
  oids,
  signatureAlgorithm,
  signatures,
  type Algorithm,
  type Digest,
  type SealingDigest,
} from './algorithms.ts';
import {
  childOf,
  contentOf,
  integer,
  Malformed,
  octetsOf,
  octetString,
  oid,
  oidOf,
  rawOf,
  sequence,
  setOf,
  smallIntegerOf,
  tags,
  tlv,
  toDer,
  type Value,
} from './der.ts';
import { contentInfo, type Identity } from './envelope.ts';

const signAsync = promisify(sign);

/** Detached SignedData (RFC 5652 §5) over content of that digest: content-type, message-digest and signing-time signed,
 *  RSA PKCS#1 v1.5 or ECDSA by the kind of key. The private operation runs on the thread pool. */
export async function signDetached(
  digest: { readonly name: SealingDigest; readonly value: Buffer },
  { key, certificate }: Identity,
  at: number,
): Promise<Buffer> {
  const attributes = [
    aboutData,
    attribute(oids.messageDigest, octetString(digest.value)),
    attribute(oids.signingTime, timeValue(at)),
  ];
  const signature = await signAsync(digest.name, setOf(tags.set, ...attributes), key);
  const digestId = digestAlgorithm(digest.name);
  const signer = sequence(
    integer(1),
    sequence(certificate.issuer, certificate.serial),
    digestId,
    setOf(0xa0, ...attributes),
    signatureAlgorithm(key, digest.name),
    octetString(signature),
  );
  const signed = sequence(
    integer(1),
    tlv(tags.set, digestId),
    sequence(data),
    tlv(0xa0, certificate.raw),
    tlv(tags.set, signer),
  );
  return contentInfo(oids.signedData, signed);
}

/** The digest that a key signs with: P-384 and P-521 want one of their own strength (facts A5), others what the partner
 *  is set to. */
export function digestFor(key: KeyObject, wished: SealingDigest): SealingDigest {
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (curve === 'secp521r1') return 'sha512';
  return curve === 'secp384r1' && wished === 'sha256' ? 'sha384' : wished;
}

const data = oid(oids.data);

const attribute = (type: string, value: Buffer): Buffer => sequence(oid(type), tlv(tags.set, value));

const aboutData = attribute(oids.contentType, data);

/** A Time of X.509 and CMS: two-digit years until 2049. `at` in epoch ms, cut to seconds. */
export function timeValue(at: number): Buffer {
  const digits = new Date(at).toISOString().replace(/[-:T]|\.\d+/g, '');
  const utc = digits.startsWith('20') && digits < '2050';
  return utc ? tlv(tags.utcTime, Buffer.from(digits.slice(2))) : tlv(tags.generalizedTime, Buffer.from(digits));
}

/** One signer of a message, judged by cryptography alone. Whom to trust is decided elsewhere. */
export interface Signer {
  readonly certificate: Certificate | null;
  /** Empty: the signature is good. */
  readonly problems: readonly Problem[];
}

export interface Problem {
  readonly rule: 'bad-signature' | 'weak-algorithm';
  readonly text: string;
}

export interface SignedContent {
  readonly content: Buffer;
  /** Every certificate that came along. */
  readonly certificates: readonly Certificate[];
  readonly signers: readonly Signer[];
}

/** Content beside its signature, as `multipart/signed` carries it. */
export interface Detached {
  readonly content: Buffer;
  /** The digests that the multipart says it was signed by; null: it does not say. */
  readonly micalg: string | null;
}

/** Check every signature of a SignedData.
 *  @param detached null for opaque signed-data, which carries its own content
 *  @param known certificates that signers may name without sending them
 *  @throws Malformed */
export function readSigned(info: Value, detached: Detached | null, known: readonly Certificate[]): SignedContent {
  if (oidOf(childOf(info, 0)) !== oids.signedData) throw new Malformed('the signature is not signed data');
  const data = childOf(childOf(info, 1, 0xa0), 0, tags.sequence);
  const wrapper = childOf(data, 2, tags.sequence);
  const embedded = wrapper.children[1] ? octetsOf(childOf(wrapper.children[1], 0)) : null;
  if (oidOf(childOf(wrapper, 0)) !== oids.data) throw new Malformed('the signed content is not plain data');
  // Two contents, one signature: what was verified would not be what is shown (facts §6, eContent override).
  if (detached && embedded) throw new Malformed('a detached signature carries content of its own');
  const content = detached?.content ?? embedded;
  if (!content) throw new Malformed('there is no signed content');
  const certificates = (data.children.find((field) => field.tag === 0xa0)?.children ?? []).flatMap(readable);
  const infos = data.children[data.children.length - 1];
  if (infos?.tag !== tags.set || infos.children.length === 0) throw new Malformed('nobody signed');
  if (infos.children.length > 16 || certificates.length > 64) throw new Malformed('too many signers or certificates');
  const about = {
    asSent: digestsOf(() => content),
    inLines: digestsOf(() => canonical(content)),
    micalg: statedDigests(detached?.micalg ?? null),
  };
  const signers = infos.children.map((each) => judgeSigner(each, about, [...certificates, ...known]));
  return { content, certificates, signers };
}

interface About {
  readonly asSent: (name: string) => Buffer;
  readonly inLines: (name: string) => Buffer;
  readonly micalg: readonly string[] | null;
}

/** Names without dashes, quotes and case (facts M8). What names no digest that we know ("unknown") says nothing. */
function statedDigests(micalg: string | null): string[] | null {
  const names = (micalg ?? '').split(',').map((name) => name.toLowerCase().replace(/[^a-z0-9]/g, ''));
  const known = names.filter((name) => [...digests.values()].some((digest) => digest.name === name));
  return known.length > 0 ? known : null;
}

/** The same certificates come with every message of a partner; what one says never changes. */
const seen = new Map<string, Certificate>();
const maxSeen = 500;

/** Other kinds of certificate (attribute certificates) may stand in the set: they serve nobody here. */
function readable(value: Value): Certificate[] {
  if (value.tag !== tags.sequence) return [];
  const name = rawOf(value).toString('latin1');
  const before = seen.get(name);
  if (before) return [before];
  try {
    const certificate = readCertificate(Buffer.from(rawOf(value)));
    if (seen.size >= maxSeen) seen.clear();
    seen.set(name, certificate);
    return [certificate];
  } catch (cause) {
    if (cause instanceof Malformed) return [];
    throw cause;
  }
}

function judgeSigner(info: Value, about: About, certificates: readonly Certificate[]): Signer {
  const id = childOf(info, 1);
  const certificate = certificates.find((each) => isNamed(id, each)) ?? null;
  if (!certificate) return { certificate, problems: [bad('the signer’s certificate is missing')] };
  try {
    return { certificate, problems: signerProblems(info, about, certificate) };
  } catch (cause) {
    if (!(cause instanceof Malformed)) throw cause;
    return { certificate, problems: [bad(cause.message)] };
  }
}

function isNamed(id: Value, certificate: Certificate): boolean {
  if (id.tag === 0x80) return certificate.keyId?.equals(contentOf(id)) ?? false;
  const [issuer, serial] = id.children;
  return (
    issuer !== undefined &&
    serial !== undefined &&
    rawOf(issuer).equals(certificate.issuer) &&
    rawOf(serial).equals(certificate.serial)
  );
}

function signerProblems(info: Value, about: About, certificate: Certificate): Problem[] {
  const digest = digestOf(childOf(info, 2, tags.sequence));
  const signed = info.children[3];
  if (signed?.tag !== 0xa0) return [bad('the signature has no signed attributes')];
  const algorithm = algorithmOf(childOf(info, 4, tags.sequence));
  const signature = octetsOf(childOf(info, 5, tags.octets));
  if (oidOf(childOf(theOne(signed, oids.contentType), 0)) !== oids.data) {
    return [bad('the signature is about another type of content')];
  }
  const stated = octetsOf(childOf(theOne(signed, oids.messageDigest), 0, tags.octets));
  const good = verifyAttributes(toDer(signed, tags.set), signature, { certificate, algorithm, digest });
  return [
    ...(digest.weak ? [{ rule: 'weak-algorithm', text: `signed with ${digest.name}` } as const] : []),
    ...(about.micalg?.includes(digest.name) === false ? [bad('micalg is not the digest of the signature')] : []),
    ...(matches(about, digest, stated) ? [] : [bad('the content is not what was signed')]),
    ...(good ? [] : [bad('the signature does not verify')]),
  ];
}

/** The value set of an attribute that must be there exactly once, with exactly one value. */
function theOne(attributes: Value, type: string): Value {
  const found = attributes.children.filter((each) => oidOf(childOf(each, 0)) === type);
  const values = found[0]?.children[1];
  if (found.length !== 1 || values?.children.length !== 1) {
    throw new Malformed('a signed attribute is missing or there twice');
  }
  return values;
}

/** As it was sent, or in canonical CRLF form: some peers sign the one and send the other (facts M7). */
function matches({ asSent, inLines }: About, { name }: Digest, stated: Buffer): boolean {
  const equal = (actual: Buffer): boolean => actual.length === stated.length && timingSafeEqual(actual, stated);
  return equal(asSent(name)) || equal(inLines(name));
}

/** Digests of content by name, each computed once and not before it is asked for: sixteen signers may name the same. */
function digestsOf(content: () => Buffer): (name: string) => Buffer {
  const known = new Map<string, Buffer>();
  let bytes: Buffer | null = null;
  return (name) => {
    const digest =
      known.get(name) ??
      createHash(name)
        .update((bytes ??= content()))
        .digest();
    known.set(name, digest);
    return digest;
  };
}

/** Signature and digest algorithm must be one pair: else what verifies and what was compared drift apart (facts §6). */
function verifyAttributes(
  attributes: Buffer,
  signature: Buffer,
  by: { readonly certificate: Certificate; readonly algorithm: Algorithm; readonly digest: Digest },
): boolean {
  const { algorithm, digest } = by;
  const key = by.certificate.publicKey;
  if (algorithm.oid === oids.rsaPss) return verifyPss(attributes, signature, key, algorithm, digest);
  const known = signatures.get(algorithm.oid);
  if (!known || known.key !== key.asymmetricKeyType)
    throw new Malformed('the signature algorithm does not fit the key');
  if ((known.digest ?? digest.name) !== digest.name) throw new Malformed('digest and signature algorithms differ');
  return verify(digest.name, attributes, key, signature);
}

function verifyPss(
  attributes: Buffer,
  signature: Buffer,
  key: KeyObject,
  { parameters }: Algorithm,
  digest: Digest,
): boolean {
  const hash = parameters?.children.find((each) => each.tag === 0xa0);
  const mask = parameters?.children.find((each) => each.tag === 0xa1);
  const salt = parameters?.children.find((each) => each.tag === 0xa2);
  const maskHash = mask && algorithmOf(childOf(mask, 0)).parameters;
  const names = [hash && digestOf(childOf(hash, 0)), maskHash && digestOf(maskHash)].map(
    (each) => each?.name ?? 'sha1',
  );
  if (names.some((name) => name !== digest.name)) throw new Malformed('digest and signature algorithms differ');
  const saltLength = salt ? smallIntegerOf(childOf(salt, 0)) : 20;
  return verify(digest.name, attributes, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }, signature);
}

const bad = (text: string): Problem => ({ rule: 'bad-signature', text });
