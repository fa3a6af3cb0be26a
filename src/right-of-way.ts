import { AsyncLocalStorage } from 'node:async_hooks';
import type { Store } from './store/store.ts';

/** Who goes first within a process. Each step of urgent work waits in the event loop, at the writer and for a processor
 *  behind whatever else goes on there; so the rest, however far it is, halts at its next commit until the urgent work is
 *  on its way. */
export interface RightOfWay {
  /** Do urgent work. The rest gives way until it is over and a moment longer, as its next step may be about to begin. */
  first<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when nobody has to give way; at once for what is part of urgent work itself. */
  give(): Promise<void>;
  /** All go on together now: there is more that is urgent than the rest can give way to. */
  together(): boolean;
}

/** Everybody is equal. */
export const openRoad: RightOfWay = { first: (work) => work(), give: () => Promise.resolve(), together: () => false };

/** From the end of a step of urgent work to the beginning of the next; then also the far side reads it, on processors that
 *  may be ours. */
const betweenMs = 25;
/** Nobody gives way for longer at a stretch: what takes longer waits for a far side, or there is too much that is urgent. */
const longestMs = 100;
/** After such a stretch all go on together for so long, however much is urgent. */
const breatherMs = 50;

/** @param now milliseconds; never goes back */
export function rightOfWay(now: () => number): RightOfWay {
  const urgent = new AsyncLocalStorage<true>();
  const atWork = new Set<symbol>();
  const waiting: (() => void)[] = [];
  let timer: NodeJS.Timeout | undefined;
  /** Of the stretch: the rest gives way from … until. */
  let [since, until] = [-Infinity, -Infinity];

  function together(): boolean {
    const cutShort = until === since + longestMs;
    return cutShort && now() >= until && now() < until + breatherMs;
  }

  function begin(): symbol {
    const [at, work] = [now(), Symbol('urgent work')];
    if (at >= until && !together()) {
      since = at;
      atWork.clear();
    }
    if (at < since + longestMs) {
      atWork.add(work);
      until = since + longestMs;
    }
    return work;
  }

  function end(work: symbol): void {
    atWork.delete(work);
    if (atWork.size === 0) until = Math.min(until, now() + betweenMs);
    wakeInTime();
  }

  function wakeInTime(): void {
    clearTimeout(timer);
    if (waiting.length === 0) return;
    const left = until - now();
    if (left > 0) {
      timer = setTimeout(wakeInTime, left);
      return;
    }
    for (const go of waiting.splice(0)) go();
  }

  return {
    async first(work) {
      const begun = begin();
      try {
        return await urgent.run(true, work);
      } finally {
        end(begun);
      }
    },
    async give() {
      if (now() >= until || urgent.getStore() === true) return;
      await new Promise<void>((go) => {
        waiting.push(go);
        wakeInTime();
      });
    },
    together,
  };
}

/** The store of a process in which urgent work goes first. */
export const givingWay = (store: Store, way: RightOfWay): Store => ({
  ...store,
  async commit(change) {
    await way.give();
    await store.commit(change);
  },
});
