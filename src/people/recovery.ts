import { randomBytes } from 'node:crypto';

const count = 10;

/** Ten codes of 80 bits for whoever lost his authenticator, in groups that can be written down. */
export const newRecoveryCodes = (): string[] =>
  Array.from({ length: count }, () => randomBytes(10).toString('hex').match(/.{5}/g)?.join('-') ?? '');

/** As it is hashed, however it was typed. */
export const plainCode = (typed: string): string => typed.toLowerCase().replace(/[^0-9a-z]/g, '');
