import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { ConfigError } from '../errors.ts';

/** Seals what nobody may read from the disk (AES-256-GCM), and makes search terms that tell nothing without the key. */
export interface Vault {
  /** `context` is bound in: a sealed value moved to another row does not open. */
  seal(plain: Uint8Array, context: string): Uint8Array;
  /** @throws when the bytes were altered, belong elsewhere, or were sealed with another key. */
  open(sealed: Uint8Array, context: string): Uint8Array;
  sealJson(value: unknown, context: string): Uint8Array;
  openJson(sealed: Uint8Array, context: string): unknown;
  /** Keyed hash of a search term, hex. */
  term(text: string): string;
}

const version = 1;
const nonceBytes = 12;
const tagBytes = 16;

/** @param key 32 bytes, kept apart from the data. */
export function createVault(key: Uint8Array): Vault {
  if (key.length !== 32) throw new ConfigError([`vault key: 32 bytes are needed, ${key.length} were given`]);
  const sealing = Buffer.from(hkdfSync('sha256', key, '', 'loopgate seal', 32));
  const searching = Buffer.from(hkdfSync('sha256', key, '', 'loopgate search', 32));

  // Chance is drawn in bulk: asking the system for twelve bytes costs more than sealing a small row.
  let pool = Buffer.alloc(0);
  function fresh(): Buffer {
    if (pool.length === 0) pool = randomBytes(nonceBytes * 256);
    const nonce = pool.subarray(0, nonceBytes);
    pool = pool.subarray(nonceBytes);
    return nonce;
  }

  function seal(plain: Uint8Array, context: string): Uint8Array {
    const nonce = fresh();
    const cipher = createCipheriv('aes-256-gcm', sealing, nonce, { authTagLength: tagBytes });
    cipher.setAAD(Buffer.from(context));
    const body = cipher.update(plain);
    cipher.final();
    return Buffer.concat([Buffer.of(version), nonce, cipher.getAuthTag(), body]);
  }

  function open(sealed: Uint8Array, context: string): Uint8Array {
    const start = 1 + nonceBytes + tagBytes;
    if (sealed[0] !== version || sealed.length < start) throw new Error('not a sealed value of this vault');
    const decipher = createDecipheriv('aes-256-gcm', sealing, sealed.subarray(1, 1 + nonceBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(sealed.subarray(1 + nonceBytes, start));
    return Buffer.concat([decipher.update(sealed.subarray(start)), decipher.final()]);
  }

  return {
    seal,
    open,
    sealJson: (value, context) => seal(Buffer.from(JSON.stringify(value)), context),
    openJson: (sealed, context) => JSON.parse(Buffer.from(open(sealed, context)).toString()) as unknown,
    term: (text) => createHmac('sha256', searching).update(text).digest('hex'),
  };
}
