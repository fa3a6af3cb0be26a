import { createHash, randomBytes } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import { hash, verify } from '@node-rs/argon2';
import type { Context, MiddlewareHandler } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { rightsOf } from '../core/role.ts';
import { Denied } from '../errors.ts';
import type { ApiKey, User } from '../store/store.ts';
import type { Caller } from './access.ts';
import type { Env, HttpDeps } from './deps.ts';
import { SignedOut, TooMany } from './problem.ts';
import { throttle } from './throttle.ts';

const minutes = 60_000;
/** 45 CFR 164.312(a)(2)(iii): automatic logoff. */
const idleMs = 15 * minutes;
const absoluteMs = 12 * 60 * minutes;
/** A session is marked as alive no more often than this: the mark is a write. */
const touchMs = minutes;

/** Requests that a page makes by itself carry this header: they do not keep a session alive. */
export const backgroundHeader = 'x-loopgate-background';

/** Argon2id with the library's defaults (19 MiB, 2 passes: OWASP's first choice). */
export const hashPassword = (password: string): Promise<string> => hash(password);

export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex');

export interface Sessions {
  /** Names the caller for what follows. @throws SignedOut */
  readonly authenticate: MiddlewareHandler<Env>;
  /** Trade name and password for a cookie. @throws SignedOut, TooMany */
  readonly signIn: (c: Context<Env>, name: string, password: string) => Promise<Caller>;
  readonly signOut: (c: Context<Env>) => Promise<void>;
  /** Is this caller still who it was? For answers that stay open. */
  readonly stillIn: (caller: Caller) => Promise<boolean>;
}

export function sessions(deps: HttpDeps): Sessions {
  const { store, now, publicUrl, log } = deps;
  const secure = publicUrl.startsWith('https:');
  const cookie = secure ? '__Host-loopgate' : 'loopgate';
  const byName = throttle(10, 15 * minutes, now);
  const byAddress = throttle(30, 15 * minutes, now);
  // So that an unknown name takes as long as a wrong password.
  const decoy = hashPassword(randomBytes(16).toString('hex'));

  const { callerOf, identify } = recognition(deps, cookie);

  return {
    authenticate: async (c, next) => {
      c.set('caller', await identify(c));
      await next();
    },

    async signIn(c, name, password) {
      sameOrigin(c, publicUrl);
      const address = addressOf(c);
      const wait = Math.max(byName.wait(name), byAddress.wait(address));
      if (wait > 0) throw new TooMany(wait);
      const user = await store.people.userByName(name);
      const right = await verify(user?.password ?? (await decoy), password);
      if (!user || !right) {
        byName.miss(name);
        byAddress.miss(address);
        log.warn('session.refused');
        throw new SignedOut('wrong name or password');
      }
      byName.forget(name);
      const token = randomBytes(32).toString('base64url');
      const at = now();
      const session = hashSecret(token);
      await store.people.addSession({ hash: session, user: user.name, startedAt: at, seenAt: at });
      const who = `user:${user.name}`;
      await store.commit({ events: [{ message: null, subject: who, what: 'session.started', who, at, facts: {} }] });
      setCookie(c, cookie, token, { httpOnly: true, sameSite: 'Strict', path: '/', secure, maxAge: absoluteMs / 1000 });
      return caller('user', user.name, user, session);
    },

    async signOut(c) {
      const { session, who } = c.get('caller');
      if (session) await store.people.endSession(session);
      await store.commit({
        events: [{ message: null, subject: who, what: 'session.ended', who, at: now(), facts: {} }],
      });
      deleteCookie(c, cookie, { path: '/', secure });
    },

    stillIn: async ({ session }) => session === null || (await callerOf(session, true)) !== null,
  };
}

function recognition({ store, now, publicUrl }: HttpDeps, cookie: string) {
  async function callerOf(session: string, background: boolean): Promise<Caller | null> {
    const found = await store.people.sessionByHash(session);
    if (!found) return null;
    const at = now();
    if (at - found.startedAt >= absoluteMs || at - found.seenAt >= idleMs) {
      await store.people.endSession(session);
      return null;
    }
    const user = await store.people.userByName(found.user);
    if (!user) return null;
    if (!background && at - found.seenAt >= touchMs) await store.people.touchSession(session, at);
    return caller('user', user.name, user, session);
  }

  async function identify(c: Context<Env>): Promise<Caller> {
    const bearer = /^Bearer ([\x21-\x7e]{1,200})$/.exec(c.req.header('authorization') ?? '')?.[1];
    if (bearer !== undefined) {
      const key = await store.people.keyByHash(hashSecret(bearer));
      if (!key) throw new SignedOut('unknown key');
      return caller('key', key.label, key, null);
    }
    const token = getCookie(c, cookie);
    const found = token ? await callerOf(hashSecret(token), c.req.header(backgroundHeader) !== undefined) : null;
    if (!found) throw new SignedOut('no session');
    sameOrigin(c, publicUrl);
    return found;
  }

  return { callerOf, identify };
}

function caller(kind: 'user' | 'key', name: string, { role, practice }: User | ApiKey, session: string | null): Caller {
  return {
    who: `${kind}:${name}`,
    name,
    role,
    rights: rightsOf(role),
    practices: practice === null ? null : [practice],
    session,
  };
}

/** Cross-site request forgery: what changes something must come from our own pages. Browsers say so in
 *  Sec-Fetch-Site on trustworthy origins, in Origin everywhere. */
function sameOrigin(c: Context, publicUrl: string): void {
  if (c.req.method === 'GET' || c.req.method === 'HEAD') return;
  const site = c.req.header('sec-fetch-site');
  const origin = c.req.header('origin');
  const ours = [new URL(publicUrl).origin, new URL(c.req.url).origin];
  const fromUs = site === undefined ? origin !== undefined && ours.includes(origin) : site === 'same-origin';
  if (!fromUs) throw new Denied('The request did not come from our own pages.');
}

/** The far end of the connection, for throttling only. A request made in this process has none. */
export function addressOf(c: Context): string {
  const { incoming } = (c.env ?? {}) as Partial<HttpBindings>;
  return incoming?.socket.remoteAddress ?? 'none';
}
