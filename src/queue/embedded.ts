import type { Stage } from '../core/change.ts';
import type { Log } from '../core/channel.ts';
import { doorbell } from '../core/doorbell.ts';
import type { Leased, Store } from '../store/store.ts';
import type { Handlers, Queue } from './queue.ts';
import { beatMs, lanes, leaseMs, running, type Lane } from './running.ts';

/** Work straight from the store's own table: no broker, same promises. */
export function embeddedQueue(
  store: Pick<Store, 'claim' | 'renew' | 'finish' | 'release' | 'onCommit'>,
  log: Log,
  now: () => number,
): Queue {
  const stopping = new AbortController();
  const work = running(store, log, now);
  let loops: Promise<void>[] = [];

  async function pump({ stages, width }: Lane, handlers: Handlers): Promise<void> {
    const mine = new Set<Promise<void>>();
    const bell = doorbell();
    // Fresh work is seen at once; work that falls due by the clock, at the next beat.
    const silence = store.onCommit(({ work = [] }) => {
      if (work.some(({ stage }) => stages.includes(stage))) bell.ring();
    });
    const beat = setInterval(bell.ring, beatMs);
    stopping.signal.addEventListener('abort', bell.ring);
    while (!stopping.signal.aborted) {
      const claimed = await claim(stages, width - mine.size);
      for (const each of claimed) {
        const task: Promise<void> = work.run(each, handlers[each.stage]).finally(() => mine.delete(task));
        mine.add(task);
      }
      if (mine.size >= width) await Promise.race(mine);
      else if (claimed.length === 0) await bell.rung();
    }
    clearInterval(beat);
    silence();
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
      return Promise.resolve();
    },
    stop() {
      stopping.abort();
      return work.drain(Promise.all(loops));
    },
    health: () => ({ connected: true, blocked: false, running: work.size(), waiting: 0 }),
  };
}
