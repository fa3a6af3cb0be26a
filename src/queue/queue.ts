import type { Stage } from '../core/change.ts';

/** Does one piece of work. Throws only when the platform failed: the work falls due again. */
export type Handler = (subject: string, signal: AbortSignal) => Promise<void>;

export type Handlers = Readonly<Record<Stage, Handler>>;

/** Moves what is due now. There is no `publish`: writing work is part of a commit. */
export interface Queue {
  /** Resolves when the first look at the broker is over, whether it answered or not: it is looked for until `stop`.
   *  @throws ConfigError when the broker that answers can never do. */
  start(handlers: Handlers): Promise<void>;
  /** Claim no more, tell the running handlers, wait for them. */
  stop(): Promise<void>;
  health(): QueueHealth;
}

export interface QueueHealth {
  /** Work moves: the broker, where there is one, is there. Without it work waits in the store. */
  readonly connected: boolean;
  /** The broker takes nothing more for now: its memory or its disk is full. */
  readonly blocked: boolean;
  /** Handlers at work in this process. */
  readonly running: number;
  /** Urgent work is at hand in this process: what can wait keeps out of its way. */
  readonly hurried: boolean;
  /** Claimed and published by this process, and not known to have reached a handler. */
  readonly waiting: number;
}
