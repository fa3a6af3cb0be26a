import type { Stage } from '../core/change.ts';
import type { Facts, Log } from '../core/channel.ts';
import { Conflict, Duplicate } from '../errors.ts';
import type { Handler } from '../queue/queue.ts';
import type { Store } from '../store/store.ts';

/** `refused`: somebody else was first, as it should be. `failed`: the store could not. */
export type CommitResult = 'done' | 'refused' | 'failed';

/** The log, with somebody who listens. */
export function overheard(log: Log, hear: (event: string, facts: Facts) => void): Log {
  return {
    info(event, facts = {}) {
      hear(event, facts);
      log.info(event, facts);
    },
    warn(event, facts = {}) {
      hear(event, facts);
      log.warn(event, facts);
    },
    error(event, facts = {}, cause) {
      hear(event, facts);
      log.error(event, facts, cause);
    },
  };
}

/** The store, with a clock on its commits. */
export function timed(store: Store, done: (result: CommitResult, seconds: number) => void): Store {
  return {
    ...store,
    async commit(change) {
      const startedAt = performance.now();
      let result: CommitResult = 'failed';
      try {
        await store.commit(change);
        result = 'done';
      } catch (cause) {
        if (cause instanceof Conflict || cause instanceof Duplicate) result = 'refused';
        throw cause;
      } finally {
        done(result, (performance.now() - startedAt) / 1000);
      }
    },
  };
}

/** Runs one piece of work; whoever is wrapped around it sees when it begins and how it ends. */
export type Around = (stage: Stage, subject: string, run: () => Promise<void>) => Promise<void>;

/** The handlers, each run inside all of these, the first outermost. */
export function watched(
  handlers: Readonly<Record<Stage, Handler>>,
  arounds: readonly Around[],
): Readonly<Record<Stage, Handler>> {
  const wrap =
    (stage: Stage, handler: Handler): Handler =>
    (subject, signal) =>
      arounds.reduceRight<() => Promise<void>>(
        (inner, around) => () => around(stage, subject, inner),
        () => handler(subject, signal),
      )();
  const wrapped = Object.entries(handlers).map(([stage, handler]) => [stage, wrap(stage as Stage, handler)]);
  return Object.fromEntries(wrapped) as Readonly<Record<Stage, Handler>>;
}

/** Tells how long each run took. */
export const clocked =
  (done: (stage: Stage, result: 'done' | 'failed', seconds: number) => void): Around =>
  async (stage, _subject, run) => {
    const startedAt = performance.now();
    let result: 'done' | 'failed' = 'failed';
    try {
      await run();
      result = 'done';
    } finally {
      done(stage, result, (performance.now() - startedAt) / 1000);
    }
  };
