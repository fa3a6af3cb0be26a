import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto';
import type { Certificate } from '../trust/certificate.ts';
import { algorithmOf, ciphers, oids, type Algorithm, type ContentCipher } from './algorithms.ts';
import {
  childOf,
  contentOf,
  Malformed,
  octetsOf,
  oidOf,
  rawOf,
  smallIntegerOf,
  tags,
  toDer,
  type Value,
} from './der.ts';
import type { Identity } from './envelope.ts';
import { attempt, evenly } from './evenly.ts';
import { agreedKey } from './key-agreement.ts';
import { unwrapKey } from './key-transport.ts';

export interface Opened {
  /** Meaningless where `sound` is false, but there: whoever reads it must do the same work either way. */
  readonly content: Buffer;
  /** The padding is right (CBC), the tag is right (GCM), and the envelope was for one of us. */
  readonly sound: boolean;
  readonly cipher: ContentCipher;
}

/** Decrypt with whichever identity it was made for. All that can be wrong with keys and ciphertext (no recipient of ours,
 *  a wrong block, a wrong key, wrong padding) ends in `sound: false` after the same work: one private operation and one
 *  pass over the content. The answer is one for all (facts §6); how alike the times are is
 *  measured by bench/direct-timing.ts.
 *  @param info the ContentInfo
 *  @returns null when no key of ours could matter: there is none, or the cipher is not one we know
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
  const octets = octetsOf(body);
  const decrypt = type === oids.authEnvelopedData ? openGcm(fields) : openCbc;
  let found: Decrypted | null = null;
  for (const key of contentKeys(recipients, identities, cipher)) {
    // Every key is used, whatever came out before: where a message names us several times, an early end would tell by the
    // clock that the padding was right (Vaudenay).
    const each = attempt(() => decrypt(octets, key, cipher, algorithm));
    if (!found?.sound) found = each;
  }
  return found && { ...found, cipher };
}

/** The content key of each RecipientInfo that is for one of us; where none is, a random key, for the price of a real one. */
function* contentKeys(
  recipients: Value,
  identities: readonly Identity[],
  { keyBytes, weak }: ContentCipher,
): Generator<Buffer> {
  // A message names one recipient once; a hundred names for our key would be a hundred private operations. 3DES takes a
  // hundred times as long as AES, and is refused anyway.
  const most = weak ? 1 : 4;
  let tried = 0;
  for (const recipient of recipients.children) {
    const infos = recipient.tag === 0xa1 ? agreements(recipient) : transports(recipient);
    for (const { id, recover } of infos) {
      const identity = identities.find(({ certificate }) => isNamed(id, certificate));
      if (!identity || ++tried > most) continue;
      yield recover(identity, keyBytes);
    }
  }
  const [decoy] = identities;
  if (tried > 0 || !decoy) return;
  yield decoy.key.asymmetricKeyType === 'rsa'
    ? unwrapKey(decoyBlock(decoy.key), decoy.key, { oid: oids.rsa, parameters: null }, keyBytes)
    : randomBytes(keyBytes);
}

const decoyBlocks = new WeakMap<KeyObject, Buffer>();

/** As long as the modulus and below it: OpenSSL does not even begin with others. Kept, because asking a key for its
 *  length takes long enough to be seen. */
function decoyBlock(key: KeyObject): Buffer {
  const block = decoyBlocks.get(key) ?? Buffer.alloc((key.asymmetricKeyDetails?.modulusLength ?? 2_048) / 8, 1);
  decoyBlocks.set(key, block);
  return block;
}

interface Candidate {
  readonly id: Value;
  recover(identity: Identity, keyBytes: number): Buffer;
}

