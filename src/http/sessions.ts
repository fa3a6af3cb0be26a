import { createHash, randomBytes } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import { hash, verify } from '@node-rs/argon2';
import type { Context, MiddlewareHandler } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { rightsOf } from '../core/role.ts';
import { Denied, Invalid } from '../errors.ts';
import type { ApiKey, People, Session, User } from '../store/store.ts';
import type { Caller } from './access.ts';
import type { Env, HttpDeps } from './deps.ts';
import { requireGood } from './passwords.ts';
import { SignedOut, TooMany } from './problem.ts';
import { throttle } from './throttle.ts';
import { ofPractice } from './viewed.ts';

const minutes = 60_000;
/** A session is marked as alive no more often than this: the mark is a write. */
const touchMs = minutes;

/** Requests that a page makes by itself carry this header: they do not keep a session alive. */
export const backgroundHeader = 'x-loopgate-background';

/** Argon2id with the library's defaults (19 MiB, 2 passes: OWASP's first choice). */
export const hashPassword = (password: string): Promise<string> => hash(password);

export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** When a session ends by itself, epoch ms. */
export interface Limits {
  readonly idleUntil: number;
  readonly endsAt: number;
}

export interface Sessions {
  /** Names the caller for what follows. @throws SignedOut */
  readonly authenticate: MiddlewareHandler<Env>;
  /** Trade name and password for a cookie. @throws SignedOut, TooMany */
  readonly signIn: (c: Context<Env>, name: string, password: string) => Promise<Caller>;
  readonly signOut: (c: Context<Env>) => Promise<void>;
  /** Is this caller still who it was? For answers that stay open. */
  readonly stillIn: (caller: Caller) => Promise<boolean>;
  /** The person is there: the idle time begins anew. @throws Invalid for those without a session */
  readonly extend: (caller: Caller) => Promise<Limits>;
  /** Null for those without a session. */
  readonly limitsOf: (caller: Caller) => Promise<Limits | null>;
  /** The caller's own password for another; their other sessions end. @throws SignedOut, TooMany, Invalid */
  readonly changePassword: (caller: Caller, current: string, next: string) => Promise<void>;
}

