import type { Stage } from '../core/change.ts';
import type { Log } from '../core/channel.ts';
import { doorbell } from '../core/doorbell.ts';
import type { Leased, Store } from '../store/store.ts';
import type { Handler, Queue } from './queue.ts';

interface Pool {
  readonly stages: readonly Stage[];
  readonly width: number;
  readonly only?: 'urgent';
}

/** Reading pages takes seconds of processor time, sending and telling senders waits for far sides: none may hold up the
 *  rest. Urgent work has places that nothing else can take. */
const pools: readonly Pool[] = [
  { stages: ['extract'], width: 2 },
  { stages: ['extract'], width: 1, only: 'urgent' },
  { stages: ['route', 'settle', 'purge'], width: 16 },
  { stages: ['deliver'], width: 32 },
  { stages: ['acknowledge'], width: 8 },
  { stages: ['route', 'deliver', 'settle', 'acknowledge'], width: 4, only: 'urgent' },
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
      // If even this fails, the lease runs out and the work falls due again.
      await store.release(work, now() + work.claims * retryMs).catch((again: unknown) => {
        log.error('work.unreleasable', { stage: work.stage }, again);
      });
    } finally {
      clearInterval(keeping);
    }
  }

  async function keep(work: Leased): Promise<void> {
    try {
      await store.renew(work, leaseMs);
    } catch (cause) {
      log.error('work.unrenewable', { stage: work.stage }, cause);
    }
  }

  async function pump({ stages, width, only }: Pool, handlers: Readonly<Record<Stage, Handler>>): Promise<void> {
    const running = new Set<Promise<void>>();
    const bell = doorbell();
    // Fresh work is seen at once; work that falls due by the clock, at the next beat.
    const silence = store.onCommit(({ work = [] }) => {
      if (work.some(({ stage }) => stages.includes(stage))) bell.ring();
    });
    const beat = setInterval(bell.ring, beatMs);
    stopping.signal.addEventListener('abort', bell.ring);
    while (!stopping.signal.aborted) {
      const claimed = await claim(stages, width - running.size, only);
      for (const work of claimed) {
        const task: Promise<void> = handle(work, handlers[work.stage]).finally(() => {
          running.delete(task);
          // There is room in its lane now.
          bell.ring();
        });
        running.add(task);
      }
      if (running.size >= width) await Promise.race(running);
      else if (claimed.length === 0) await bell.rung();
    }
    clearInterval(beat);
    silence();
    await Promise.all(running);
  }

  async function claim(stages: readonly Stage[], limit: number, only: Pool['only']): Promise<Leased[]> {
    try {
      return await store.claim(stages, limit, leaseMs, only);
    } catch (cause) {
      log.error('work.unclaimable', {}, cause);
      return [];
    }
  }

  return {
    start(handlers) {
      loops = pools.map((pool) => pump(pool, handlers));
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