/** KeyTransRecipientInfo. Kinds that are for nobody here (key-encryption keys, passwords) are passed over. */
function transports(recipient: Value): Candidate[] {
  const id = recipient.children[1];
  if (recipient.tag !== tags.sequence || !id) return [];
  const algorithm = algorithmOf(childOf(recipient, 2, tags.sequence));
  const block = octetsOf(childOf(recipient, 3, tags.octets));
  return [{ id, recover: (identity, keyBytes) => unwrapKey(block, identity.key, algorithm, keyBytes) }];
}

/** KeyAgreeRecipientInfo: one sender's key, and an encrypted content key for each of several recipients. */
function agreements(recipient: Value): Candidate[] {
  const originator = childOf(recipient, 1, 0xa0);
  const material = recipient.children.find((field) => field.tag === 0xa1);
  const at = material ? 3 : 2;
  const algorithm = algorithmOf(childOf(recipient, at, tags.sequence));
  const keys = childOf(recipient, at + 1, tags.sequence).children;
  if (keys.length > 1_000) throw new Malformed('too many recipients');
  return keys.map((each) => ({
    id: childOf(each, 0),
    recover: (identity, keyBytes) =>
      agreedKey(
        {
          originator,
          material: material ? octetsOf(childOf(material, 0, tags.octets)) : null,
          algorithm,
          block: octetsOf(childOf(each, 1, tags.octets)),
        },
        identity.key,
        keyBytes,
      ),
  }));
}

/** By issuer and serial, or by subject key identifier: as it stands in KeyTrans, within a sequence in KeyAgree. */
function isNamed(id: Value, certificate: Certificate): boolean {
  if (id.tag === 0x80) return certificate.keyId?.equals(contentOf(id)) ?? false;
  if (id.tag === 0xa0) return certificate.keyId?.equals(octetsOf(childOf(id, 0))) ?? false;
  const [issuer, serial] = id.children;
  return (
    issuer !== undefined &&
    serial !== undefined &&
    rawOf(issuer).equals(certificate.issuer) &&
    rawOf(serial).equals(certificate.serial)
  );
}

type Decrypted = Pick<Opened, 'content' | 'sound'>;
type Decrypt = (body: Buffer, key: Buffer, cipher: ContentCipher, algorithm: Algorithm) => Decrypted;

/** The padding is judged here and not by OpenSSL, whose error would be a shorter way (Vaudenay, Lucky 13). */
const openCbc: Decrypt = (body, key, { name }, { parameters }) => {
  if (!parameters || name.endsWith('gcm')) throw new Malformed('no initialisation vector');
  const decipher = createDecipheriv(name, key, octetsOf(parameters)).setAutoPadding(false);
  const content = decipher.update(body);
  decipher.final();
  const padding = paddingOf(content, name === 'des-ede3-cbc' ? 8 : 16);
  return { content: content.subarray(0, content.length - padding), sound: padding > 0 };
};

/** Bytes of PKCS#7 padding at the end; 0 when it is wrong. The same steps whatever it says. */
function paddingOf(content: Buffer, block: number): number {
  const last = content[content.length - 1] ?? 0;
  let wrong = last === 0 || last > block ? 1 : 0;
  for (let i = 1; i <= block; i++) {
    const counts = i <= last ? 0xff : 0;
    wrong |= ((content[content.length - i] ?? 0) ^ last) & counts;
  }
  return wrong === 0 ? last : 0;
}

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
    const content = decipher.update(body);
    return { content, sound: evenly(() => decipher.final(), finishDecoy) !== null };
  };
}

const decoyKey = randomBytes(32);
const decoyNonce = randomBytes(12);
const decoyTag = createCipheriv('aes-256-gcm', decoyKey, decoyNonce);
decoyTag.final();
const rightTag = decoyTag.getAuthTag();
const wrongTag = Buffer.from(rightTag.map((byte) => byte ^ 0xff));

/** The end of a message of no bytes, with the right tag or a wrong one. */
const finishDecoy = (succeeds: boolean): unknown =>
  createDecipheriv('aes-256-gcm', decoyKey, decoyNonce)
    .setAuthTag(succeeds ? rightTag : wrongTag)
    .final();
