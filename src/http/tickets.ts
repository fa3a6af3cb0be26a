import { randomBytes } from 'node:crypto';
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { Conflict } from '../errors.ts';
import type { Env, HttpDeps } from './deps.ts';
import { SignedOut } from './problem.ts';
import { cookieName, hashSecret } from './secrets.ts';

/** What has to be remembered between two steps, by its kind. */
interface Bodies {
  /** The password was right; the code is still to come. */
  second: { readonly user: string; readonly by: 'password' | 'oidc' };
  passkey: { readonly challenge: string };
  oidc: { readonly verifier: string; readonly state: string; readonly nonce: string };
  totp: { readonly user: string; readonly secret: string };
  'new-passkey': { readonly user: string; readonly challenge: string };
}

const lifeMs = 10 * 60_000;

export interface Steps {
  /** The browser holds on to it for ten minutes. */
  give<K extends keyof Bodies>(c: Context<Env>, kind: K, body: Bodies[K]): Promise<void>;
  /** @throws SignedOut when the browser holds none of this kind */
  read<K extends keyof Bodies>(c: Context<Env>, kind: K): Promise<Bodies[K]>;
  /** The same, for the only time. @throws SignedOut also when it was taken before */
  take<K extends keyof Bodies>(c: Context<Env>, kind: K): Promise<Bodies[K]>;
}

export function stepsOf({ store, now, publicUrl }: Pick<HttpDeps, 'store' | 'now' | 'publicUrl'>): Steps {
  const { tickets } = store.people;
  const secure = publicUrl.startsWith('https:');
  const cookie = `${cookieName(publicUrl)}-step`;

  async function found<K extends keyof Bodies>(c: Context<Env>, kind: K) {
    const hash = hashSecret(getCookie(c, cookie) ?? '');
    const body = (await tickets.find(hash, kind, now())) as Bodies[K] | null;
    if (!body) throw new SignedOut('begin again');
    return { hash, body };
  }

  return {
    async give(c, kind, body) {
      const token = randomBytes(32).toString('base64url');
      await tickets.put(hashSecret(token), { kind, expiresAt: now() + lifeMs, body });
      // The identity provider sends people back from another site: a strict cookie would not come with them.
      const sameSite = kind === 'oidc' ? 'Lax' : 'Strict';
      setCookie(c, cookie, token, { httpOnly: true, sameSite, path: '/', secure, maxAge: lifeMs / 1000 });
    },
    read: async (c, kind) => (await found(c, kind)).body,
    async take(c, kind) {
      const { hash, body } = await found(c, kind);
      await tickets.take(hash).catch((cause: unknown) => {
        throw cause instanceof Conflict ? new SignedOut('begin again') : cause;
      });
      deleteCookie(c, cookie, { path: '/', secure });
      return body;
    },
  };
}
