import type { Stage } from '../core/change.ts';

/** Does one piece of work. Throws only when the platform failed: the work falls due again. */
export type Handler = (subject: string, signal: AbortSignal) => Promise<void>;

/** Moves what is due now. There is no `publish`: writing work is part of a commit. */
export interface Queue {
  start(handlers: Readonly<Record<Stage, Handler>>): void;
  health(): QueueHealth;
  /** Claim no more, tell the running handlers, wait for them. */
  stop(): Promise<void>;
}

/** Where the queue goes through a broker: does it answer, and does it take messages. */
export interface QueueHealth {
  readonly connected: boolean;
  readonly blocked: boolean;
}
