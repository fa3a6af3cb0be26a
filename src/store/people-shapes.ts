import type { Event } from '../core/change.ts';
import type { PracticeId } from '../core/message.ts';
import type { Right, Role } from '../core/role.ts';

/** Who may come in. Secrets are kept as hashes only; an event is written with what it tells of. */
export interface People {
  addUser(user: NewUser, event?: Event): Promise<void>;
  /** In force at once: their sessions end, but for the one with the hash `keep`.
   *  @throws Conflict when there is no such user */
  changeUser(user: User, event: Event, keep?: string): Promise<void>;
  userByName(name: string): Promise<User | null>;
  users(): Promise<readonly User[]>;
  addKey(key: ApiKey, event?: Event): Promise<void>;
  keyByHash(hash: string): Promise<ApiKey | null>;
  keys(): Promise<readonly ApiKey[]>;
  useKey(hash: string, at: number): Promise<void>;
  /** @throws Conflict when it is revoked already */
  revokeKey(hash: string, at: number, event: Event): Promise<void>;
  addSession(session: NewSession, event?: Event): Promise<void>;
  sessionByHash(hash: string): Promise<Session | null>;
  sessions(): Promise<readonly Session[]>;
  touchSession(hash: string, seenAt: number): Promise<void>;
  endSession(hash: string, event?: Event): Promise<void>;
  readonly factors: Factors;
  readonly tickets: Tickets;
  readonly emergencies: Emergencies;
}

export interface NewUser {
  readonly name: string;
  /** Null: every practice. */
  readonly practice: PracticeId | null;
  readonly role: Role;
  /** Argon2id. */
  readonly password: string;
  /** Since when they may not sign in, epoch ms. */
  readonly disabledAt: number | null;
}

export interface User extends NewUser {
  /** `sub` at the identity provider, once they came in by it; their password is of no use then. */
  readonly oidcSubject: string | null;
}

export interface ApiKey {
  /** Hex SHA-256 of the key. */
  readonly hash: string;
  readonly label: string;
  readonly practice: PracticeId | null;
  readonly role: Role;
  /** Of the rights of its role; null: all. */
  readonly scopes: readonly Right[] | null;
  readonly madeAt: number | null;
  /** To the minute. */
  readonly usedAt: number | null;
  readonly revokedAt: number | null;
}

export interface NewSession {
  /** Hex SHA-256 of the cookie's token. */
  readonly hash: string;
  readonly user: string;
  readonly startedAt: number;
  readonly seenAt: number;
  /** A second factor was given. */
  readonly strong: boolean;
}

export interface Session extends NewSession {
  /** The emergency access that it has, or had. */
  readonly emergency: Pick<Emergency, 'id' | 'practice' | 'until'> | null;
}

/** Authenticator apps, passkeys, and the codes for whoever lost them. */
export interface Factors {
  of(user: string): Promise<readonly Factor[]>;
  byId(id: string): Promise<Factor | null>;
  /** The session with the hash `session` has given a second factor by it; all others of that person end.
   *  @param recovery hashes of new codes in place of the old ones; null: those stay
   *  @throws Duplicate when it is somebody's already */
  add(factor: Factor, recovery: readonly string[] | null, session: string, event: Event): Promise<void>;
  /** @throws Conflict when this or something newer was taken already: it is a copy */
  use(factor: Pick<Factor, 'id' | 'counter'>, at: number): Promise<void>;
  /** @throws Conflict when it is gone already */
  remove(id: string, event: Event): Promise<void>;
  /** All of a person's factors and codes; their sessions end. */
  forget(user: string, event: Event): Promise<void>;
  recoveryCodes(user: string): Promise<number>;
  /** @throws Conflict when there is no such code any more */
  useRecoveryCode(user: string, hash: string, event: Event): Promise<void>;
  replaceRecoveryCodes(user: string, hashes: readonly string[], event: Event): Promise<void>;
}

export interface Factor {
  /** Of a passkey: the authenticator's own name for it, base64url. */
  readonly id: string;
  readonly user: string;
  readonly kind: 'totp' | 'passkey';
  readonly label: string;
  readonly madeAt: number;
  readonly usedAt: number | null;
  /** The newest time step (RFC 6238) or signature count that was taken. */
  readonly counter: number;
  /** Base32 secret, or base64url COSE public key. */
  readonly secret: string;
}

/** What has to be remembered between two steps of a sign-in, by the cookie that holds it. */
export interface Tickets {
  put(
    hash: string,
    ticket: { readonly kind: string; readonly expiresAt: number; readonly body: unknown },
  ): Promise<void>;
  /** Null: there is none of this kind, or its time is over. */
  find(hash: string, kind: string, now: number): Promise<unknown>;
  /** Nobody takes it twice. @throws Conflict when it is gone */
  take(hash: string): Promise<void>;
}

/** 45 CFR 164.312(a)(2)(ii). */
export interface Emergencies {
  start(emergency: Emergency, session: string, event: Event): Promise<void>;
  /** Over before its time. */
  end(session: string, event: Event): Promise<void>;
  /** @throws NotFound */
  byId(id: string): Promise<Emergency>;
  /** Newest first, at most 200.
   *  @param practices null: all */
  list(practices: readonly PracticeId[] | null): Promise<readonly Emergency[]>;
  unreviewed(practices: readonly PracticeId[] | null): Promise<number>;
  /** @throws Conflict when somebody did already */
  review(emergency: Emergency & { readonly review: Review }, event: Event): Promise<void>;
}

export interface Emergency {
  readonly id: string;
  readonly user: string;
  readonly practice: PracticeId;
  readonly startedAt: number;
  readonly until: number;
  readonly reason: string;
  readonly review: Review | null;
}

export interface Review {
  readonly at: number;
  /** `user:anna`. */
  readonly by: string;
  readonly finding: string;
}
