import { afterEach, expect, jest, test } from '@jest/globals';
import type { Log } from '../../src/core/channel.ts';
import { running } from '../../src/queue/running.ts';

const quiet: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const store = {
  renew: () => Promise.resolve(true),
  finish: () => Promise.resolve(),
  release: () => Promise.resolve(),
};
const work = { stage: 'deliver', subject: 'dlv_1', dueAt: 0, generation: 1, claims: 1 } as const;

jest.useFakeTimers();
afterEach(() => {
  jest.clearAllTimers();
});

test('work that ends when it is told is waited for; work that does not is left to its lease within 30 s', async () => {
  const pool = running(store, quiet, () => 0);
  let told = 0;
  const obedient = (_subject: string, signal: AbortSignal) =>
    new Promise<void>((done) => {
      signal.addEventListener('abort', () => {
        told += 1;
        setTimeout(done, 1_000);
      });
    });
  const obeys = pool.run(work, obedient);
  void pool.run(work, () => new Promise<void>(() => undefined));
  let gone = false;
  const drained = pool.drain(Promise.resolve()).then(() => (gone = true));
  await jest.advanceTimersByTimeAsync(19_000);
  expect([told, pool.size()]).toEqual([0, 2]);
  await jest.advanceTimersByTimeAsync(3_000);
  await obeys;
  expect([told, pool.size(), gone]).toEqual([1, 1, false]);
  await jest.advanceTimersByTimeAsync(5_000);
  await drained;
  expect(gone).toBe(true);
});
