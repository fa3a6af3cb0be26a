import { fromBER, type AsnType } from 'asn1js';
import { Malformed, readValue, tags, type Value } from '../cms/der.ts';
import { timeOf } from './times.ts';

/** Small structures only: the largest certificates and answers of responders in use are a tenth of this. */
const maxBytes = 256 * 1024;
const maxNodes = 10_000;

/** A small ASN.1 value as the library reads it. Our own reader goes over it first, so that nothing too large or too deep
 *  gets there, and nothing may follow it.
 *  @throws Malformed */
export function parse(bytes: Uint8Array): AsnType {
  if (bytes.length > maxBytes) throw new Malformed('an ASN.1 structure is too large');
  checkTimes(readValue(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)));
  const { offset, result } = strictly(() => fromBER(bytes, { maxNodes, parseEmbedded: false }));
  if (offset !== bytes.length) throw new Malformed('an ASN.1 structure cannot be read');
  return result;
}

/** A structure by the library's class for it. @throws Malformed */
export const structure = <T>(bytes: Uint8Array, kind: new (from: { schema: AsnType }) => T): T => {
  const schema = parse(bytes);
  return strictly(() => new kind({ schema }));
};

/** The library also takes times of no zone, with fractions and what else BER knows: RFC 5280 allows one form only. */
function checkTimes(value: Value): void {
  if (value.tag === tags.utcTime || value.tag === tags.generalizedTime) timeOf(value);
  value.children.forEach(checkTimes);
}

/** @throws Malformed when it is of another type */
export function expected<T>(value: unknown, kind: new () => T): T {
  if (!(value instanceof kind)) throw new Malformed('an ASN.1 value is of another type');
  return value;
}

/** The library says in errors of any kind what it cannot read. @throws Malformed */
export function strictly<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof Malformed) throw cause;
    throw new Malformed('an ASN.1 structure is not what it should be', { cause });
  }
}
