import { createCipheriv, randomBytes, type KeyObject } from 'node:crypto';
import type { Certificate } from '../trust/certificate.ts';
import { oids, type SealingCipher, type SealingDigest } from './algorithms.ts';
import { head, integer, octetString, oid, sequence, setOf, tags, tlv } from './der.ts';
import { agreeKey } from './key-agreement.ts';
import { wrapKey, type Transport } from './key-transport.ts';

/** A private key and the certificate that goes with it. */
export interface Identity {
  readonly key: KeyObject;
  readonly certificate: Certificate;
}

/** What a partner's system reads. */
export interface Reads {
  /** For RSA keys; an elliptic curve key leaves no choice. */
  readonly transport: Transport;
  /** Default: CBC, which everybody reads. */
  readonly cipher?: SealingCipher;
  /** Of signatures made for it. Default: SHA-256. */
  readonly digest?: SealingDigest;
}

export interface EnvelopeRecipient extends Reads {
  readonly certificate: Certificate;
}

/** GCM only where every recipient reads it: a message has one cipher. */
export const cipherFor = (recipients: readonly Reads[]): SealingCipher =>
  recipients.every(({ cipher }) => cipher === 'aes-256-gcm') ? 'aes-256-gcm' : 'aes-256-cbc';

/** EnvelopedData (RFC 5652 §6) with AES-256-CBC or AuthEnvelopedData (RFC 5083, 5084) with AES-256-GCM, DER, for every
 *  recipient. The content is encrypted while the result is read, once, in pieces small enough that no second copy of it
 *  ever exists.
 *  @param content pieces of the content, in order
 *  @returns the pieces of the ContentInfo */
export function sealEnvelope(content: readonly Buffer[], recipients: readonly EnvelopeRecipient[]): Generator<Buffer> {
  const key = randomBytes(32);
  const { type, algorithm, encrypt, paddedSize, macBytes } = sealing[cipherFor(recipients)](key);
  const size = paddedSize(content.reduce((sum, piece) => sum + piece.length, 0));
  const after = macBytes > 0 ? head(tags.octets, macBytes).length + macBytes : 0;
  const infos = setOf(tags.set, ...recipients.map((recipient) => recipientInfo(key, recipient)));
  const infoParts = Buffer.concat([data, algorithm, head(0x80, size)]);
  const infoHead = head(tags.sequence, infoParts.length + size);
  const version = integer(recipients.some(isAgreed) && macBytes === 0 ? 2 : 0);
  const bodyParts = Buffer.concat([version, infos, infoHead, infoParts]);
  const bodyHead = head(tags.sequence, bodyParts.length + size + after);
  const explicitHead = head(0xa0, bodyHead.length + bodyParts.length + size + after);
  const parts = Buffer.concat([type, explicitHead, bodyHead, bodyParts]);
  const first = Buffer.concat([head(tags.sequence, parts.length + size + after), parts]);
  return encrypt(first, content);
}

interface Sealing {
  /** OID of the ContentInfo. */
  readonly type: Buffer;
  readonly algorithm: Buffer;
  readonly macBytes: number;
  paddedSize(plain: number): number;
  encrypt(first: Buffer, content: readonly Buffer[]): Generator<Buffer>;
}

const sealing: Readonly<Record<SealingCipher, (key: Buffer) => Sealing>> = {
  'aes-256-cbc': (key) => {
    const iv = randomBytes(16);
    const cipher = createCipheriv('aes-256-cbc', key, iv);
    return {
      type: oid(oids.envelopedData),
      algorithm: sequence(oid(oids.aes256Cbc), octetString(iv)),
      macBytes: 0,
      paddedSize: (plain) => plain - (plain % 16) + 16,
      *encrypt(first, content) {
        yield first;
        for (const piece of inPieces(content)) yield cipher.update(piece);
        yield cipher.final();
      },
    };
  },
  'aes-256-gcm': (key) => {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
    return {
      type: oid(oids.authEnvelopedData),
      algorithm: sequence(oid(oids.aes256Gcm), sequence(octetString(nonce), integer(16))),
      macBytes: 16,
      paddedSize: (plain) => plain,
      *encrypt(first, content) {
        yield first;
        for (const piece of inPieces(content)) yield cipher.update(piece);
        yield cipher.final();
        yield octetString(cipher.getAuthTag());
      },
    };
  },
};

const pieceBytes = 32_768;

function* inPieces(content: readonly Buffer[]): Generator<Buffer> {
  for (const each of content) {
    for (let at = 0; at < each.length; at += pieceBytes) yield each.subarray(at, at + pieceBytes);
  }
}

const data = oid(oids.data);

const isAgreed = ({ certificate }: EnvelopeRecipient): boolean => certificate.publicKey.asymmetricKeyType === 'ec';

/** KeyTransRecipientInfo for an RSA key, KeyAgreeRecipientInfo (RFC 5753 §3.1) for one on a curve. */
function recipientInfo(key: Buffer, recipient: EnvelopeRecipient): Buffer {
  const { certificate, transport } = recipient;
  const name = sequence(certificate.issuer, certificate.serial);
  if (isAgreed(recipient)) {
    const { originator, algorithm, block } = agreeKey(key, certificate.publicKey);
    const keys = sequence(sequence(name, octetString(block)));
    return tlv(0xa1, integer(3), tlv(0xa0, originator), algorithm, keys);
  }
  const { algorithm, block } = wrapKey(key, certificate.publicKey, transport);
  return sequence(integer(0), name, algorithm, octetString(block));
}

/** ContentInfo around a value that is already DER. */
export const contentInfo = (type: string, value: Buffer): Buffer => sequence(oid(type), tlv(0xa0, value));