export function sessions(deps: HttpDeps): Sessions {
  const { store, now, publicUrl, log } = deps;
  const { absoluteMs } = deps.sessions;
  const secure = publicUrl.startsWith('https:');
  const cookie = secure ? '__Host-loopgate' : 'loopgate';
  const byName = throttle(10, 15 * minutes, now);
  const byAddress = throttle(30, 15 * minutes, now);
  // So that an unknown name takes as long as a wrong password.
  const decoy = hashPassword(randomBytes(16).toString('hex'));

  const { callerOf, identify } = recognition(deps, cookie);

  /** @throws TooMany, SignedOut: an unknown, a disabled and a wrong one read the same */
  async function proven(name: string, password: string, address: string): Promise<User> {
    const wait = Math.max(byName.wait(name), byAddress.wait(address));
    if (wait > 0) throw new TooMany(wait);
    const user = await store.people.userByName(name);
    const right = await verify(user?.password ?? (await decoy), password);
    if (user && user.disabledAt === null && right) {
      byName.forget(name);
      return user;
    }
    byName.miss(name);
    byAddress.miss(address);
    log.warn('session.refused');
    // A name that nobody has may be a password in the wrong field: it is not written down.
    const subject = user ? `user:${user.name}` : 'user:unknown';
    const event = {
      ...ofPractice(user?.practice),
      subject,
      what: 'session.refused',
      who: subject,
      at: now(),
      facts: {},
    };
    await store.commit({ events: [event] });
    throw new SignedOut('wrong name or password');
  }

  async function limitsOf({ session }: Caller): Promise<Limits | null> {
    const found = session === null ? null : await store.people.sessionByHash(session);
    return found && limits(found, deps);
  }

  return {
    authenticate: async (c, next) => {
      c.set('caller', await identify(c));
      await next();
    },

    async signIn(c, name, password) {
      sameOrigin(c, publicUrl);
      const user = await proven(name, password, addressOf(c));
      const token = randomBytes(32).toString('base64url');
      const at = now();
      const session = hashSecret(token);
      const who = `user:${user.name}`;
      const event = { ...ofPractice(user.practice), subject: who, what: 'session.started', who, at, facts: {} };
      await store.people.addSession({ hash: session, user: user.name, startedAt: at, seenAt: at }, event);
      setCookie(c, cookie, token, { httpOnly: true, sameSite: 'Strict', path: '/', secure, maxAge: absoluteMs / 1000 });
      return caller('user', user.name, user, session);
    },

    async signOut(c) {
      const { session, who, practices } = c.get('caller');
      const event = { ...ofPractice(practices?.[0]), subject: who, what: 'session.ended', who, at: now(), facts: {} };
      if (session) await store.people.endSession(session, event);
      deleteCookie(c, cookie, { path: '/', secure });
    },

    stillIn: async ({ session, key }) =>
      session === null
        ? key !== null && (await usable(store.people, key)) !== null
        : (await callerOf(session, true)) !== null,
    limitsOf,
    async extend(caller) {
      if (caller.session === null) throw new Invalid('only a session can be extended');
      await store.people.touchSession(caller.session, now());
      const left = await limitsOf(caller);
      if (!left) throw new SignedOut('no session');
      return left;
    },
    async changePassword({ session, name, who }, current, next) {
      if (session === null) throw new Invalid('only people have a password');
      const user = await proven(name, current, who);
      requireGood(next, user, deps);
      const event = {
        ...ofPractice(user.practice),
        subject: who,
        what: 'user.password-changed',
        who,
        at: now(),
        facts: {},
      };
      await store.people.changeUser({ ...user, password: await hashPassword(next) }, event, session);
    },
  };
}

function recognition({ store, now, publicUrl, sessions }: HttpDeps, cookie: string) {
  async function callerOf(session: string, background: boolean): Promise<Caller | null> {
    const found = await store.people.sessionByHash(session);
    if (!found) return null;
    const at = now();
    const { idleUntil, endsAt } = limits(found, { sessions });
    if (at >= endsAt || at >= idleUntil) {
      await store.people.endSession(session);
      return null;
    }
    const user = await store.people.userByName(found.user);
    if (!user || user.disabledAt !== null) return null;
    if (!background && at - found.seenAt >= touchMs) await store.people.touchSession(session, at);
    return caller('user', user.name, user, session);
  }

  async function identify(c: Context<Env>): Promise<Caller> {
    const bearer = /^Bearer ([\x21-\x7e]{1,200})$/.exec(c.req.header('authorization') ?? '')?.[1];
    if (bearer !== undefined) {
      const key = await usable(store.people, hashSecret(bearer));
      if (!key) throw new SignedOut('unknown key');
      if (now() - (key.usedAt ?? 0) >= touchMs) await store.people.useKey(key.hash, now());
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

function caller(kind: 'user' | 'key', name: string, from: User | ApiKey, session: string | null): Caller {
  const { role, practice } = from;
  const scopes = 'scopes' in from ? from.scopes : null;
  return {
    who: `${kind}:${name}`,
    name,
    role,
    rights: rightsOf(role).filter((right) => scopes === null || scopes.includes(right)),
    practices: practice === null ? null : [practice],
    session,
    key: 'hash' in from ? from.hash : null,
  };
}

async function usable(people: People, hash: string): Promise<ApiKey | null> {
  const key = await people.keyByHash(hash);
  return key?.revokedAt === null ? key : null;
}

/** 45 CFR 164.312(a)(2)(iii): automatic logoff. */
const limits = ({ startedAt, seenAt }: Session, { sessions }: Pick<HttpDeps, 'sessions'>): Limits => ({
  idleUntil: seenAt + sessions.idleMs,
  endsAt: startedAt + sessions.absoluteMs,
});

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
