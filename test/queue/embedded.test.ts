import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from '@jest/globals';
import { embeddedQueue } from '../../src/queue/embedded.ts';
import { everyStage, gate, names, queueContract, silent } from '../contract/queue.ts';
import { until } from '../harness.ts';
import { stores } from './stores.ts';

const empty = stores();
afterAll(() => empty.close());

queueContract('the embedded queue on SQLite', empty.sqlite, embeddedQueue, 32);
queueContract('the embedded queue on PostgreSQL', empty.postgres, embeddedQueue, 32);

test('beside urgent work little else is begun at a time, and what only waits keeps nobody from beginning', async () => {
  const store = await empty.sqlite(Date.now);
  const queue = embeddedQueue(store, silent, Date.now);
  const [urgent = '', ...others] = names(11);
  const [ends, begun] = [new Map([urgent, ...others].map((name) => [name, gate()])), new Set<string>()];
  await queue.start(
    everyStage((_, subject) => {
      begun.add(subject);
      return ends.get(subject)!.promise;
    }),
  );
  const put = (subjects: readonly string[], urgency: 'urgent' | 'routine') =>
    store.commit({
      work: subjects.map((subject) => ({ stage: 'settle' as const, subject, dueAt: Date.now(), urgency })),
      events: [],
    });
  await put([urgent], 'urgent');
  await until('the urgent one is at work', () => begun.has(urgent));
  await put(others, 'routine');
  await sleep(100);
  expect(begun.size).toBeLessThanOrEqual(3);
  await until('all are at work beside it', () => begun.size === 11);
  for (const { resolve } of ends.values()) resolve();
  await queue.stop();
  await store.close();
});

test('urgent work that waits for a far side that never answers holds nobody back', async () => {
  const store = await empty.sqlite(Date.now);
  const queue = embeddedQueue(store, silent, Date.now);
  const [urgent = '', ...others] = names(11);
  const [end, begun] = [gate(), new Set<string>()];
  await queue.start(
    everyStage((_, subject) => {
      begun.add(subject);
      return end.promise;
    }),
  );
  const put = (subjects: readonly string[], urgency: 'urgent' | 'routine') =>
    store.commit({
      work: subjects.map((subject) => ({ stage: 'deliver' as const, subject, dueAt: Date.now(), urgency })),
      events: [],
    });
  await put([urgent], 'urgent');
  await put(others, 'routine');
  await until('all are at work beside it', () => begun.size === 11);
  end.resolve();
  await queue.stop();
  await store.close();
});
