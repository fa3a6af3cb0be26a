import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import type { Link } from '../core/link.ts';
import type { Env } from './deps.ts';

/** As it is sent by mail, or as people type it. */
export const tokenPath = '/portal/:token{(?:[A-Za-z0-9_-]{43}|[A-Za-z0-9-]{20,30})}';
export type Portal = Context<Env, typeof tokenPath>;

const visitMs = 20 * 60_000;

export interface Visits {
  start(c: Portal, link: Link, secure: boolean): void;
  has(c: Portal, link: Link): boolean;
}

/** Who gave the right code may look around for a while: a cookie signed with a key that lives as long as the process. */
export function createVisits(now: () => number): Visits {
  const key = randomBytes(32);
  const sign = (link: Link, until: string): string =>
    createHmac('sha256', key).update(`${link.token}.${until}`).digest('base64url');
  return {
    start(c, link, secure) {
      const until = String(now() + visitMs);
      setCookie(c, 'visit', `${until}.${sign(link, until)}`, {
        path: `/portal/${c.req.param('token')}`,
        httpOnly: true,
        sameSite: 'Strict',
        secure,
        maxAge: visitMs / 1000,
      });
    },
    has(c, link) {
      const [until = '', mac = ''] = getCookie(c, 'visit')?.split('.') ?? [];
      const right = Buffer.from(sign(link, until));
      const given = Buffer.from(mac);
      return given.length === right.length && timingSafeEqual(given, right) && Number(until) > now();
    },
  };
}
