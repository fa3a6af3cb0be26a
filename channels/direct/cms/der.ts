/** Bytes that are not what they claim to be: broken ASN.1, MIME or certificates. The text says where, never what. */
export class Malformed extends Error {}

/** One ASN.1 value. `children` is filled for constructed values only. Nothing is copied: all offsets are into `source`. */
export interface Value {
  /** The identifier octet, class and constructed bit included. */
  readonly tag: number;
  readonly source: Buffer;
  readonly start: number;
  readonly body: number;
  readonly bodyEnd: number;
  readonly end: number;
  readonly children: readonly Value[];
}

/** Deeper or more than this is an attack: real messages nest about 15 deep. */
const maxDepth = 48;
const maxValues = 250_000;

/** Read one BER or DER value that fills `source`. Work is linear in its size, whatever it claims.
 *  @throws Malformed */
export function readValue(source: Buffer): Value {
  const budget = { left: maxValues };
  const value = read(source, 0, source.length, 0, budget);
  if (value.end !== source.length) throw new Malformed('bytes follow the ASN.1 value');
  return value;
}

function read(source: Buffer, start: number, limit: number, depth: number, budget: { left: number }): Value {
  if (depth > maxDepth) throw new Malformed('ASN.1 is nested too deep');
  if (--budget.left < 0) throw new Malformed('ASN.1 has too many values');
  const tag = source[start];
  if (tag === undefined || start + 2 > limit) throw new Malformed('ASN.1 ends early');
  if ((tag & 0x1f) === 0x1f) throw new Malformed('ASN.1 tag number is too large');
  const { body, length } = readLength(source, start + 1, limit);
  const constructed = (tag & 0x20) !== 0;
  if (length === null) {
    if (!constructed) throw new Malformed('ASN.1 primitive of indefinite length');
    return readIndefinite(source, { tag, start, body, limit }, depth, budget);
  }
  const end = body + length;
  if (end > limit) throw new Malformed('ASN.1 value is longer than its container');
  const children: Value[] = [];
  if (constructed) {
    for (let at = body; at < end;) {
      const child = read(source, at, end, depth + 1, budget);
      children.push(child);
      at = child.end;
    }
  }
  return { tag, source, start, body, bodyEnd: end, end, children };
}

function readIndefinite(
  source: Buffer,
  { tag, start, body, limit }: { tag: number; start: number; body: number; limit: number },
  depth: number,
  budget: { left: number },
): Value {
  const children: Value[] = [];
  let at = body;
  while (at + 2 <= limit && !(source[at] === 0 && source[at + 1] === 0)) {
    const child = read(source, at, limit, depth + 1, budget);
    children.push(child);
    at = child.end;
  }
  if (at + 2 > limit) throw new Malformed('ASN.1 of indefinite length never ends');
  return { tag, source, start, body, bodyEnd: at, end: at + 2, children };
}

/** The values inside a constructed one, of definite length, one after another and without theirs: for lists too long to
 *  be held as a tree.
 *  @throws Malformed */
export function* valuesIn({ source, body, bodyEnd }: Pick<Value, 'source' | 'body' | 'bodyEnd'>): Generator<Value> {
  for (let start = body; start < bodyEnd;) {
    const tag = source[start] ?? 0;
    const { body: inner, length } = readLength(source, start + 1, bodyEnd);
    if (length === null || inner + length > bodyEnd) throw new Malformed('ASN.1 value is longer than its container');
    const end = inner + length;
    yield { tag, source, start, body: inner, bodyEnd: end, end, children: [] };
    start = end;
  }
}

function readLength(source: Buffer, at: number, limit: number): { body: number; length: number | null } {
  const first = source[at] ?? 0;
  if (first < 0x80) return { body: at + 1, length: first };
  if (first === 0x80) return { body: at + 1, length: null };
  const octets = first & 0x7f;
  if (octets > 5 || at + 1 + octets > limit) throw new Malformed('ASN.1 length is too large');
  return { body: at + 1 + octets, length: source.readUIntBE(at + 1, octets) };
}

