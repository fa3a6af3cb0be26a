import { afterAll, describe, expect, test } from '@jest/globals';
import { stages } from '../../src/core/change.ts';
import type { Db, Statement } from '../../src/store/db.ts';
import { openPostgres } from '../../src/store/postgres.ts';
import { sqlStore } from '../../src/store/sql-store.ts';
import { openEngine } from '../../src/store/sqlite-engine.ts';
import { chained } from '../../src/store/sqlite-record.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import { createVault, type Vault } from '../../src/store/vault.ts';
import { keysInMemory } from '../harness.ts';
import { fill } from './stored.ts';
import { postgres } from '../services/postgres.ts';

const server = postgres();
afterAll(() => server.stop());

const stored = 20_000;
const now = 1_000_000;

/** What a message asks of the store from its arrival to its end, and the people who look at the lists. */
async function live(store: Store): Promise<void> {
  const quietly = (done: Promise<unknown>) => done.catch(() => undefined);
  const [id, delivery] = ['msg_77', 'dlv_77'] as const;
  const [work] = await store.claim(stages, 4, 1000);
  await store.renew(work!, 1000);
  await store.release(work!, now);
  await store.finish(work!);
  await quietly(store.message(id));
  await quietly(store.messageByToken('api', 'token'));
  await quietly(store.delivery(delivery));
  await quietly(store.deliveriesOf(id));
  await quietly(store.attempt('att_77'));
  await quietly(store.attemptsOf(delivery));
  await quietly(store.receiptsOf(delivery));
  await quietly(store.acknowledgementsOf(id));
  await quietly(store.proofsOf(id));
  await quietly(store.pagesOf(id));
  await quietly(store.borrowersOf(id));
  await quietly(store.pageLike('hash'));
  await quietly(store.entriesLike(['one', 'two'], 3));
  await quietly(store.linkOf('att_77'));
  await quietly(store.entryOf(id));
  await quietly(store.referral('ref_77'));
  await quietly(store.history(id));
  await quietly(store.standing('p1', { channel: 'efax', address: '+12125550123' }));
  await quietly(store.misdirections({ practices: ['p1'], delivery, limit: 5 }));
  await store.depth();
  await store.deadLetters();
  await store.lastEvent();
  await quietly(store.eventsAfter(stored - 10, 100, ['main']));
  for (const practices of [null, ['p1']]) {
    await quietly(store.deliveries({ practices, limit: 50 }));
    await quietly(store.deliveries({ practices, limit: 50, cursor: 'dlv_5' }));
    await quietly(store.entries({ practices, limit: 50 }));
    await quietly(store.referrals({ practices, limit: 50 }));
    await quietly(store.standings({ practices, now, limit: 50 }));
    await quietly(store.misdirections({ practices, limit: 50 }));
  }
  await quietly(store.deliveries({ practices: null, limit: 50, state: 'held' }));
  await quietly(
    store.deliveries({
      practices: null,
      limit: 50,
      search: { text: 'Elm St 212 555 0100', number: '+12125550100', patients: true },
    }),
  );
  for (const kind of ['doubt', 'held', 'undeliverable', 'intake'] as const) {
    await quietly(store.worklist({ practices: null, kind, snoozed: false, now, limit: 50 }));
  }
  await quietly(store.deliveries({ practices: null, limit: 50, channel: 'efax' }));
  await quietly(store.deliveries({ practices: null, limit: 50, urgency: 'stat' }));
  await quietly(store.deliveries({ practices: null, limit: 50, from: stored - 20, to: stored - 10 }));
  for (const practices of [null, ['p1']]) {
    await quietly(store.overview({ practices, since: stored - 10, now, stretch: 10 }));
  }
  await store.census();
  await quietly(store.entries({ practices: null, limit: 50, state: 'waiting' }));
  await quietly(store.quarantined(null, 50));
  await store.commit({ work: [{ stage: 'route', subject: id, dueAt: 0 }], erase: id, events: [] });
}

