import { expect } from '@jest/globals';
import fc from 'fast-check';
import { head, Malformed, readValue, tlv, type Value } from '../../../channels/direct/cms/der.ts';

/** Inputs that know the structure they break: 100,000, shared out over the kinds, always the same. FUZZ says how many
 *  others to take. */
export const runs = Number(process.env['FUZZ'] ?? 100_000);
export const share = (part: number): object => ({
  numRuns: Math.ceil(runs * part),
  ...(process.env['FUZZ'] ? {} : { seed: 4 }),
});

type Wrong = 'drop' | 'double' | 'swap' | 'indefinite' | 'tag' | 'bytes' | 'length' | 'deep';

/** One wrong turn in a tree of ASN.1: at which value, and what happens to it. */
const turn = fc.record({
  at: fc.nat(),
  from: fc.nat(),
  what: fc.constantFrom<Wrong>('drop', 'double', 'swap', 'indefinite', 'tag', 'bytes', 'length', 'deep'),
  byte: fc.nat(255),
  bytes: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
});
type Turn = typeof turn extends fc.Arbitrary<infer T> ? T : never;
export const turns = fc.array(turn, { minLength: 1, maxLength: 4 });

export const flat = (value: Value): Value[] => [value, ...value.children.flatMap(flat)];

/** The bytes with one value put wrong, and all lengths around it set right again: else nothing gets past the first. */
export function altered(bytes: Buffer, { at, from, what, byte, bytes: other }: Turn): Buffer {
  const all = flat(readable(bytes));
  const target = all[at % all.length];
  const source = all[from % all.length];
  if (!target || !source) return bytes;
  const raw = bytes.subarray(target.start, target.end);
  const body = bytes.subarray(target.body, target.bodyEnd);
  const instead = {
    drop: () => Buffer.alloc(0),
    double: () => Buffer.concat([raw, raw]),
    swap: () => bytes.subarray(source.start, source.end),
    indefinite: () => Buffer.concat([Buffer.from([target.tag | 0x20, 0x80]), body, Buffer.from([0, 0])]),
    tag: () => tlv(byte & 0xdf, body),
    bytes: () => tlv(target.tag, other),
    length: () => Buffer.concat([head(target.tag, body.length + byte), body]),
    deep: () => Array.from({ length: byte }).reduce<Buffer>((inner) => tlv(0x30, inner), raw),
  }[what]();
  return rebuilt(readable(bytes), target.start, instead);
}

const readable = (bytes: Buffer): Value => {
  try {
    return readValue(bytes);
  } catch {
    return { tag: 4, source: bytes, start: 0, body: 0, bodyEnd: bytes.length, end: bytes.length, children: [] };
  }
};

export function rebuilt(value: Value, start: number, instead: Buffer): Buffer {
  if (value.start === start) return instead;
  const raw = value.source.subarray(value.start, value.end);
  if (start < value.start || start >= value.end || value.children.length === 0) return raw;
  return tlv(value.tag, ...value.children.map((child) => rebuilt(child, start, instead)));
}

/** Runs, or says no in our own words, within a second. */
export function within<T>(work: () => T): T | null {
  const start = performance.now();
  try {
    return work();
  } catch (cause) {
    if (cause instanceof Malformed) return null;
    throw cause;
  } finally {
    expect(performance.now() - start).toBeLessThan(1_000);
  }
}
