import { createVerify } from 'node:crypto';
import { signatures } from '../cms/algorithms.ts';
import { childOf, contentOf, Malformed, oidOf, rawOf, readValue, tags, type Value } from '../cms/der.ts';
import { usages, type Certificate } from './certificate.ts';

/** A certificate revocation list (RFC 5280 §5), read but not yet believed. */
export interface Crl {
  readonly issuer: Buffer;
  readonly body: Buffer;
  readonly signature: Buffer;
  readonly digest: string;
  readonly nextUpdate: number | null;
  /** Hex of the revoked serial numbers' DER. */
  readonly revoked: ReadonlySet<string>;
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
  const issuer = fields[1];
  if (issuer?.tag !== tags.sequence) throw new Malformed('a revocation list without an issuer');
  const list = fields.slice(2).find((field) => field.tag === tags.sequence);
  return {
    issuer: rawOf(issuer),
    body: rawOf(body),
    signature: contentOf(childOf(value, 2, tags.bits)).subarray(1),
    digest,
    nextUpdate: times[1] ? timeOf(times[1]) : null,
    revoked: new Set((list?.children ?? []).map((entry) => rawOf(childOf(entry, 0, tags.integer)).toString('hex'))),
  };
}

/** What the lists of its own issuer say against a certificate, or null. A list counts when that issuer really signed it.
 *  An outdated list still revokes what it names, and where there is no current one beside it, it clears nobody. No list
 *  at all: revocation is not judged. */
export function revocationProblem(
  certificate: Certificate,
  issuer: Certificate,
  crls: readonly Crl[],
  at: number,
): 'is revoked' | 'has a revocation list that is out of date' | null {
  const own = crls.filter((crl) => crl.issuer.equals(certificate.issuer) && isSigned(crl, issuer));
  const serial = certificate.serial.toString('hex');
  if (own.some((crl) => crl.revoked.has(serial))) return 'is revoked';
  const current = own.some((crl) => crl.nextUpdate === null || at <= crl.nextUpdate);
  return own.length > 0 && !current ? 'has a revocation list that is out of date' : null;
}

function isSigned({ body, signature, digest }: Crl, issuer: Certificate): boolean {
  const mayList = issuer.keyUsage === null || (issuer.keyUsage & usages.crlSign) !== 0;
  return mayList && createVerify(digest).update(body).verify(issuer.publicKey, signature);
}

function timeOf(value: Value): number {
  const text = contentOf(value).toString('latin1');
  const digits = value.tag === tags.utcTime ? (Number(text.slice(0, 2)) < 50 ? '20' : '19') + text : text;
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?Z$/.exec(digits);
  if (!parts) throw new Malformed('a time is not in the expected form');
  const [, year, month, day, hour, minute, second = '0'] = parts;
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
}