/** Every statement that the store sent, once. */
async function statementsOf(db: Db, vault: Vault): Promise<Statement[]> {
  const seen = new Map<string, Statement>();
  const note = (statement: Statement) => seen.set(statement.sql, statement);
  const noted: Db = {
    ...db,
    all(sql, params = []) {
      note({ sql, params });
      return db.all(sql, params);
    },
    apply(statements, lines = []) {
      [...statements, ...lines.flatMap(chained)].forEach(note);
      return db.apply(statements, lines);
    },
  };
  await live(sqlStore(noted, vault, () => now));
  return [...seen.values()];
}

const engines: Record<string, { open: () => Promise<Db>; explain: string; walks: RegExp; ready?: string }> = {
  PostgreSQL: {
    open: async () => openPostgres(await server.url()),
    explain: 'explain',
    // A whole table, or a whole index with a look at each row. Lanes and calls do not grow with the messages.
    walks: /Seq Scan on (?!(?:lanes|calls)\b)|_pkey on [^\n]*\n\s+Filter:/,
    ready: 'analyze',
  },
  SQLite: {
    open: () => Promise.resolve(openSqlite(':memory:')),
    explain: 'explain query plan',
    // The same, and figures that start with all that a practice ever had.
    walks:
      /^SCAN (?!(?:due|kept|line)$)\w+$|\((?:stage|practice|state)=\?\)\s+USE TEMP B-TREE FOR ORDER BY|count\(\*\)[^]*_by_practice \(practice=/m,
  },
};

describe.each(Object.entries(engines))('however much is stored, %s', (_, { open, explain, walks, ready }) => {
  test('finds what one message needs by an index', async () => {
    const db = await open();
    try {
      const vault = createVault(db, keysInMemory(), () => now);
      await vault.ready();
      await fill(db, 0, stored, now);
      await db.apply([{ sql: `update work set due_at = 1 where stage = 'settle' and subject like '%00'`, params: [] }]);
      if (ready !== undefined) await db.apply([{ sql: ready, params: [] }]);
      const statements = await statementsOf(db, vault);
      const plans = await Promise.all(
        statements.map(async ({ sql, params }) => {
          const lines = (await db.all(`${explain} ${sql}`, params)).map((row) =>
            String(row['QUERY PLAN'] ?? row['detail']),
          );
          return { sql, plan: lines.join('\n') };
        }),
      );
      expect(plans.length).toBeGreaterThan(30);
      expect(plans.filter(({ sql, plan }) => walks.test(`${sql}\n${plan}`))).toEqual([]);
    } finally {
      await db.close();
    }
  });
});

/** Median of how long it took, milliseconds. */
function pace(times: number, run: (nth: number) => void): number {
  const took = Array.from({ length: times }, (_, nth) => {
    const start = performance.now();
    run(nth);
    return performance.now() - start;
  });
  return took.sort((a, b) => a - b)[Math.floor(times / 2)] ?? NaN;
}

test('plans no query of SQLite anew for each value: a limit or a partial index can bring it to do so', async () => {
  const engine = openEngine(':memory:');
  const db: Db = {
    skipLocked: '',
    settled: 'true',
    all: (sql, params = []) => Promise.resolve(engine.all(sql, params)),
    apply: (statements, lines = []) => {
      const [verdict] = engine.group([[...statements, ...lines.flatMap(chained)]]);
      return verdict && 'rows' in verdict ? Promise.resolve(verdict.rows) : Promise.reject(new Error('refused'));
    },
    close() {
      engine.close();
      return Promise.resolve();
    },
  };
  const vault = createVault(db, keysInMemory(), () => now);
  await vault.ready();
  await db.apply([{ sql: `insert into work (stage, subject, due_at) values ('route', 'msg_1', 0)`, params: [] }]);
  const queries = (await statementsOf(db, vault)).filter(({ sql }) => /^\s*(?:select|with recursive)\b/.test(sql));
  expect(queries.length).toBeGreaterThan(30);
  const paces = queries.map(({ sql, params }) => ({
    sql,
    planned: pace(21, (nth) => engine.all(`${sql} -- ${nth}`, params)),
    again: pace(21, () => engine.all(sql, params)),
  }));
  await db.close();
  // What takes long to plan takes a fraction of that to run on an empty store.
  const long = paces.filter(({ planned }) => planned > 0.05);
  expect(long.length).toBeGreaterThan(0);
  expect(long.filter(({ planned, again }) => again > planned / 4)).toEqual([]);
});
