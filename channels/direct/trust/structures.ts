import { fromBER, type AsnType } from 'asn1js';
import { Malformed, readValue } from '../cms/der.ts';

/** Small structures only: the largest certificates and answers of responders in use are a tenth of this. */
const maxBytes = 256 * 1024;
const maxNodes = 10_000;

/** A small ASN.1 value as the library reads it. Our own reader goes over it first, so that nothing too large or too deep
 *  gets there, and nothing may follow it.
 *  @throws Malformed */
export function parse(bytes: Uint8Array): AsnType {
  if (bytes.length > maxBytes) throw new Malformed('an ASN.1 structure is too large');
  readValue(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  const { offset, result } = strictly(() => fromBER(bytes, { maxNodes, parseEmbedded: false }));
  if (offset !== bytes.length) throw new Malformed('an ASN.1 structure cannot be read');
  return result;
}

/** A structure by the library's class for it. @throws Malformed */
export const structure = <T>(bytes: Uint8Array, kind: new (from: { schema: AsnType }) => T): T => {
  const schema = parse(bytes);
  return strictly(() => new kind({ schema }));
};

/** The library says in errors of any kind what it cannot read. @throws Malformed */
export function strictly<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof Malformed) throw cause;
    throw new Malformed('an ASN.1 structure is not what it should be', { cause });
  }
}
