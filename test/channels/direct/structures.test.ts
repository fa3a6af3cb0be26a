import { fromBER } from 'asn1js';
import { describe, expect, test } from '@jest/globals';
import {
  Malformed,
  octetString,
  oid,
  rawOf,
  readValue,
  sequence,
  tlv,
  toDer,
} from '../../../channels/direct/cms/der.ts';
import { readCertificate } from '../../../channels/direct/trust/certificate.ts';
import { nameKeys } from '../../../channels/direct/trust/names.ts';
import { parse } from '../../../channels/direct/trust/structures.ts';
import { authority, person } from './support.ts';

const { raw } = person(authority(), 'alice@a.example', { key: 'P-256' }).cert;

/** The certificate with that one extension and no other. */
function bearing(id: string, value: Buffer): Buffer {
  const { children } = readValue(raw);
  const [body, ...rest] = children;
  const fields = (body?.children ?? []).filter(({ tag }) => tag !== 0xa3).map(rawOf);
  const extension = sequence(oid(id), octetString(value));
  return sequence(sequence(...fields, tlv(0xa3, sequence(extension))), ...rest.map(rawOf));
}

describe('a certificate', () => {
  const nothing = Buffer.from([5, 0]);

  test('with an extension that nobody knows is read, so that those below are refused for their own reasons', () => {
    expect(readCertificate(bearing('1.2.3.4', nothing)).keyUsage).toBeNull();
  });

  test.each([
    ['subjectKeyIdentifier', '2.5.29.14'],
    ['keyUsage', '2.5.29.15'],
    ['subjectAltName', '2.5.29.17'],
    ['basicConstraints', '2.5.29.19'],
    ['nameConstraints', '2.5.29.30'],
    ['cRLDistributionPoints', '2.5.29.31'],
    ['certificatePolicies', '2.5.29.32'],
    ['policyMappings', '2.5.29.33'],
    ['policyConstraints', '2.5.29.36'],
    ['freshestCRL', '2.5.29.46'],
    ['inhibitAnyPolicy', '2.5.29.54'],
    ['authorityInfoAccess', '1.3.6.1.5.5.7.1.1'],
    ['S/MIME capabilities', '1.2.840.113549.1.9.15'],
  ])('whose %s cannot be decoded is refused', (_name, id) => {
    expect(() => readCertificate(bearing(id, nothing))).toThrow(Malformed);
  });

  test('whose extension has bytes behind it, or a negative path length, is refused', () => {
    const yes = [1, 1, 0xff];
    const limited = (length: number): Buffer => bearing('2.5.29.19', Buffer.from([0x30, 6, ...yes, 2, 1, length]));
    expect(readCertificate(limited(3))).toMatchObject({ ca: true, pathLength: 3 });
    expect(() => readCertificate(limited(0xff))).toThrow(Malformed);
    expect(() => readCertificate(bearing('2.5.29.19', Buffer.from([0x30, 3, ...yes, 0])))).toThrow(Malformed);
  });
});

describe('the library never sees', () => {
  const nested = (depth: number): Buffer =>
    Array.from({ length: depth }).reduce<Buffer>((inner) => tlv(0x30, inner), Buffer.from([5, 0]));

  test.each([
    ['what is nested too deep', nested(60)],
    ['what is too large', octetString(Buffer.alloc(300_000))],
    ['a time of no zone', tlv(0x18, Buffer.from('20261120120000'))],
    ['a time with an offset', tlv(0x17, Buffer.from('2611201200+0100'))],
  ])('%s, though it would read it', (_name, bytes) => {
    expect(fromBER(bytes).offset).toBe(bytes.length);
    expect(() => parse(bytes)).toThrow(Malformed);
  });

  test('bytes behind a value, which it would ignore', () => {
    const bytes = Buffer.concat([nested(2), Buffer.from([0])]);
    expect(fromBER(bytes).offset).toBe(bytes.length - 1);
    expect(() => parse(bytes)).toThrow(Malformed);
  });
});

describe('names', () => {
  const part = (id: string, tag: number, text: Buffer): Buffer => sequence(oid(id), tlv(tag, text));
  const utf16 = Buffer.from('Ärzte  Haus', 'utf16le').swap16();
  const one = part('2.5.4.3', 0x0c, Buffer.from('ärzte haus'));
  const two = part('2.5.4.10', 0x13, Buffer.from('A Clinic'));

  test('compare without case and double blanks, in whatever kind of string they stand', () => {
    const big = sequence(tlv(0x31, part('2.5.4.3', 0x1e, utf16)));
    const latin = sequence(tlv(0x31, part('2.5.4.3', 0x14, Buffer.from('ÄRZTE haus ', 'latin1'))));
    expect(nameKeys(big)).toEqual(nameKeys(sequence(tlv(0x31, one))));
    expect(nameKeys(latin)).toEqual(nameKeys(big));
  });

  test('of two parts are others than names of one part that says both', () => {
    const apart = nameKeys(sequence(tlv(0x31, one), tlv(0x31, two)));
    const together = nameKeys(sequence(tlv(0x31, one, two)));
    expect([apart.length, together.length]).toEqual([2, 1]);
    expect(nameKeys(sequence(tlv(0x31, two, one)))).toEqual(together);
  });

  test('that end with a NUL are not those without', () => {
    const ended = sequence(tlv(0x31, part('2.5.4.10', 0x13, Buffer.from('A Clinic\0'))));
    expect(nameKeys(ended)).not.toEqual(nameKeys(sequence(tlv(0x31, two))));
  });

  test.each([
    ['no list', Buffer.from([5, 0])],
    ['a list of no sets', sequence(one)],
    ['an attribute without a value', sequence(tlv(0x31, sequence(oid('2.5.4.3'))))],
  ])('that are %s are refused', (_name, bytes) => {
    expect(() => nameKeys(bytes)).toThrow(Malformed);
    expect(toDer(readValue(bytes))).toEqual(bytes);
  });
});
