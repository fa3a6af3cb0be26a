import { createHash } from 'node:crypto';
import { hash } from '@node-rs/argon2';

/** Argon2id with the library's defaults (19 MiB, 2 passes: OWASP's first choice). */
export const hashPassword = (password: string): Promise<string> => hash(password);

/** Of what is made by chance and long: hex SHA-256. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** Bound to our very address wherever that is safe (RFC 6265bis 4.1.3.2). */
export const cookieName = (publicUrl: string): string =>
  publicUrl.startsWith('https:') ? '__Host-loopgate' : 'loopgate';
