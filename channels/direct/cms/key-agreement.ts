import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { algorithmOf, oids, type Algorithm } from './algorithms.ts';
import {
  childOf,
  contentOf,
  Malformed,
  octetString,
  oid,
  rawOf,
  readValue,
  sequence,
  tags,
  tlv,
  type Value,
} from './der.ts';
import { attempt, evenly } from './evenly.ts';

/** Key derivations of RFC 5753 §7.1.4 by ECDH, standard and cofactor: the NIST curves have cofactor 1, so both are the
 *  same. SHA-1 is read as in RSA-OAEP: nothing here rests on its collisions, and `openssl cms` knows no other default. */
const derivations: ReadonlyMap<string, string> = new Map([
  ['1.3.133.16.840.63.0.2', 'sha1'],
  ['1.3.133.16.840.63.0.3', 'sha1'],
  [oids.stdDhSha256Kdf, 'sha256'],
  ['1.3.132.1.14.1', 'sha256'],
  [oids.stdDhSha384Kdf, 'sha384'],
  ['1.3.132.1.14.2', 'sha384'],
  [oids.stdDhSha512Kdf, 'sha512'],
  ['1.3.132.1.14.3', 'sha512'],
]);

/** AES key wrap (RFC 3394) → bytes of its key. */
const wraps: ReadonlyMap<string, number> = new Map([
  ['2.16.840.1.101.3.4.1.5', 16],
  ['2.16.840.1.101.3.4.1.25', 24],
  [oids.aes256Wrap, 32],
]);

const wrapVector = Buffer.alloc(8, 0xa6);
const aes256Wrap = sequence(oid(oids.aes256Wrap));
const curves: ReadonlyMap<string, { readonly scheme: string; readonly digest: string }> = new Map([
  ['prime256v1', { scheme: oids.stdDhSha256Kdf, digest: 'sha256' }],
  ['secp384r1', { scheme: oids.stdDhSha384Kdf, digest: 'sha384' }],
  ['secp521r1', { scheme: oids.stdDhSha512Kdf, digest: 'sha512' }],
]);

export interface Agreed {
  /** OriginatorPublicKey of a key made for this message alone. */
  readonly originator: Buffer;
  readonly algorithm: Buffer;
  readonly block: Buffer;
}

/** Encrypt a content key by ECDH with a key of its own, a derivation as strong as the curve, and AES-256 key wrap. */
export function agreeKey(key: Buffer, recipient: KeyObject): Agreed {
  const namedCurve = recipient.asymmetricKeyDetails?.namedCurve ?? '';
  const curve = curves.get(namedCurve);
  if (!curve) throw new Malformed('the key is on a curve that we do not encrypt to');
  const own = generateKeyPairSync('ec', { namedCurve });
  const secret = diffieHellman({ privateKey: own.privateKey, publicKey: recipient });
  const kek = derive(secret, curve.digest, { wrap: aes256Wrap, bytes: 32, material: null });
  const { algorithm, point } = partsOf(own.publicKey);
  return {
    originator: tlv(0xa1, algorithm, tlv(tags.bits, point)),
    algorithm: sequence(oid(curve.scheme), aes256Wrap),
    block: wrap(key, kek),
  };
}

function wrap(key: Buffer, kek: Buffer): Buffer {
  const cipher = createCipheriv('id-aes256-wrap', kek, wrapVector);
  return Buffer.concat([cipher.update(key), cipher.final()]);
}

/** AlgorithmIdentifier, and the content of the bit string, of a public key. */
function partsOf(key: KeyObject): { algorithm: Buffer; point: Buffer } {
  const whole = readValue(key.export({ type: 'spki', format: 'der' }));
  return { algorithm: rawOf(childOf(whole, 0, tags.sequence)), point: contentOf(childOf(whole, 1, tags.bits)) };
}

export interface Offer {
  /** KeyAgreeRecipientInfo's originator: `[0]` around one of its three forms. */
  readonly originator: Value;
  /** User keying material, where the sender put any. */
  readonly material: Buffer | null;
  readonly algorithm: Algorithm;
  readonly block: Buffer;
}

/** Recover a content key of `keyBytes`. As with RSA, whatever is wrong the answer is a key: a random one. */
export function agreedKey(offer: Offer, key: KeyObject, keyBytes: number): Buffer {
  const fallback = randomBytes(keyBytes);
  const found = attempt(() => recover(offer, key));
  return found?.length === keyBytes ? found : fallback;
}

function recover({ originator, material, algorithm, block }: Offer, key: KeyObject): Buffer | null {
  const digest = derivations.get(algorithm.oid);
  const wrapping = algorithm.parameters;
  const bytes = wrapping ? wraps.get(algorithmOf(wrapping).oid) : undefined;
  if (!digest || !wrapping || bytes === undefined) throw new Malformed('the key agreement is not one we know');
  const publicKey = senderKey(originator, key);
  const secret = diffieHellman({ privateKey: key, publicKey });
  const kek = derive(secret, digest, { wrap: rawOf(wrapping), bytes, material });
  return evenly(() => unwrap(block, kek, bytes), unwrapDecoy);
}

function unwrap(block: Buffer, kek: Buffer, bytes: number): Buffer {
  const decipher = createDecipheriv(`id-aes${bytes * 8}-wrap`, kek, wrapVector);
  return Buffer.concat([decipher.update(block), decipher.final()]);
}

const decoyKek = randomBytes(32);
const rightBlock = wrap(randomBytes(32), decoyKek);
const wrongBlock = Buffer.from(rightBlock.map((byte) => byte ^ 0xff));

const unwrapDecoy = (succeeds: boolean): Buffer => unwrap(succeeds ? rightBlock : wrongBlock, decoyKek, 32);

/** The sender's one-time point on the curve of our own key, whatever parameters it was sent with: OpenSSL refuses a point
 *  that is not on it (invalid curve attack). */
function senderKey(originator: Value, own: KeyObject): KeyObject {
  const point = contentOf(childOf(childOf(originator, 0, 0xa1), 1, tags.bits));
  const der = sequence(partsOf(createPublicKey(own)).algorithm, tlv(tags.bits, point));
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}

/** The key derivation of ANSI X9.63 over ECC-CMS-SharedInfo (RFC 5753 §7.2). */
function derive(
  secret: Buffer,
  digest: string,
  { wrap, bytes, material }: { readonly wrap: Buffer; readonly bytes: number; readonly material: Buffer | null },
): Buffer {
  const bits = Buffer.alloc(4);
  bits.writeUInt32BE(bytes * 8);
  const info = sequence(wrap, ...(material ? [tlv(0xa0, octetString(material))] : []), tlv(0xa2, octetString(bits)));
  const blocks: Buffer[] = [];
  const counter = Buffer.alloc(4);
  for (let made = 0, number = 1; made < bytes; number++) {
    counter.writeUInt32BE(number);
    const block = createHash(digest).update(secret).update(counter).update(info).digest();
    blocks.push(block);
    made += block.length;
  }
  return Buffer.concat(blocks).subarray(0, bytes);
}
