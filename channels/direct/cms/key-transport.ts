import { constants, hash, privateDecrypt, publicEncrypt, randomBytes, type KeyObject } from 'node:crypto';
import { algorithmOf, digestOf, oids, type Algorithm } from './algorithms.ts';
import { childOf, Malformed, nothing, octetsOf, oid, sequence, tags, tlv } from './der.ts';

/** How the content key travels: RSA-OAEP with SHA-256 (facts A3), or PKCS#1 v1.5 for peers that know no better. */
export type Transport = 'oaep' | 'v15';

const sha256 = sequence(oid(oids.sha256), nothing);
const oaepSha256 = sequence(
  oid(oids.rsaOaep),
  sequence(tlv(0xa0, sha256), tlv(0xa1, sequence(oid(oids.mgf1), sha256))),
);
const pkcs1 = sequence(oid(oids.rsa), nothing);

/** Encrypt a content key for one recipient. Returns the AlgorithmIdentifier and the block. */
export function wrapKey(key: Buffer, recipient: KeyObject, transport: Transport): { algorithm: Buffer; block: Buffer } {
  return transport === 'oaep'
    ? {
        algorithm: oaepSha256,
        block: publicEncrypt({ key: recipient, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, key),
      }
    : { algorithm: pkcs1, block: publicEncrypt({ key: recipient, padding: constants.RSA_PKCS1_PADDING }, key) };
}

/** Recover a content key of `keyBytes`. Whatever is wrong with the block, the answer is a key: a random one, so that
 *  the failure shows only where every other failure shows, at the content (Bleichenbacher, Manger). */
export function unwrapKey(block: Buffer, key: KeyObject, algorithm: Algorithm, keyBytes: number): Buffer {
  const fallback = randomBytes(keyBytes);
  try {
    const found = decryptBlock(block, key, algorithm);
    return found?.length === keyBytes ? found : fallback;
  } catch {
    return fallback;
  }
}

function decryptBlock(block: Buffer, key: KeyObject, algorithm: Algorithm): Buffer | null {
  if (algorithm.oid === oids.rsa) return privateDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, block);
  if (algorithm.oid !== oids.rsaOaep) throw new Malformed('the key transport is not one we know');
  const parameters = oaepParameters(algorithm);
  return unpadOaep(privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, block), parameters);
}

/** RSAES-OAEP-params (RFC 4055 §4.1). An empty sequence means SHA-1 all through; anything but a sequence is refused,
 *  never read as PKCS#1 v1.5. */
function oaepParameters({ parameters }: Algorithm): { digest: string; mask: string; label: Buffer } {
  if (parameters?.tag !== tags.sequence) throw new Malformed('RSA-OAEP without parameters');
  let digest = 'sha1';
  let mask = 'sha1';
  let label: Buffer = Buffer.alloc(0);
  for (const field of parameters.children) {
    const inner = childOf(field, 0);
    if (field.tag === 0xa0) digest = digestOf(inner).name;
    else if (field.tag === 0xa1) mask = maskDigest(algorithmOf(inner));
    else if (field.tag === 0xa2) label = octetsOf(childOf(inner, 1, tags.octets));
    else throw new Malformed('RSA-OAEP with an unknown parameter');
  }
  if (digest === 'md5' || mask === 'md5') throw new Malformed('RSA-OAEP with MD5');
  return { digest, mask, label };
}

function maskDigest({ oid: name, parameters }: Algorithm): string {
  if (name !== oids.mgf1 || !parameters) throw new Malformed('RSA-OAEP with an unknown mask function');
  return digestOf(parameters).name;
}

/** EME-OAEP decoding (RFC 8017 §7.1.2). Ours, because node:crypto cannot say a mask digest that differs from the label
 *  digest, and because its error takes a tenth longer than its success. All checks fold into one flag; null is no error
 *  to be built and thrown (Manger). */
function unpadOaep(
  block: Buffer,
  { digest, mask, label }: { readonly digest: string; readonly mask: string; readonly label: Buffer },
): Buffer | null {
  const labelHash = hash(digest, label, 'buffer');
  const size = labelHash.length;
  const seed = block.subarray(1, 1 + size);
  const data = block.subarray(1 + size);
  unmask(seed, data, mask);
  unmask(data, seed, mask);
  let wrong = block[0] ?? 1;
  for (let i = 0; i < size; i++) wrong |= (data[i] ?? 0) ^ (labelHash[i] ?? 0);
  let start = 0;
  for (let i = size; i < data.length; i++) {
    const byte = data[i] ?? 0;
    const searching = start === 0 ? 1 : 0;
    const one = byte === 1 ? 1 : 0;
    start += (i + 1) * (searching & one);
    wrong |= byte * (searching & (1 - one));
  }
  return wrong === 0 && start > 0 ? data.subarray(start) : null;
}

/** Take MGF1 of a seed (RFC 8017 §B.2.1) off a target, in place. */
function unmask(target: Buffer, seed: Buffer, digest: string): void {
  const counted = Buffer.concat([seed, Buffer.alloc(4)]);
  for (let at = 0, count = 0; at < target.length; count++) {
    counted.writeUInt32BE(count, seed.length);
    // As text: a buffer for each of nine pieces would cost more than the hashing.
    const piece = hash(digest, counted, 'latin1');
    for (let i = 0; i < piece.length && at < target.length; i++, at++)
      target[at] = (target[at] ?? 0) ^ piece.charCodeAt(i);
  }
}
