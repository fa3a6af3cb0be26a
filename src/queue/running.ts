import { once } from 'node:events';
import type { Stage } from '../core/change.ts';
import type { Log } from '../core/channel.ts';
import type { Leased, Store } from '../store/store.ts';
import { untilRoom } from '../room.ts';
import { failureOf } from './failure.ts';
import type { Handler } from './queue.ts';

export interface Pool {
  readonly stages: readonly Stage[];
  readonly width: number;
}

/** Reading pages takes seconds of processor time; sending must not wait behind it. */
export const pools: readonly Pool[] = [
  { stages: ['extract'], width: 2 },
  { stages: ['route', 'deliver', 'settle', 'remind', 'acknowledge', 'purge'], width: 16 },
];

/** So long after the death of its holder work falls due again. */
export const leaseMs = 30_000;
/** A lease is kept by whoever has the work, with two chances to miss. */
export const renewMs = 10_000;
/** Work that falls due by the clock, or was committed by another process, is seen so late at most. */
export const beatMs = 250;

/** From the end of a step to the beginning of the next. */
const betweenMs = 100;
/** A step that goes on longer waits for a far side, or for pages to be read: it holds up nobody, and nobody is held back
 *  for it. */
const briskMs = 1_000;

const graceMs = 20_000;
/** What does not obey by then is left to its lease: another process finds out how far it came. */
const obeyMs = 5_000;
/** Times the number of tries: our own failures are retried patiently, until they are dead letters. */
const retryMs = 2_000;

/** Handlers at work, whichever way their work came. */
export interface Running {
  /** Handle, keep the lease meanwhile, finish or give back. Never rejects: what fails here falls due again. */
  run(work: Leased, handler: Handler): Promise<void>;
  size(): number;
  /** Urgent work is at hand, or was a moment ago and its next step may be due. */
  hurried(): boolean;
  /** Wait until no more comes (`ended`) and for all that runs; after a while, tell it. */
  drain(ended: Promise<unknown>): Promise<void>;
}

export function running(store: Pick<Store, 'renew' | 'finish' | 'release'>, log: Log, now: () => number): Running {
  const cutting = new AbortController();
  const tasks = new Set<Promise<void>>();
  const urgent = new Set<{ readonly since: number }>();
  let lastUrgent = -Infinity;

  /** A clock that was set back must not make hurry last. */
  const within = (ms: number, since: number): boolean => Math.abs(now() - since) < ms;

  async function handle(work: Leased, handler: Handler): Promise<void> {
    const keeping = setInterval(() => void keep(work), renewMs);
    try {
      await handler(work.subject, cutting.signal);
      await store.finish(work);
    } catch (cause) {
      log.error('work.failed', { stage: work.stage, tries: work.claims }, cause);
      await release(work, failureOf(cause));
    } finally {
      clearInterval(keeping);
    }
  }

  /** A full disk passes. If nothing helps, the lease runs out and the work falls due again. */
  async function release(work: Leased, failure: string): Promise<void> {
    try {
      await untilRoom(() => store.release(work, now() + work.claims * retryMs, failure), cutting.signal);
    } catch (cause) {
      log.error('work.unreleasable', { stage: work.stage }, cause);
    }
  }

  async function keep(work: Leased): Promise<void> {
    try {
      await store.renew(work, leaseMs);
    } catch (cause) {
      log.error('work.unrenewable', { stage: work.stage }, cause);
    }
  }

  return {
    run(work, handler) {
      const task = handle(work, handler).finally(() => tasks.delete(task));
      tasks.add(task);
      if (work.urgency !== 'routine') {
        const step = { since: now() };
        urgent.add(step);
        void task.then(() => {
          urgent.delete(step);
          lastUrgent = now();
        });
      }
      return task;
    },
    size: () => tasks.size,
    hurried: () => within(betweenMs, lastUrgent) || urgent.values().some(({ since }) => within(briskMs, since)),
    async drain(ended) {
      // A send that is cut off leaves a doubt: let it end by itself if it can.
      const grace = setTimeout(() => cutting.abort(), graceMs);
      await Promise.race([ended.then(() => Promise.all(tasks)), disobeyed(cutting.signal)]);
      clearTimeout(grace);
    },
  };
}

async function disobeyed(cut: AbortSignal): Promise<void> {
  if (!cut.aborted) await once(cut, 'abort');
  await new Promise((late) => setTimeout(late, obeyMs).unref());
}
