import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** AES-256-GCM with random 96-bit nonces: head ‖ nonce ‖ tag ‖ text. */

export const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
export const overhead = nonceBytes + tagBytes;

// Chance is drawn in bulk: asking the system for twelve bytes costs more than sealing a small row.
let pool = Buffer.alloc(0);

/** At most 4,096 bytes that nobody can guess. */
export function chance(bytes: number): Buffer {
  if (pool.length < bytes) pool = randomBytes(4096);
  const drawn = pool.subarray(0, bytes);
  pool = pool.subarray(bytes);
  return drawn;
}

/** `context` is bound in and must be given again to open. */
export function encrypt(key: Uint8Array, head: Uint8Array, plain: Uint8Array, context: string): Buffer {
  const nonce = chance(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(context));
  const body = cipher.update(plain);
  cipher.final();
  return Buffer.concat([head, nonce, cipher.getAuthTag(), body]);
}

/** @throws when the bytes were altered, or key or context are others. */
export function decrypt(key: Uint8Array, sealed: Uint8Array, headBytes: number, context: string): Buffer {
  const start = headBytes + overhead;
  if (sealed.length < start) throw new Error('not a sealed value of this vault');
  const nonce = sealed.subarray(headBytes, headBytes + nonceBytes);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(sealed.subarray(headBytes + nonceBytes, start));
  return Buffer.concat([decipher.update(sealed.subarray(start)), decipher.final()]);
}

/** A key for one purpose out of a key for many. */
export const derive = (key: Uint8Array, purpose: string, bytes = keyBytes): Buffer =>
  Buffer.from(hkdfSync('sha256', key, '', `loopgate ${purpose}`, bytes));
