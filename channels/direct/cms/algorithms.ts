import type { KeyObject } from 'node:crypto';
import { childOf, Malformed, nothing, oid, oidOf, sequence, type Value } from './der.ts';

/** Object identifiers of RFC 5652, 5084, 4055, 5754 that Direct messages are made of. */
export const oids = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  envelopedData: '1.2.840.113549.1.7.3',
  authEnvelopedData: '1.2.840.113549.1.9.16.1.23',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  rsa: '1.2.840.113549.1.1.1',
  rsaOaep: '1.2.840.113549.1.1.7',
  mgf1: '1.2.840.113549.1.1.8',
  specified: '1.2.840.113549.1.1.9',
  rsaPss: '1.2.840.113549.1.1.10',
  sha256WithRsa: '1.2.840.113549.1.1.11',
  ecPublicKey: '1.2.840.10045.2.1',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  ecdsaWithSha384: '1.2.840.10045.4.3.3',
  ecdsaWithSha512: '1.2.840.10045.4.3.4',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
  aes256Gcm: '2.16.840.1.101.3.4.1.46',
  aes256Wrap: '2.16.840.1.101.3.4.1.45',
  stdDhSha256Kdf: '1.3.132.1.11.1',
  stdDhSha384Kdf: '1.3.132.1.11.2',
  stdDhSha512Kdf: '1.3.132.1.11.3',
} as const;

export interface Digest {
  readonly name: string;
  /** Facts A1: MD5 and SHA-1 are read, so that the record can say so, and refused. */
  readonly weak: boolean;
}

export const digests: ReadonlyMap<string, Digest> = new Map([
  ['2.16.840.1.101.3.4.2.1', { name: 'sha256', weak: false }],
  ['2.16.840.1.101.3.4.2.2', { name: 'sha384', weak: false }],
  ['2.16.840.1.101.3.4.2.3', { name: 'sha512', weak: false }],
  ['1.3.14.3.2.26', { name: 'sha1', weak: true }],
  ['1.2.840.113549.2.5', { name: 'md5', weak: true }],
]);

/** Signature algorithm → kind of key and the digest it binds; null: bound by the signer's digestAlgorithm. */
export const signatures: ReadonlyMap<string, { readonly key: 'rsa' | 'ec'; readonly digest: string | null }> = new Map([
  [oids.rsa, { key: 'rsa', digest: null }],
  ['1.2.840.113549.1.1.4', { key: 'rsa', digest: 'md5' }],
  ['1.2.840.113549.1.1.5', { key: 'rsa', digest: 'sha1' }],
  [oids.sha256WithRsa, { key: 'rsa', digest: 'sha256' }],
  ['1.2.840.113549.1.1.12', { key: 'rsa', digest: 'sha384' }],
  ['1.2.840.113549.1.1.13', { key: 'rsa', digest: 'sha512' }],
  ['1.2.840.10045.2.1', { key: 'ec', digest: null }],
  ['1.2.840.10045.4.1', { key: 'ec', digest: 'sha1' }],
  ['1.2.840.10045.4.3.2', { key: 'ec', digest: 'sha256' }],
  ['1.2.840.10045.4.3.3', { key: 'ec', digest: 'sha384' }],
  ['1.2.840.10045.4.3.4', { key: 'ec', digest: 'sha512' }],
]);

export interface ContentCipher {
  readonly name:
    'aes-128-cbc' | 'aes-192-cbc' | 'aes-256-cbc' | 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm' | 'des-ede3-cbc';
  readonly keyBytes: number;
  readonly weak: boolean;
}

/** Content ciphers that we write: CBC, which everybody reads, and GCM in AuthEnvelopedData (RFC 5084). */
export type SealingCipher = 'aes-256-cbc' | 'aes-256-gcm';

/** Digests that we sign with. */
export type SealingDigest = 'sha256' | 'sha384' | 'sha512';

/** Facts A2. 3DES is read, so that the record can say so, and refused. */
export const ciphers: ReadonlyMap<string, ContentCipher> = new Map<string, ContentCipher>([
  ['2.16.840.1.101.3.4.1.2', { name: 'aes-128-cbc', keyBytes: 16, weak: false }],
  ['2.16.840.1.101.3.4.1.22', { name: 'aes-192-cbc', keyBytes: 24, weak: false }],
  [oids.aes256Cbc, { name: 'aes-256-cbc', keyBytes: 32, weak: false }],
  ['2.16.840.1.101.3.4.1.6', { name: 'aes-128-gcm', keyBytes: 16, weak: false }],
  ['2.16.840.1.101.3.4.1.26', { name: 'aes-192-gcm', keyBytes: 24, weak: false }],
  ['2.16.840.1.101.3.4.1.46', { name: 'aes-256-gcm', keyBytes: 32, weak: false }],
  ['1.2.840.113549.3.7', { name: 'des-ede3-cbc', keyBytes: 24, weak: true }],
]);

export interface Algorithm {
  readonly oid: string;
  readonly parameters: Value | null;
}

/** AlgorithmIdentifier ::= SEQUENCE { algorithm, parameters OPTIONAL }. @throws Malformed */
export function algorithmOf(value: Value): Algorithm {
  if (value.children.length > 2) throw new Malformed('an algorithm has more than one parameter');
  return { oid: oidOf(childOf(value, 0)), parameters: value.children[1] ?? null };
}

/** The digest named by an AlgorithmIdentifier. @throws Malformed when we do not know it. */
export function digestOf(value: Value): Digest {
  const digest = digests.get(algorithmOf(value).oid);
  if (!digest) throw new Malformed('the digest algorithm is not one we know');
  return digest;
}

/** AlgorithmIdentifiers that we write. */
export const sha256WithRsa: Buffer = sequence(oid(oids.sha256WithRsa), nothing);
export const ecdsaSha256: Buffer = sequence(oid(oids.ecdsaWithSha256));

export const digestAlgorithm = (name: SealingDigest): Buffer => sequence(oid(oids[name]), nothing);

/** RSA PKCS#1 v1.5 names the key alone, as RFC 3370 §3.2 has it; ECDSA names its digest (RFC 5753 §2.1.1). */
export function signatureAlgorithm(key: KeyObject, name: SealingDigest): Buffer {
  if (key.asymmetricKeyType !== 'ec') return sequence(oid(oids.rsa), nothing);
  const named = { sha256: oids.ecdsaWithSha256, sha384: oids.ecdsaWithSha384, sha512: oids.ecdsaWithSha512 };
  return sequence(oid(named[name]));
}
