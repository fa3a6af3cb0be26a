import type { Needs } from '../core/missing.ts';
import type { Notary } from '../audit/notary.ts';
import type { Channel, Inbox, Log, Practice } from '../core/channel.ts';
import type { Document, PracticeId, Urgency } from '../core/message.ts';
import type { Policy } from '../core/plan.ts';
import type { Readiness } from '../core/readiness.ts';
import type { Role } from '../core/role.ts';
import type { Oidc } from '../people/oidc.ts';
import type { Store } from '../store/store.ts';
import type { Actions } from './actions.ts';
import type { Caller } from './access.ts';
import type { Seen } from './observed.ts';

export type View = { readonly html: string; readonly style: string } | { readonly problem: string } | null;

/** What the outside needs of the house. */
export interface HttpDeps {
  readonly store: Store;
  readonly actions: Actions;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly inbox: Inbox;
  readonly practices: readonly Practice[];
  /** What referrals must say. */
  readonly needs: Needs;
  /** How soon proof is due, ms. */
  readonly deadlines: Readonly<Record<Urgency, number>>;
  readonly policy: (practice: PracticeId) => Policy;
  readonly log: Log;
  readonly now: () => number;
  /** Where people reach us, no trailing slash. `https:` makes cookies secure. */
  readonly publicUrl: string;
  /** Proxies of our own that stand before us, addresses and networks: they say for whom they ask. */
  readonly proxies: readonly string[];
  /** After how long a session ends: without anybody there, and at all. */
  readonly sessions: { readonly idleMs: number; readonly absoluteMs: number };
  readonly signIn: {
    /** Roles that come in with a second factor only. */
    readonly secondFactor: readonly Role[];
    /** The identity provider, where there is one. */
    readonly oidc: Oidc | null;
  };
  /** The most that one request may carry. */
  readonly maxUploadBytes: number;
  /** The most that one practice may hand over in a minute. */
  readonly submissionsPerMinute: number;
  /** Urgent work is at hand: what can wait keeps out of its way. */
  readonly hurried: () => boolean;
  readonly notary: Notary;
  /** A document as a safe page of HTML with one style; null: it is read by its pages. A string: why it cannot be read. */
  readonly view: (document: Document, bytes: Uint8Array) => Promise<View>;
  readonly ready: () => Promise<Readiness>;
  /** Hears of every request once it is answered. */
  readonly seen: (request: Seen) => void;
  /** Folder of the built console. */
  readonly webRoot: string;
}

/** Hono's typing of what a request carries with it. */
export interface Env {
  Variables: { caller: Caller };
}
