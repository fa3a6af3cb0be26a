import { randomBytes } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { isDeepStrictEqual } from 'node:util';
import { rightsOf } from '../core/role.ts';
import { Denied, Invalid } from '../errors.ts';
import type { ApiKey, People, Session, User } from '../store/store.ts';
import type { Caller } from './access.ts';
import type { Env, HttpDeps } from './deps.ts';
import { passwords } from './passwords.ts';
import { SignedOut } from './problem.ts';
import { cookieName, hashPassword, hashSecret } from './secrets.ts';
import { ofPractice } from './viewed.ts';

const minutes = 60_000;
/** A session is marked as alive no more often than this: the mark is a write. */
const touchMs = minutes;

/** Requests that a page makes by itself carry this header: they do not keep a session alive. */
export const backgroundHeader = 'x-loopgate-background';

/** When a session ends by itself, epoch ms. */
export interface Limits {
  readonly idleUntil: number;
  readonly endsAt: number;
}

/** By what somebody came in. */
export type Way = 'password' | 'totp' | 'recovery-code' | 'passkey' | 'oidc';

export interface Sessions {
  /** Names the caller for what follows. @throws SignedOut */
  readonly authenticate: MiddlewareHandler<Env>;
  /** A new session for somebody who has proven who he is, and its cookie.
   *  @param strong a second factor was given */
  readonly begin: (c: Context<Env>, user: User, how: { readonly by: Way; readonly strong: boolean }) => Promise<Caller>;
  readonly signOut: (c: Context<Env>) => Promise<void>;
  /** Is this caller still who it was, with the same rights? For answers that stay open. */
  readonly stillIn: (caller: Caller) => Promise<boolean>;
  /** The person is there: the idle time begins anew. @throws Invalid for those without a session */
  readonly extend: (caller: Caller) => Promise<Limits>;
  /** Null for those without a session. */
  readonly limitsOf: (caller: Caller) => Promise<Limits | null>;
  /** The caller's own password for another; their other sessions end. @throws SignedOut, TooMany, Invalid */
  readonly changePassword: (caller: Caller, current: string, next: string) => Promise<void>;
}

export function sessions(deps: HttpDeps): Sessions {
  const { store, now, publicUrl } = deps;
  const { absoluteMs } = deps.sessions;
  const secure = publicUrl.startsWith('https:');
  const cookie = cookieName(publicUrl);
  const { proven, requireGood } = passwords(deps);
  const { callerOf, identify } = recognition(deps, cookie);

  async function limitsOf({ session }: Caller): Promise<Limits | null> {
    const found = session === null ? null : await store.people.sessionByHash(session);
    return found && limits(found, deps);
  }

  return {
    authenticate: async (c, next) => {
      const caller = await identify(c);
      c.set('caller', caller);
      if (caller.practices === null) await next();
      else await store.onBehalfOf(caller.practices, next);
    },

    async begin(c, user, { by, strong }) {
      const token = randomBytes(32).toString('base64url');
      const at = now();
      const who = `user:${user.name}`;
      const session = { hash: hashSecret(token), user: user.name, startedAt: at, seenAt: at, strong };
      const event = { ...ofPractice(user.practice), subject: who, what: 'session.started', who, at, facts: { by } };
      await store.people.addSession(session, event);
      setCookie(c, cookie, token, { httpOnly: true, sameSite: 'Strict', path: '/', secure, maxAge: absoluteMs / 1000 });
      return person(user, { ...session, emergency: null }, deps);
    },

    async signOut(c) {
      const { session, who, practices } = c.get('caller');
      const event = { ...ofPractice(practices?.[0]), subject: who, what: 'session.ended', who, at: now(), facts: {} };
      if (session) await store.people.endSession(session, event);
      deleteCookie(c, cookie, { path: '/', secure });
    },

    stillIn: async ({ session, key, rights, practices }) => {
      if (session === null) return key !== null && (await usable(store.people, key)) !== null;
      const found = await callerOf(session, true);
      return found !== null && isDeepStrictEqual([found.rights, found.practices], [rights, practices]);
    },
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
      await requireGood(next, user);
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

function recognition(deps: HttpDeps, cookie: string) {
  const { store, now, publicUrl } = deps;

  async function callerOf(session: string, background: boolean): Promise<Caller | null> {
    const found = await store.people.sessionByHash(session);
    if (!found) return null;
    const at = now();
    const { idleUntil, endsAt } = limits(found, deps);
    if (at >= endsAt || at >= idleUntil) {
      await store.people.endSession(session);
      return null;
    }
    const user = await store.people.userByName(found.user);
    if (!user || user.disabledAt !== null) return null;
    if (!background && at - found.seenAt >= touchMs) await store.people.touchSession(session, at);
    return person(user, found, deps);
  }

  async function identify(c: Context<Env>): Promise<Caller> {
    const bearer = /^Bearer ([\x21-\x7e]{1,200})$/.exec(c.req.header('authorization') ?? '')?.[1];
    if (bearer !== undefined) {
      const key = await usable(store.people, hashSecret(bearer));
      if (!key) throw new SignedOut('unknown key');
      if (now() - (key.usedAt ?? 0) >= touchMs) await store.people.useKey(key.hash, now());
      return program(key);
    }
    const token = getCookie(c, cookie);
    const found = token ? await callerOf(hashSecret(token), asksByItself(c)) : null;
    if (!found) throw new SignedOut('no session');
    sameOrigin(c, publicUrl);
    return found;
  }

  return { callerOf, identify };
}

/** A page asks so whether or not somebody sits before it: what it looks up now and then says so, and browsers open broken
 *  streams of events anew (EventSource cannot set a header). */
const asksByItself = (c: Context<Env>): boolean =>
  c.req.header(backgroundHeader) !== undefined || c.req.header('accept') === 'text/event-stream';

/** Whose role demands a second factor, and who came without one, may do nothing but set one up. In an emergency somebody
 *  sees the content of one practice, and no other practice meanwhile. */
function person(user: User, session: Session, { signIn, now }: Pick<HttpDeps, 'signIn' | 'now'>): Caller {
  const { name, role } = user;
  const needsFactor = !session.strong && signIn.secondFactor.includes(role);
  const emergency = session.emergency && session.emergency.until > now() ? session.emergency : null;
  const practice = emergency?.practice ?? user.practice;
  const more = emergency ? (['content'] as const) : [];
  return {
    who: `user:${name}`,
    name,
    role,
    rights: needsFactor ? [] : [...rightsOf(role), ...more],
    practices: practice === null ? null : [practice],
    session: session.hash,
    key: null,
    needsFactor,
    emergency,
  };
}

function program({ label, role, practice, scopes, hash }: ApiKey): Caller {
  return {
    who: `key:${label}`,
    name: label,
    role,
    rights: rightsOf(role).filter((right) => scopes === null || scopes.includes(right)),
    practices: practice === null ? null : [practice],
    session: null,
    key: hash,
    needsFactor: false,
    emergency: null,
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
 *  Sec-Fetch-Site on trustworthy origins, in Origin everywhere. @throws Denied */
export function sameOrigin(c: Context, publicUrl: string): void {
  if (c.req.method === 'GET' || c.req.method === 'HEAD') return;
  const site = c.req.header('sec-fetch-site');
  const origin = c.req.header('origin');
  const ours = [new URL(publicUrl).origin, new URL(c.req.url).origin];
  const fromUs = site === undefined ? origin !== undefined && ours.includes(origin) : site === 'same-origin';
  if (!fromUs) throw new Denied('The request did not come from our own pages.');
}
