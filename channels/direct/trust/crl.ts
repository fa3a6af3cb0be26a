import { createVerify } from 'node:crypto';
import { signatures } from '../cms/algorithms.ts';
import {
  childOf,
  contentOf,
  Malformed,
  octetsOf,
  oidOf,
  rawOf,
  readValue,
  tags,
  valuesIn,
  type Value,
} from '../cms/der.ts';
import { usages, type Certificate } from './certificate.ts';
import { nameKeys } from './names.ts';
import { allReasons, directoryKey, generalKey, pointKeys, reasonsOf } from './points.ts';
import { timeOf } from './times.ts';

/** A certificate revocation list (RFC 5280 §5), read but not yet believed. */
export interface Crl {
  readonly issuerKeys: readonly string[];
  readonly body: Buffer;
  readonly signature: Buffer;
  readonly digest: string;
  /** Epoch ms. */
  readonly thisUpdate: number;
  readonly nextUpdate: number | null;
  /** CRLReason of each certificate that it names, by `entryKey`. */
  readonly entries: ReadonlyMap<string, number>;
  /** Which certificates it speaks of (issuingDistributionPoint). */
  readonly about: 'all' | 'users' | 'authorities';
  /** What the place is called whose certificates it is about; null: it is about all of its issuer's. */
  readonly points: readonly string[] | null;
  /** It may speak of other issuers' certificates too. */
  readonly indirect: boolean;
  /** The reasons to revoke that it knows of. */
  readonly reasons: number;
  /** cRLNumber; null: it has none. */
  readonly number: bigint | null;
  /** It says only what changed since another list. */
  readonly delta: boolean;
  /** Why it can clear nobody: something in it that we do not understand, or null. */
  readonly partial: string | null;
}

/** Read a CRL, PEM or DER. Its entries are read one by one: lists of some authorities have more than a hundred thousand.
 *  @throws Malformed */
export function readCrl(file: Buffer): Crl {
  const pem = /-----BEGIN X509 CRL-----([^-]+)-----END X509 CRL-----/.exec(file.toString('latin1'));
  const source = pem?.[1] ? Buffer.from(pem[1], 'base64') : file;
  const [whole, ...more] = valuesIn({ source, body: 0, bodyEnd: source.length });
  const [body, algorithm, signature] = whole ? valuesIn(whole) : [];
  if (body?.tag !== tags.sequence || !algorithm || signature?.tag !== tags.bits || more.length > 0)
    throw new Malformed('a revocation list of an unexpected structure');
  const digest = signatures.get(oidOf(childOf(readValue(rawOf(algorithm)), 0)))?.digest;
  if (!digest) throw new Malformed('a revocation list is signed in a way we do not know');
  const fields = [...valuesIn(body)].filter((field) => field.tag !== tags.integer);
  const times = fields.filter((field) => field.tag === tags.utcTime || field.tag === tags.generalizedTime);
  const [name, thisUpdate] = [fields[1], times[0]];
  if (name?.tag !== tags.sequence || !thisUpdate) throw new Malformed('a revocation list without issuer or date');
  const issuerKeys = nameKeys(rawOf(name));
  const extensions = fields.find((field) => field.tag === 0xa0);
  const scope = scopeOf(extensions && readValue(rawOf(extensions)).children[0], issuerKeys);
  const list = fields.slice(2).find((field) => field.tag === tags.sequence);
  const { entries, unknown } = readEntries(list ? valuesIn(list) : [], issuerKeys, scope.indirect);
  return {
    issuerKeys,
    body: rawOf(body),
    signature: contentOf(signature).subarray(1),
    digest,
    thisUpdate: timeOf(thisUpdate),
    nextUpdate: times[1] ? timeOf(times[1]) : null,
    entries,
    ...scope,
    partial: scope.partial ?? unknown,
  };
}

/** A certificate in lists of `by`: the serial number's DER, and whose it is where that is somebody else. */
export const entryKey = (
  by: readonly string[],
  { issuerKeys, serial }: Pick<Certificate, 'issuerKeys' | 'serial'>,
): string =>
  sameName(by, issuerKeys) ? serial.toString('hex') : `${directoryKey(issuerKeys)} ${serial.toString('hex')}`;

/** What an entry without a reason says. */
const unspecified = 0;

