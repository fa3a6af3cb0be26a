import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { stages, type Stage, type Work } from '../../src/core/change.ts';
import type { Log } from '../../src/core/channel.ts';
import { embeddedQueue } from '../../src/queue/embedded.ts';
import type { Handler, Queue } from '../../src/queue/queue.ts';
import { sqlStore } from '../../src/store/sql-store.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import { createVault } from '../../src/store/vault.ts';
import { keysInMemory, until } from '../harness.ts';

const quiet: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const now = (): number => 1_000;

let store: Store;
let queue: Queue;
/** What is under way: how to end it. */
let open: Map<string, () => void>;
let most: number;

beforeEach(() => {
  const db = openSqlite(':memory:');
  store = sqlStore(db, createVault(db, keysInMemory(), now), now, () => ({ lane: 4, channel: 64 }));
  open = new Map();
  most = 0;
  const handler: Handler = (subject) =>
    new Promise((done) => {
      open.set(subject, () => {
        open.delete(subject);
        done();
      });
      most = Math.max(most, open.size);
    });
  queue = embeddedQueue(store, quiet, now);
  void queue.start(Object.fromEntries(stages.map((stage) => [stage, handler])) as Record<Stage, Handler>);
});
afterEach(async () => {
  const ending = setInterval(() => {
    for (const end of open.values()) end();
  }, 5);
  await queue.stop();
  clearInterval(ending);
  await store.close();
});

const put = (prefix: string, count: number, kind: Omit<Work, 'subject' | 'dueAt'>): Promise<void> =>
  store.commit({
    work: Array.from({ length: count }, (_, i) => ({ ...kind, subject: `${prefix}${i}`, dueAt: 1 })),
    events: [],
  });

describe('the embedded queue', () => {
  test('has a place for urgent work when routine work has taken all others', async () => {
    for (let host = 0; host < 20; host++) await put(`slow${host}-`, 4, { stage: 'deliver', lane: `direct h${host}` });
    await put('page', 4, { stage: 'extract' });
    await until('every routine place is taken', () => open.size >= 32 + 2);
    await put('urgent', 1, { stage: 'deliver', lane: 'direct other', urgency: 'urgent' });
    await put('read', 1, { stage: 'extract', urgency: 'stat' });
    await until('the urgent ones are under way', () => open.has('urgent0') && open.has('read0'));
    expect(most).toBe(32 + 2 + 2);
  });

  test('goes on along a lane as soon as there is room, never wider than it', async () => {
    await put('item', 40, { stage: 'deliver', lane: 'direct a' });
    const began = performance.now();
    for (let i = 0; i < 40; i++) {
      await until('one is under way', () => open.size > 0);
      [...open.values()][0]?.();
    }
    expect(most).toBe(3);
    // At the beat of the clock alone, three at a time, it would be more than three seconds.
    expect(performance.now() - began).toBeLessThan(3_000);
    await until('all is done', async () => (await store.depth()).deliver === 0);
  });

  test('is not held up by a far side that does not answer', async () => {
    await put('dead', 500, { stage: 'deliver', lane: 'direct dead' });
    await put('live', 50, { stage: 'deliver', lane: 'direct live' });
    await put('told', 50, { stage: 'acknowledge' });
    const done = new Set<string>();
    await until('all that lives is done', () => {
      for (const [subject, end] of open) {
        if (subject.startsWith('dead')) continue;
        done.add(subject);
        end();
      }
      return done.size === 100;
    });
    expect([...open.keys()].filter((subject) => subject.startsWith('dead'))).toHaveLength(3);
  });
});
