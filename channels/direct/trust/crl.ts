import { createVerify } from 'node:crypto';
import { signatures } from '../cms/algorithms.ts';
import { childOf, contentOf, Malformed, octetsOf, oidOf, rawOf, readValue, tags, type Value } from '../cms/der.ts';
import { usages, type Certificate } from './certificate.ts';
import { nameKeys } from './names.ts';
import { pointKeys } from './points.ts';

/** A certificate revocation list (RFC 5280 §5), read but not yet believed. */
export interface Crl {
  readonly issuerKeys: readonly string[];
  readonly body: Buffer;
  readonly signature: Buffer;
  readonly digest: string;
  /** Epoch ms. */
  readonly thisUpdate: number;
  readonly nextUpdate: number | null;
  /** Hex of the revoked serial numbers' DER. */
  readonly revoked: ReadonlySet<string>;
  /** Which certificates it speaks of (issuingDistributionPoint). */
  readonly about: 'all' | 'users' | 'authorities';
  /** What the place is called whose certificates it is about; null: it is about all of its issuer's. */
  readonly points: readonly string[] | null;
  /** It speaks of other issuers' certificates too: what its numbers mean is not read. */
  readonly indirect: boolean;
  /** Why it can clear nobody: a kind of list that we do not read (delta, indirect, by reasons), or null. */
  readonly partial: string | null;
}

/** Read a CRL, PEM or DER. @throws Malformed */
export function readCrl(file: Buffer): Crl {
  const pem = /-----BEGIN X509 CRL-----([^-]+)-----END X509 CRL-----/.exec(file.toString('latin1'));
  const value = readValue(pem?.[1] ? Buffer.from(pem[1], 'base64') : file);
  const body = childOf(value, 0, tags.sequence);
  const digest = signatures.get(oidOf(childOf(childOf(value, 1, tags.sequence), 0)))?.digest;
  if (!digest) throw new Malformed('a revocation list is signed in a way we do not know');
  const fields = body.children.filter((field) => field.tag !== tags.integer);
  const times = fields.filter((field) => field.tag === tags.utcTime || field.tag === tags.generalizedTime);
  const [issuer, thisUpdate] = [fields[1], times[0]];
  if (issuer?.tag !== tags.sequence || !thisUpdate) throw new Malformed('a revocation list without issuer or date');
  const list = fields.slice(2).find((field) => field.tag === tags.sequence);
  return {
    issuerKeys: nameKeys(issuer),
    body: rawOf(body),
    signature: contentOf(childOf(value, 2, tags.bits)).subarray(1),
    digest,
    thisUpdate: timeOf(thisUpdate),
    nextUpdate: times[1] ? timeOf(times[1]) : null,
    revoked: new Set((list?.children ?? []).map((entry) => rawOf(childOf(entry, 0, tags.integer)).toString('hex'))),
    ...scopeOf(fields.find((field) => field.tag === 0xa0)?.children[0], issuer),
  };
}

/** issuingDistributionPoint, the one critical extension that we read (RFC 5280 §5.2.5). */
const pointId = '2.5.29.28';

function scopeOf(extensions: Value | undefined, issuer: Value): Pick<Crl, 'about' | 'points' | 'indirect' | 'partial'> {
  let about: Crl['about'] = 'all';
  let points: Crl['points'] = null;
  let indirect = false;
  let partial: string | null = null;
  for (const extension of extensions?.children ?? []) {
    const id = oidOf(childOf(extension, 0));
    const critical = extension.children.length === 3 && contentOf(childOf(extension, 1, tags.boolean))[0] !== 0;
    if (id === pointId) {
      const point = readValue(Buffer.from(octetsOf(childOf(extension, extension.children.length - 1, tags.octets))));
      const has = (tag: number): boolean => point.children.some((each) => each.tag === tag && contentOf(each)[0] !== 0);
      if (has(0x81)) about = 'users';
      if (has(0x82)) about = 'authorities';
      const place = point.children.find(({ tag }) => tag === 0xa0);
      if (place) points = pointKeys(place, issuer);
      indirect = has(0x84);
      if (has(0x83) || has(0x84) || has(0x85))
        partial = 'is of a kind that is not read (indirect, or for some reasons)';
    } else if (critical) partial = `has a critical extension that is not understood (${id})`;
  }
  return { about, points, indirect, partial };
}

/** What the lists say of a certificate. `outdated`: they are too old to clear it; `none`: there is no list of its issuer.
 *  @param at epoch ms
 *  @param graceMs how long past its nextUpdate a list still counts as current */
export type Revocation = 'good' | 'revoked' | 'outdated' | 'none';

/** A list counts when the issuer really signed it. An old one, and one for another place, still revokes what it names:
 *  an issuer gives each number once.
 *  @param signers certificates of the issuer whose keys may have signed its lists */
export function revocationOf(
  certificate: Certificate,
  signers: readonly Certificate[],
  crls: readonly Crl[],
  { at, graceMs }: { readonly at: number; readonly graceMs: number },
): Revocation {
  const own = crls.filter(
    (crl) =>
      !crl.indirect &&
      sameName(crl.issuerKeys, certificate.issuerKeys) &&
      signers.some((signer) => isSigned(crl, signer)),
  );
  const serial = certificate.serial.toString('hex');
  if (own.some((crl) => crl.revoked.has(serial))) return 'revoked';
  const whole = own.filter((crl) => crl.partial === null && isAbout(crl, certificate));
  if (whole.length === 0) return 'none';
  return whole.some(({ nextUpdate }) => nextUpdate === null || at <= nextUpdate + graceMs) ? 'good' : 'outdated';
}

export const sameName = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((key, index) => key === b[index]);

const isAbout = ({ about, points }: Crl, certificate: Certificate): boolean =>
  (about === 'all' || (about === 'authorities') === certificate.ca) &&
  (points === null || points.some((point) => certificate.points.includes(point)));

/** Signatures of large lists are not checked again for every certificate. */
const signedBy = new WeakMap<Crl, Map<string, boolean>>();

function isSigned(crl: Crl, issuer: Certificate): boolean {
  if (issuer.keyUsage !== null && (issuer.keyUsage & usages.crlSign) === 0) return false;
  const known = signedBy.get(crl) ?? new Map<string, boolean>();
  signedBy.set(crl, known);
  const key = issuer.x509.fingerprint256;
  const right = known.get(key) ?? createVerify(crl.digest).update(crl.body).verify(issuer.publicKey, crl.signature);
  known.set(key, right);
  return right;
}

/** UTCTime or GeneralizedTime, epoch ms. @throws Malformed */
export function timeOf(value: Value): number {
  const text = contentOf(value).toString('latin1');
  const digits = value.tag === tags.utcTime ? (Number(text.slice(0, 2)) < 50 ? '20' : '19') + text : text;
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?Z$/.exec(digits);
  if (!parts) throw new Malformed('a time is not in the expected form');
  const [, year, month, day, hour, minute, second = '0'] = parts;
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
}
