import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { stages, type Stage } from '../../src/core/change.ts';
import type { Log } from '../../src/core/channel.ts';
import type { Handler, Handlers, Queue } from '../../src/queue/queue.ts';
import type { Store } from '../../src/store/store.ts';
import { until } from '../harness.ts';

export type OpenStore = (now: () => number) => Promise<Store>;
export type OpenQueue = (store: Store, log: Log, now: () => number) => Queue;

/** The same handler for every stage, told which one it is. */
export const everyStage = (handle: (stage: Stage, subject: string, signal: AbortSignal) => Promise<void>): Handlers =>
  Object.fromEntries(
    stages.map((stage): [Stage, Handler] => [stage, (subject, signal) => handle(stage, subject, signal)]),
  ) as Handlers;

/** Remembers what was done, and how often the same thing was done twice at once. */
export function ledger(work: (subject: string) => Promise<unknown> = () => Promise.resolve()) {
  const [done, running] = [new Map<string, number>(), new Map<string, number>()];
  const most = { ofOne: 0, atOnce: 0 };
  const change = (map: Map<string, number>, key: string, by: number): number => {
    map.set(key, (map.get(key) ?? 0) + by);
    return map.get(key)!;
  };
  return {
    done,
    most,
    running: () => [...running.values()].reduce((sum, n) => sum + n, 0),
    handle: async (subject: string): Promise<void> => {
      most.ofOne = Math.max(most.ofOne, change(running, subject, 1));
      most.atOnce = Math.max(
        most.atOnce,
        [...running.values()].reduce((sum, n) => sum + n, 0),
      );
      try {
        await work(subject);
        change(done, subject, 1);
      } finally {
        change(running, subject, -1);
      }
    },
  };
}

/** Says when, and to whom. */
export const gate = (): PromiseWithResolvers<void> => Promise.withResolvers();

export const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

let subjects = 0;
/** Never the same name twice: a broker may keep what an earlier test left. */
export const names = (count: number): string[] =>
  Array.from({ length: count }, () => `msg_${process.pid}-${subjects++}`);

/** What every queue must keep, on any store.
 *  @param width how many deliveries it makes at once */