/** The value with its identifier and length, as it stands in the source. */
export const rawOf = (value: Value): Buffer => value.source.subarray(value.start, value.end);

export const contentOf = (value: Value): Buffer => value.source.subarray(value.body, value.bodyEnd);

/** @throws Malformed when there is no such child, or its tag is another. */
export function childOf(value: Value, index: number, tag?: number): Value {
  const child = value.children[index];
  if (!child || (tag !== undefined && child.tag !== tag)) throw new Malformed('ASN.1 is not the expected structure');
  return child;
}

/** An OCTET STRING, whole or in pieces (BER), under any tag: implicit tags hide the type.
 *  Whole ones are not copied. */
export function octetsOf(value: Value): Buffer {
  if ((value.tag & 0x20) === 0) return contentOf(value);
  const pieces: Buffer[] = [];
  collect(value, pieces);
  return pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);
}

function collect(value: Value, pieces: Buffer[]): void {
  for (const child of value.children) {
    if ((child.tag & 0x20) !== 0) collect(child, pieces);
    else if (child.tag === tags.octets) pieces.push(contentOf(child));
    else throw new Malformed('a piece of an octet string is something else');
  }
}

/** Dotted text of an OBJECT IDENTIFIER. @throws Malformed */
export function oidOf(value: Value): string {
  if (value.tag !== tags.oid) throw new Malformed('an object identifier was expected');
  const bytes = contentOf(value);
  if (bytes.length === 0 || bytes.length > 64) throw new Malformed('an object identifier has a wrong length');
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of bytes) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      arcs.push(arc);
      arc = 0;
    }
  }
  const first = arcs[0] ?? 0;
  const top = Math.min(2, Math.floor(first / 40));
  return [top, first - top * 40, ...arcs.slice(1)].join('.');
}

/** A small INTEGER. @throws Malformed when it is negative or above 2^31. */
export function smallIntegerOf(value: Value): number {
  const bytes = contentOf(value);
  if (value.tag !== tags.integer || bytes.length === 0 || bytes.length > 4 || (bytes[0] ?? 0) > 0x7f) {
    throw new Malformed('a small number was expected');
  }
  return bytes.readUIntBE(0, bytes.length);
}

/** The same value in DER: definite lengths all through. Signatures are over DER even when BER was sent (RFC 5652 §5.4). */
export function toDer(value: Value, tag = value.tag): Buffer {
  return (value.tag & 0x20) === 0
    ? tlv(tag, contentOf(value))
    : tlv(tag, ...value.children.map((child) => toDer(child)));
}

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Identifier and length of a value whose content of `length` bytes follows. */
export function head(tag: number, length: number): Buffer {
  if (length < 0x80) return Buffer.from([tag, length]);
  const octets = Math.ceil(length.toString(16).length / 2);
  const bytes = Buffer.alloc(2 + octets);
  bytes[0] = tag;
  bytes[1] = 0x80 | octets;
  bytes.writeUIntBE(length, 2, octets);
  return bytes;
}

/** One DER value around its parts. */
export function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([head(tag, length), ...parts]);
}

export const sequence = (...parts: readonly Buffer[]): Buffer => tlv(tags.sequence, ...parts);

/** SET OF: DER wants its members in the order of their bytes. */
export const setOf = (tag: number, ...parts: readonly Buffer[]): Buffer =>
  tlv(tag, ...parts.toSorted((a, b) => a.compare(b)));

export const nothing = Buffer.from([tags.null, 0]);

/** DER of a dotted object identifier. */
export function oid(dotted: string): Buffer {
  const [top = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [top * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.unshift((left % 128) | 0x80);
    return groups;
  });
  return tlv(tags.oid, Buffer.from(bytes));
}

export const integer = (value: number): Buffer => tlv(tags.integer, Buffer.from([value]));

export const octetString = (bytes: Buffer): Buffer => tlv(tags.octets, bytes);
