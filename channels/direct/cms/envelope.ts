import { createCipheriv, createDecipheriv, randomBytes, type Cipheriv, type KeyObject } from 'node:crypto';
import type { Certificate } from '../trust/certificate.ts';
import { algorithmOf, ciphers, oids, type Algorithm, type ContentCipher } from './algorithms.ts';
import {
  childOf,
  contentOf,
  head,
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
import type { Bytes } from '../mime/encode.ts';
import { unwrapKey, wrapKey, type Transport } from './key-transport.ts';

/** A private key and the certificate that goes with it. */
export interface Identity {
  readonly key: KeyObject;
  readonly certificate: Certificate;
}

export interface EnvelopeRecipient {
  readonly certificate: Certificate;
  readonly transport: Transport;
}

/** EnvelopedData (RFC 5652 §6) with AES-256-CBC, DER, for every recipient. The content is encrypted while the result is
 *  read, in pieces small enough that no second copy of it ever exists.
 *  @param content pieces of the content, in order
 *  @returns the ContentInfo */
export function sealEnvelope(content: readonly Buffer[], recipients: readonly EnvelopeRecipient[]): Bytes {
  const key = randomBytes(32);
  const iv = randomBytes(16);
  const plain = content.reduce((sum, piece) => sum + piece.length, 0);
  const size = plain - (plain % 16) + 16;
  const infos = setOf(tags.set, ...recipients.map((recipient) => recipientInfo(key, recipient)));
  const algorithm = sequence(aes256Cbc, octetString(iv));
  const infoParts = Buffer.concat([data, algorithm, head(0x80, size)]);
  const infoHead = head(tags.sequence, infoParts.length + size);
  const bodyParts = Buffer.concat([integer(0), infos, infoHead, infoParts]);
  const bodyHead = head(tags.sequence, bodyParts.length + size);
  const explicitHead = head(0xa0, bodyHead.length + bodyParts.length + size);
  const parts = Buffer.concat([envelopedData, explicitHead, bodyHead, bodyParts]);
  const first = Buffer.concat([head(tags.sequence, parts.length + size), parts]);
  return { size: first.length + size, pieces: encrypt(first, content, createCipheriv('aes-256-cbc', key, iv)) };
}

const pieceBytes = 8_192;

function* encrypt(first: Buffer, content: readonly Buffer[], cipher: Cipheriv): Generator<Buffer> {
  yield first;
  for (const each of content) {
    for (let at = 0; at < each.length; at += pieceBytes) yield cipher.update(each.subarray(at, at + pieceBytes));
  }
  yield cipher.final();
}

const data = oid(oids.data);
const aes256Cbc = oid(oids.aes256Cbc);
const envelopedData = oid(oids.envelopedData);

function recipientInfo(key: Buffer, { certificate, transport }: EnvelopeRecipient): Buffer {
  const { algorithm, block } = wrapKey(key, certificate.publicKey, transport);
  return sequence(integer(0), sequence(certificate.issuer, certificate.serial), algorithm, octetString(block));
}

export interface Opened {
  readonly content: Buffer;
  readonly cipher: ContentCipher;
}

/** Decrypt with whichever identity it was made for. Null when it cannot be done, for any reason at all: no recipient
 *  of ours, a wrong block, a wrong key, wrong padding. Nobody can tell these apart (facts §6).
 *  @param info the ContentInfo
 *  @throws Malformed when the structure itself is broken: that is the sender's bytes, and says nothing about keys */
export function openEnvelope(info: Value, identities: readonly Identity[]): Opened | null {
  const type = oidOf(childOf(info, 0));
  const data = childOf(childOf(info, 1, 0xa0), 0, tags.sequence);
  const fields = data.children.filter((field) => field.tag !== 0xa0);
  const recipients = fields[1];
  const encrypted = fields[2];
  if (recipients?.tag !== tags.set || encrypted?.tag !== tags.sequence) throw new Malformed('no enveloped data');
  if (recipients.children.length > 1_000) throw new Malformed('too many recipients');
  const algorithm = algorithmOf(childOf(encrypted, 1, tags.sequence));
  const cipher = ciphers.get(algorithm.oid);
  const body = encrypted.children[2];
  if (!cipher || !body) return null;
  const decrypt = type === oids.authEnvelopedData ? openGcm(fields) : openCbc;
  for (const recipient of recipients.children) {
    const identity = identities.find((each) => isFor(recipient, each.certificate));
    if (!identity) continue;
    const transport = algorithmOf(childOf(recipient, 2, tags.sequence));
    const block = octetsOf(childOf(recipient, 3, tags.octets));
    const key = unwrapKey(block, identity.key, transport, cipher.keyBytes);
    const content = attempt(() => decrypt(octetsOf(body), key, cipher, algorithm));
    if (content) return { content, cipher };
  }
  return null;
}

/** KeyTransRecipientInfo by issuer and serial, or by subject key identifier. Other kinds are not for us. */
function isFor(recipient: Value, certificate: Certificate): boolean {
  if (recipient.tag !== tags.sequence) return false;
  const id = recipient.children[1];
  if (!id) return false;
  if (id.tag === 0x80) return certificate.keyId?.equals(contentOf(id)) ?? false;
  const [issuer, serial] = id.children;
  return (
    issuer !== undefined &&
    serial !== undefined &&
    rawOf(issuer).equals(certificate.issuer) &&
    rawOf(serial).equals(certificate.serial)
  );
}

type Decrypt = (body: Buffer, key: Buffer, cipher: ContentCipher, algorithm: Algorithm) => Buffer;

const openCbc: Decrypt = (body, key, { name }, { parameters }) => {
  if (!parameters || name.endsWith('gcm')) throw new Malformed('no initialisation vector');
  const decipher = createDecipheriv(name, key, octetsOf(parameters));
  return Buffer.concat([decipher.update(body), decipher.final()]);
};

/** RFC 5083 and 5084. A tag shorter than 12 bytes proves too little. */
function openGcm(fields: readonly Value[]): Decrypt {
  const attributes = fields.find((field) => field.tag === 0xa1);
  const mac = fields.find((field) => field.tag === tags.octets);
  return (body, key, { name }, { parameters }) => {
    if (name !== 'aes-128-gcm' && name !== 'aes-192-gcm' && name !== 'aes-256-gcm') throw new Malformed('not AES-GCM');
    if (!parameters || !mac) throw new Malformed('AES-GCM without parameters');
    const tagBytes = parameters.children[1] ? smallIntegerOf(parameters.children[1]) : 12;
    const tag = octetsOf(mac);
    if (tagBytes < 12 || tagBytes > 16 || tag.length !== tagBytes) throw new Malformed('AES-GCM tag length');
    const nonce = octetsOf(childOf(parameters, 0, tags.octets));
    const decipher = createDecipheriv(name, key, nonce, { authTagLength: tagBytes }).setAuthTag(tag);
    if (attributes) decipher.setAAD(toDer(attributes, tags.set));
    return Buffer.concat([decipher.update(body), decipher.final()]);
  };
}

function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}

/** ContentInfo around a value that is already DER. */
export const contentInfo = (type: string, value: Buffer): Buffer => sequence(oid(type), tlv(0xa0, value));