export function queueContract(name: string, openStore: OpenStore, openQueue: OpenQueue, width: number): void {
  describe(name, () => {
    let clock: number;
    let store: Store;
    let queues: Queue[];
    beforeEach(async () => {
      clock = Date.UTC(2026, 10, 23, 9, 0);
      store = await openStore(() => clock);
      queues = [];
    });
    afterEach(async () => {
      await Promise.all(queues.map((queue) => queue.stop()));
      await store.close();
    });

    const start = async (handlers: Handlers): Promise<Queue> => {
      const queue = openQueue(store, silent, () => clock);
      queues.push(queue);
      await queue.start(handlers);
      return queue;
    };
    const due = (stage: Stage, subjects: readonly string[], dueAt = 0): Promise<void> =>
      store.commit({ work: subjects.map((subject) => ({ stage, subject, dueAt })), events: [] });
    const nothingLeft = async (): Promise<boolean> => {
      clock += 24 * 3_600_000;
      return (await store.claim(stages, 1, 0)).length === 0;
    };

    test('does work of every stage once', async () => {
      const book = ledger();
      await due('route', ['before']);
      await start(everyStage((stage, subject) => book.handle(`${stage} ${subject}`)));
      for (const stage of stages) await due(stage, names(20));
      await until('all is done', () => book.done.size === 20 * stages.length + 1);
      await until('nothing is left', nothingLeft);
      expect([...book.done.values()].every((times) => times === 1)).toBe(true);
    });

    test('does work that falls due later when the clock says so', async () => {
      const book = ledger();
      await start(everyStage((_, subject) => book.handle(subject)));
      const [now, later] = names(2) as [string, string];
      await due('settle', [later], clock + 60_000);
      await due('settle', [now]);
      await until('what is due is done', () => book.done.has(now));
      expect(book.done.has(later)).toBe(false);
      clock += 60_000;
      await until('it falls due', () => book.done.has(later));
    });

    test('works side by side, as wide as the lane and no wider, and no lane waits for another', async () => {
      const open = gate();
      const [read, sent] = [ledger(() => open.promise), ledger(() => open.promise)];
      const queue = await start(everyStage((stage, subject) => (stage === 'extract' ? read : sent).handle(subject)));
      await due('extract', names(10));
      await due('deliver', names(40));
      await until('all hands are full', () => read.running() === 2 && sent.running() === width);
      expect(queue.health()).toMatchObject({ connected: true, blocked: false, running: 2 + width });
      open.resolve();
      await until('all is done', () => read.done.size === 10 && sent.done.size === 40);
      expect([read.most.atOnce, sent.most.atOnce]).toEqual([2, width]);
      await until('all hands are free', () => queue.health().running === 0);
    });

    test('does failed work again, more patiently each time, and leaves it alone in the end', async () => {
      const tries: number[] = [];
      await start(
        everyStage(() => {
          tries.push(clock);
          return Promise.reject(new Error('our fault'));
        }),
      );
      const [poison] = names(1) as [string];
      await due('route', [poison]);
      for (let n = 1; n <= 20; n++) {
        await until(`try ${n}`, () => tries.length === n);
        await until('it is given back', async () => (await store.claim(['route'], 1, 0)).length === 0);
        clock += n * 2_000;
      }
      await until('it is a dead letter', async () => (await store.deadLetters()).length === 1);
      expect(await store.deadLetters()).toMatchObject([{ subject: poison, claims: 20 }]);
      clock += 3_600_000;
      const [sound] = names(1) as [string];
      await due('purge', [sound]);
      await until('others are done', () => tries.length === 21);
    });

    test('does work again that was put anew while it was done', async () => {
      const seen: string[] = [];
      const open = gate();
      await start(
        everyStage(async (_, subject) => {
          seen.push(subject);
          if (seen.length > 1) return;
          await due('settle', [subject]);
          await open.promise;
        }),
      );
      await due('settle', names(1));
      await until('it is done again', () => seen.length === 2);
      open.resolve();
      await until('nothing is left', nothingLeft);
    });

    test('keeps its lease for as long as the work takes', async () => {
      const open = gate();
      const book = ledger(() => open.promise);
      for (let i = 0; i < 2; i++) await start(everyStage((_, subject) => book.handle(subject)));
      await due('extract', names(1));
      await until('it is begun', () => book.running() === 1);
      // The lease lasts 30 s of this clock, which runs faster than the one by which it is renewed every 10 s.
      const [from, clockThen] = [performance.now(), clock];
      await until(
        'more than a lease has passed',
        () => {
          clock = clockThen + 2.4 * (performance.now() - from);
          return clock > clockThen + 36_000;
        },
        20_000,
      );
      open.resolve();
      await until('it is done', () => book.done.size === 1);
      expect(book.most.ofOne).toBe(1);
    });

    test('shares work between two queues on one store, and does nothing twice', async () => {
      const books = [0, 1].map(() => ledger(() => new Promise((done) => setTimeout(done, 5))));
      for (const book of books) await start(everyStage((_, subject) => book.handle(subject)));
      for (let i = 0; i < 10; i++) await due('deliver', names(50));
      const sizes = (): number[] => books.map(({ done }) => done.size);
      await until('all is done', () => sizes()[0]! + sizes()[1]! >= 500);
      const together = books.flatMap(({ done }) => [...done.entries()]);
      expect(new Set(together.map(([subject]) => subject)).size).toBe(500);
      expect(together.every(([, times]) => times === 1)).toBe(true);
      expect(Math.min(...sizes())).toBeGreaterThan(50);
    });

    test('stops at once for what is new, and waits for what runs', async () => {
      const open = gate();
      const book = ledger(() => open.promise);
      const queue = await start(everyStage((_, subject) => book.handle(subject)));
      await due('deliver', names(60));
      await until('it is begun', () => book.running() === width);
      let stopped = false;
      const stopping = queue.stop().then(() => (stopped = true));
      await due('deliver', names(5));
      await new Promise((pass) => setTimeout(pass, 600));
      expect([stopped, book.done.size]).toEqual([false, 0]);
      open.resolve();
      await stopping;
      expect([book.done.size, book.running()]).toEqual([width, 0]);
      // What was not begun is there for the next one.
      const next = ledger();
      await start(everyStage((_, subject) => next.handle(subject)));
      clock += 30_001;
      await until('the rest is done', () => next.done.size === 65 - width);
    });
  });
}
