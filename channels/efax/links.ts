import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AttemptId } from '../../src/core/message.ts';

const lifetime = 10 * 60_000;

/** Names that the fax company may fetch pages under, for ten minutes: `<attempt>.<expiry, epoch ms>.<HMAC-SHA256>`.
 *  The key comes from the account's secrets, so links survive a restart and no further secret has to be kept. */
export function mediaLinks(
  account: string,
  secrets: string,
): {
  sign(attempt: AttemptId, now: number): string;
  /** The attempt and the expiry, or null when the name is not ours or its time is over. */
  read(name: string, now: number): { readonly attempt: AttemptId; readonly expires: number } | null;
} {
  const key = createHmac('sha256', secrets).update('loopgate fax media link').digest();
  const seal = (attempt: string, expires: string): Buffer =>
    createHmac('sha256', key).update(`${account}|${attempt}|${expires}`).digest();

  return {
    sign(attempt, now) {
      const expires = String(now + lifetime);
      return `${attempt}.${expires}.${seal(attempt, expires).toString('base64url')}`;
    },
    read(name, now) {
      const [, attempt, expires, signature] = /^(att_[\w-]+)\.(\d{1,15})\.([\w-]{43})$/.exec(name) ?? [];
      if (attempt === undefined || expires === undefined || signature === undefined) return null;
      const given = Buffer.from(signature, 'base64url');
      const wanted = seal(attempt, expires);
      if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return null;
      return now < Number(expires) ? { attempt: attempt as AttemptId, expires: Number(expires) } : null;
    },
  };
}
