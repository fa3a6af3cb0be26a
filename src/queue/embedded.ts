import type { Stage } from '../core/change.ts';
import type { Log } from '../core/channel.ts';
import { doorbell } from '../core/doorbell.ts';
import type { Leased, Store } from '../store/store.ts';
import { untilRoom } from '../room.ts';
import type { Handler, Queue } from './queue.ts';

interface Lane {
  readonly stages: readonly Stage[];
  readonly width: number;
}

/** Reading pages takes seconds of processor time; sending must not wait behind it. */
const lanes: readonly Lane[] = [
  { stages: ['extract'], width: 2 },
  { stages: ['route', 'deliver', 'settle', 'acknowledge', 'purge'], width: 16 },
];

/** So long after the death of its holder work falls due again. */
const leaseMs = 30_000;
/** A lease is kept by whoever has the work, with two chances to miss. */
const renewMs = 10_000;
const beatMs = 250;
const graceMs = 20_000;
/** Times the number of tries: our own failures are retried patiently, until they are dead letters. */
const retryMs = 2_000;

/** Work straight from the store's own table: no broker, same promises. */
export function embeddedQueue(
  store: Pick<Store, 'claim' | 'renew' | 'finish' | 'release' | 'onCommit'>,
  log: Log,
  now: () => number,
): Queue {
  const stopping = new AbortController();
  const cutting = new AbortController();
  let loops: Promise<void>[] = [];

  async function handle(work: Leased, handler: Handler): Promise<void> {
    const keeping = setInterval(() => void keep(work), renewMs);
    try {
      await handler(work.subject, cutting.signal);
      await store.finish(work);
    } catch (cause) {
      log.error('work.failed', { stage: work.stage, tries: work.claims }, cause);
      await release(work);
    } finally {
      clearInterval(keeping);
    }
  }

  /** A full disk passes. If nothing helps, the lease runs out and the work falls due again. */
  async function release(work: Leased): Promise<void> {
    try {
      await untilRoom(() => store.release(work, now() + work.claims * retryMs), stopping.signal);
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

  async function pump({ stages, width }: Lane, handlers: Readonly<Record<Stage, Handler>>): Promise<void> {
    const running = new Set<Promise<void>>();
    const bell = doorbell();
    // Fresh work is seen at once; work that falls due by the clock, at the next beat.
    const silence = store.onCommit(({ work = [] }) => {
      if (work.some(({ stage }) => stages.includes(stage))) bell.ring();
    });
    const beat = setInterval(bell.ring, beatMs);
    stopping.signal.addEventListener('abort', bell.ring);
    while (!stopping.signal.aborted) {
      const claimed = await claim(stages, width - running.size);
      for (const work of claimed) {
        const task: Promise<void> = handle(work, handlers[work.stage]).finally(() => running.delete(task));
        running.add(task);
      }
      if (running.size >= width) await Promise.race(running);
      else if (claimed.length === 0) await bell.rung();
    }
    clearInterval(beat);
    silence();
    await Promise.all(running);
  }

  async function claim(stages: readonly Stage[], limit: number): Promise<Leased[]> {
    try {
      return await store.claim(stages, limit, leaseMs);
    } catch (cause) {
      log.error('work.unclaimable', {}, cause);
      return [];
    }
  }

  return {
    start(handlers) {
      loops = lanes.map((lane) => pump(lane, handlers));
    },
    // It has no broker that could be away.
    health: () => ({ connected: true, blocked: false }),
    async stop() {
      stopping.abort();
      // A send that is cut off leaves a doubt: let it end by itself if it can.
      const grace = setTimeout(() => cutting.abort(), graceMs);
      await Promise.all(loops);
      clearTimeout(grace);
    },
  };
}