/** @param indirect then an entry may say whose certificate it is, and those after it are of the same issuer (§5.3.3) */
function readEntries(
  list: Iterable<Value>,
  issuerKeys: readonly string[],
  indirect: boolean,
): { readonly entries: ReadonlyMap<string, number>; readonly unknown: string | null } {
  const own = directoryKey(issuerKeys);
  const entries = new Map<string, number>();
  let whose = own;
  let unknown: string | null = null;
  for (const entry of list) {
    let reason = unspecified;
    const [serial, , extensions] = valuesIn(entry);
    if (serial?.tag !== tags.integer) throw new Malformed('a revocation list names what is no number');
    for (const { id, critical, value } of extensionsOf(extensions && readValue(rawOf(extensions)))) {
      if (id === ids.reason) reason = contentOf(value)[0] ?? unspecified;
      else if (id === ids.certificateIssuer && indirect) whose = value.children.map(generalKey)[0] ?? whose;
      else if (critical) unknown = `has an entry with a critical extension that is not understood (${id})`;
    }
    const number = rawOf(serial).toString('hex');
    entries.set(whose === own ? number : `${whose} ${number}`, reason);
  }
  return { entries, unknown };
}

function extensionsOf(list: Value | undefined): { id: string; critical: boolean; value: Value }[] {
  return (list?.children ?? []).map((extension) => ({
    id: oidOf(childOf(extension, 0)),
    critical: extension.children.length === 3 && contentOf(childOf(extension, 1, tags.boolean))[0] !== 0,
    value: readValue(Buffer.from(octetsOf(childOf(extension, extension.children.length - 1, tags.octets)))),
  }));
}

const ids = {
  number: '2.5.29.20',
  reason: '2.5.29.21',
  delta: '2.5.29.27',
  point: '2.5.29.28',
  certificateIssuer: '2.5.29.29',
} as const;

type Scope = Pick<Crl, 'about' | 'points' | 'indirect' | 'reasons' | 'number' | 'delta' | 'partial'>;

function scopeOf(extensions: Value | undefined, issuer: readonly string[]): Scope {
  let scope: Scope = {
    about: 'all',
    points: null,
    indirect: false,
    reasons: allReasons,
    number: null,
    delta: false,
    partial: null,
  };
  for (const { id, critical, value } of extensionsOf(extensions)) {
    if (id === ids.point) scope = { ...scope, ...pointScope(value, issuer) };
    else if (id === ids.number) scope = { ...scope, number: BigInt(`0x${contentOf(value).toString('hex') || '0'}`) };
    else if (id === ids.delta) scope = { ...scope, delta: true };
    else if (critical) scope = { ...scope, partial: `has a critical extension that is not understood (${id})` };
  }
  return scope;
}

/** IssuingDistributionPoint (RFC 5280 §5.2.5). */
function pointScope(point: Value, issuer: readonly string[]): Partial<Scope> {
  const part = (tag: number): Value | undefined => point.children.find((each) => each.tag === tag);
  const has = (tag: number): boolean => {
    const flag = part(tag);
    return flag !== undefined && contentOf(flag)[0] !== 0;
  };
  const [place, reasons] = [part(0xa0), part(0x83)];
  return {
    ...(has(0x81) ? { about: 'users' } : has(0x82) ? { about: 'authorities' } : {}),
    points: place ? pointKeys(place, issuer) : null,
    reasons: reasons ? reasonsOf(reasons) : allReasons,
    indirect: has(0x84),
    ...(has(0x85) ? { partial: 'is about attribute certificates only' } : {}),
  };
}

export const sameName = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((key, index) => key === b[index]);

/** Signatures of large lists are not checked again for every certificate. */
const signedBy = new WeakMap<Crl, Map<string, boolean>>();

/** Did the owner of that certificate sign the list, and may it? */
export function isSigned(crl: Crl, issuer: Certificate): boolean {
  if (issuer.keyUsage !== null && (issuer.keyUsage & usages.crlSign) === 0) return false;
  const known = signedBy.get(crl) ?? new Map<string, boolean>();
  signedBy.set(crl, known);
  const key = issuer.x509.fingerprint256;
  const right = known.get(key) ?? createVerify(crl.digest).update(crl.body).verify(issuer.publicKey, crl.signature);
  known.set(key, right);
  return right;
}
