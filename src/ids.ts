import { randomBytes } from 'node:crypto';
import type { Id } from './core/message.ts';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'; // Crockford: no i, l, o, u

/** `prefix_` and 26 characters: 48 bits of time so that ids sort by birth, 80 bits of chance so that none can be guessed. */
export function newId<P extends string>(prefix: P, now: number): Id<P> {
  let bits = BigInt(now);
  for (const byte of randomBytes(10)) bits = (bits << 8n) | BigInt(byte);
  let text = '';
  for (let i = 0; i < 26; i++) {
    text = (alphabet[Number(bits & 31n)] ?? '') + text;
    bits >>= 5n;
  }
  return `${prefix}_${text}`;
}
