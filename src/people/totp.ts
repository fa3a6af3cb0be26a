import { Secret, TOTP } from 'otpauth';

/** RFC 6238 as every authenticator app knows it: SHA-1, six digits, thirty seconds. */
const form = { algorithm: 'SHA1', digits: 6, period: 30 } as const;

/** A new secret of 160 bits (RFC 4226 R6), and the address that an app takes it from.
 *  @param label whose it is, as the app shows it */
export function newTotp(label: string): { readonly secret: string; readonly uri: string } {
  const totp = new TOTP({ ...form, issuer: 'Loopgate', label, secret: new Secret({ size: 20 }) });
  return { secret: totp.secret.base32, uri: totp.toString() };
}

/** The time step whose code it is: this one, or the one before or after (RFC 6238 5.2). Null: of none of them. A step
 *  must not be taken twice.
 *  @param at epoch ms */
export function totpStep(secret: string, code: string, at: number): number | null {
  const totp = new TOTP({ ...form, secret: Secret.fromBase32(secret) });
  const delta = totp.validate({ token: code, timestamp: at, window: 1 });
  return delta === null ? null : totp.counter({ timestamp: at }) + delta;
}
