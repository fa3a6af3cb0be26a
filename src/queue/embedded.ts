import type { Stage } from '../core/change.ts';
import type { Log } from '../core/channel.ts';
import { doorbell } from '../core/doorbell.ts';
import type { Leased, Store } from '../store/store.ts';
import type { Handlers, Queue } from './queue.ts';
import { beatMs, leaseMs, running, type Pool } from './running.ts';

interface Places extends Pool {
  readonly only?: 'urgent';
}

/** Reading pages takes seconds of processor time, sending and telling senders waits for far sides: none may hold up the
 *  rest. Urgent work has places that nothing else can take. */
const places: readonly Places[] = [
  { stages: ['extract'], width: 2 },
  { stages: ['extract'], width: 1, only: 'urgent' },
  { stages: ['route', 'settle', 'purge'], width: 16 },
  { stages: ['deliver'], width: 32 },
  { stages: ['acknowledge', 'remind'], width: 8 },
  { stages: ['route', 'deliver', 'settle', 'acknowledge'], width: 4, only: 'urgent' },
];

/** Begun between two beats in each of these places and still at work, while urgent work is at hand: each step of that
 *  waits for whatever else goes on in the process. What lasts for longer waits for a far side, and keeps nobody back. */
const hurriedWidth = 1;

/** Work straight from the store's own table: no broker, same promises. */
export function embeddedQueue(
  store: Pick<Store, 'claim' | 'renew' | 'finish' | 'release' | 'onCommit'>,
  log: Log,
  now: () => number,
): Queue {
  const stopping = new AbortController();
  const work = running(store, log, now);
  let loops: Promise<void>[] = [];

  async function pump({ stages, width, only }: Places, handlers: Handlers): Promise<void> {
    const mine = new Set<Promise<void>>();
    /** Of those, what was begun since the last beat. */
    const fresh = new Set<Promise<void>>();
    const room = (): number => {
      const left = width - mine.size;
      return only || !work.hurried() ? left : Math.min(left, hurriedWidth - fresh.size);
    };
    const bell = doorbell();
    // Fresh work is seen at once; work that falls due by the clock, at the next beat.
    const silence = store.onCommit(({ work = [] }) => {
      if (work.some(({ stage }) => stages.includes(stage))) bell.ring();
    });
    const beat = setInterval(() => {
      fresh.clear();
      bell.ring();
    }, beatMs);
    stopping.signal.addEventListener('abort', bell.ring);
    while (!stopping.signal.aborted) {
      const claimed = await claim(stages, room(), only);
      for (const each of claimed) {
        const task: Promise<void> = work.run(each, handlers[each.stage]).finally(() => {
          mine.delete(task);
          fresh.delete(task);
          // There is room in its lane now.
          bell.ring();
        });
        mine.add(task);
        fresh.add(task);
      }
      if (claimed.length === 0) await bell.rung();
    }
    clearInterval(beat);
    silence();
  }

  async function claim(stages: readonly Stage[], limit: number, only: Places['only']): Promise<Leased[]> {
    try {
      return await store.claim(stages, limit, leaseMs, only);
    } catch (cause) {
      log.error('work.unclaimable', {}, cause);
      return [];
    }
  }

  return {
    start(handlers) {
      loops = places.map((each) => pump(each, handlers));
      return Promise.resolve();
    },
    stop() {
      stopping.abort();
      return work.drain(Promise.all(loops));
    },
    health: () => ({ connected: true, blocked: false, running: work.size(), hurried: work.hurried(), waiting: 0 }),
  };
}
