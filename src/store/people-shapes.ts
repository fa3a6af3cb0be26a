import type { Event } from '../core/change.ts';
import type { PracticeId } from '../core/message.ts';
import type { Right, Role } from '../core/role.ts';

/** Who may come in. Secrets are kept as hashes only; an event is written with what it tells of. */
export interface People {
  addUser(user: User, event?: Event): Promise<void>;
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
  addSession(session: Session, event?: Event): Promise<void>;
  sessionByHash(hash: string): Promise<Session | null>;
  sessions(): Promise<readonly Session[]>;
  touchSession(hash: string, seenAt: number): Promise<void>;
  endSession(hash: string, event?: Event): Promise<void>;
}

export interface User {
  readonly name: string;
  /** Null: every practice. */
  readonly practice: PracticeId | null;
  readonly role: Role;
  /** Argon2id. */
  readonly password: string;
  /** Since when they may not sign in, epoch ms. */
  readonly disabledAt: number | null;
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

export interface Session {
  /** Hex SHA-256 of the cookie's token. */
  readonly hash: string;
  readonly user: string;
  readonly startedAt: number;
  readonly seenAt: number;
}
