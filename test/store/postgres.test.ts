import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { verifyRecord } from '../../src/audit/verify.ts';
import type { Change } from '../../src/core/change.ts';
import { openStore } from '../../src/store/open.ts';
import { openPostgres } from '../../src/store/postgres.ts';
import type { Store } from '../../src/store/store.ts';
import { callsContract } from '../contract/calls.ts';
import { peopleContract } from '../contract/people.ts';
import { peopleSayContract } from '../contract/people-say.ts';
import { storeContract } from '../contract/store.ts';
import { until } from '../harness.ts';
import { postgres } from '../services/postgres.ts';

const server = postgres();
/** For tests that stop it: to recover, a server syncs the whole disk, and one with a database for each of the tests above
 *  takes a minute for that when others write too. */
const fragile = postgres();
const folder = mkdtempSync(join(tmpdir(), 'loopgate-store-'));
afterAll(async () => {
  await Promise.all([server.stop(), fragile.stop()]);
  rmSync(folder, { recursive: true });
});

let count = 0;
const place = async (on = server) => ({
  url: await on.url(),
  file: '',
  keyFile: join(folder, `s${count++}-keys`, 'vault.key'),
});
const at = () => 1000;

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function opened(at_: Awaited<ReturnType<typeof place>>): Promise<Store> {
  const store = await openStore(at_, at);
  closing.push(() => store.close());
  return store;
}

/** Somebody else at the same database, who says every word himself. */
async function stranger(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  closing.push(() => client.end());
  return client;
}

const line = (subject: string): Change['events'][number] => ({
  message: null,
  subject,
  what: 'x',
  who: 'test',
  at: 1,
  facts: {},
});

const record = async (store: Store, after = 0) =>
  (await store.eventsAfter(after, 1000, null)).map(({ event }) => event.subject);

storeContract('PostgreSQL', async (widthsOf) => openStore(await place(), at, widthsOf));
callsContract('PostgreSQL', async (widthsOf) => openStore(await place(), at, widthsOf));
peopleSayContract('PostgreSQL', async (widthsOf) => openStore(await place(), at, widthsOf));
peopleContract('PostgreSQL', async () => openStore(await place(), at));

test('two gateways whose groups touch the same two records wait for each other in no circle, and lose no line', async () => {
  const here = await place();
  const stores = [await opened(here), await opened(here)];
  const practices = ['one', 'two'];
  await Promise.all(
    stores.flatMap((store, gateway) =>
      Array.from({ length: 100 }, (_, nth) => {
        const order = nth % 2 === gateway ? practices : practices.toReversed();
        return store.commit({ events: order.map((practice) => ({ ...line(`${gateway} ${nth}`), practice })) });
      }),
    ),
  );
  const { rows } = await (await stranger(here.url)).query('select deadlocks from pg_stat_database where deadlocks > 0');
  expect(rows).toEqual([]);
  expect((await stores[0]!.record.chains()).map(({ practice, size }) => [practice, size])).toEqual([
    ['one', 200],
    ['two', 200],
  ]);
  const { publicKey } = generateKeyPairSync('ed25519');
  expect((await verifyRecord(stores[0]!.record, publicKey, [])).problems).toEqual([]);
});

test('a line that is committed late still comes behind every cursor that was given out', async () => {
  const here = await place();
  const store = await opened(here);
  const slow = await stranger(here.url);
  const late = `insert into events (subject, what, who, at, facts) values ('late', 'x', 'test', 1, '{}')`;
  await slow.query('begin');
  await slow.query(late);
  await store.commit({ events: [line('a'), line('b')] });
  const shown = await store.eventsAfter(0, 10, null);
  const cursor = shown.at(-1)?.cursor ?? 0;
  expect(await store.lastEvent()).toBe(cursor);
  await slow.query('commit');
  expect([...shown.map(({ event }) => event.subject), ...(await record(store, cursor))].sort()).toEqual([
    'a',
    'b',
    'late',
  ]);
  expect(await store.lastEvent()).toBeGreaterThan(cursor);
});

test('a reader who follows while many write sees every line once', async () => {
  const here = await place();
  const writers = await Promise.all(Array.from({ length: 3 }, () => opened(here)));
  const seen: string[] = [];
  let cursor = 0;
  const reading = (async () => {
    while (seen.length < 600) {
      const found = await writers[0]!.eventsAfter(cursor, 7, null);
      seen.push(...found.map(({ event }) => event.subject));
      cursor = found.at(-1)?.cursor ?? cursor;
    }
  })();
  await Promise.all(
    writers.flatMap((store, who) =>
      Array.from({ length: 4 }, async (_, lane) => {
        for (let i = 0; i < 25; i++)
          await store.commit({ events: [line(`${who}-${lane}-${i}`), line(`${who}-${lane}-${i}b`)] });
      }),
    ),
  );
  await reading;
  expect(new Set(seen).size).toBe(600);
});

test('the record goes on where it stood when its data moved to a younger server', async () => {
  const here = await place();
  const store = await openStore(here, at);
  await store.commit({ events: [line('before')] });
  const admin = await stranger(here.url);
  // As a dump would carry it over from a server that has seen a billion transactions more.
  await admin.query('update events set seq = seq + 1000000000::bigint * 4096');
  await store.close();
  const restored = await opened(here);
  await restored.commit({ events: [line('after')] });
  expect(await record(restored)).toEqual(['before', 'after']);
  await restored.commit({ events: [line('later')] });
  expect(await record(restored, await restored.lastEvent())).toEqual([]);
  expect(await record(restored)).toEqual(['before', 'after', 'later']);
});

test('many take from one pile: nothing twice, nobody waits for what another is taking', async () => {
  const here = await place();
  const stores = await Promise.all(Array.from({ length: 3 }, () => opened(here)));
  const work = Array.from({ length: 60 }, (_, i) => ({ stage: 'route' as const, subject: `m${i}`, dueAt: i }));
  await stores[0]!.commit({ work, events: [] });
  const taker = await stranger(here.url);
  await taker.query('begin');
  await taker.query(`select from work where subject in ('m0', 'm1') for update`);
  const piles = await Promise.all(stores.flatMap((store) => [1, 2, 3, 4].map(() => store.claim(['route'], 5, 60_000))));
  await taker.query('rollback');
  const taken = piles.flat().map(({ subject }) => subject);
  expect(new Set(taken).size).toBe(taken.length);
  taken.push(...(await stores[1]!.claim(['route'], 60, 60_000)).map(({ subject }) => subject));
  expect(taken.sort()).toEqual(work.map(({ subject }) => subject).sort());
});

test('several processes may be the first at once; another key is turned away, and so is none', async () => {
  const here = await place();
  await Promise.all(Array.from({ length: 4 }, () => opened(here)));
  const key = readFileSync(here.keyFile);
  rmSync(here.keyFile);
  await expect(openStore(here, at)).rejects.toThrow(/is missing, but data exists/);
  writeFileSync(here.keyFile, 'ab'.repeat(32));
  await expect(openStore(here, at)).rejects.toThrow(/lacks the key/);
  writeFileSync(here.keyFile, key);
  await opened(here);
});

test('the release before may run beside this one, until a step says that it may not', async () => {
  const here = await place();
  await opened(here);
  const newer = await stranger(here.url);
  await newer.query(`insert into migrations values (9001, '9001_more.sql')`);
  await opened(here);
  await newer.query(`insert into migrations values (9002, '9002_contract_less.sql')`);
  await expect(openStore(here, at)).rejects.toThrow(/9002_contract_less.sql\) is newer than this gateway/);
});

test('victims of a deadlock try again by themselves', async () => {
  const here = await place();
  const db = await openPostgres(here.url);
  closing.push(() => db.close());
  const insert = `insert into work (stage, subject, due_at) values ('route', $1, 0)`;
  await db.apply(['a', 'b'].map((subject) => ({ sql: insert, params: [subject] })));
  const bump = (subject: string) => ({
    sql: 'update work set due_at = due_at + 1 where subject = $1',
    params: [subject],
  });
  const pause = { sql: 'select pg_sleep(0.2)', params: [] };
  const other = await stranger(here.url);
  await other.query(`set deadlock_timeout = '10s'`);
  await other.query('begin');
  await other.query(bump('b').sql, ['b']);
  const ours = db.apply([bump('a'), pause, bump('b')]);
  await new Promise((resume) => setTimeout(resume, 100));
  await other.query(bump('a').sql, ['a']);
  await other.query('commit');
  await ours;
  const rows = await db.all('select subject, due_at from work order by subject');
  expect(rows).toEqual([
    { subject: 'a', due_at: 2 },
    { subject: 'b', due_at: 2 },
  ]);
});

test('a statement that the server refuses is our bug, and not taken for an outage', async () => {
  const db = await openPostgres((await place()).url);
  const orphan = { sql: 'insert into terms (hash, delivery) values ($1, $2)', params: ['x', 'dlv_none'] };
  for (const statements of [[orphan], [orphan, { sql: 'select 1 as one', params: [] }]])
    await expect(db.apply(statements)).rejects.toMatchObject({ code: '23503' });
  await db.close();
});

test('what a character zero stands in is written and found again', async () => {
  const store = await opened(await place());
  await store.commit({ events: [line('a\0b')] });
  expect(
    (await store.deliveries({ practices: null, limit: 10, search: { text: 'x\0y', number: null, patients: false } }))
      .rows,
  ).toEqual([]);
  expect(await record(store)).toEqual(['a\ufffdb']);
});

test('a server that is killed and comes back has everything that was confirmed, and nobody restarts us', async () => {
  const here = await place(fragile);
  const store = await opened(here);
  const confirmed: string[] = [];
  const lost: unknown[] = [];
  let writing = true;
  const writers = Array.from({ length: 4 }, async (_, lane) => {
    for (let i = 0; writing; i++) {
      await store.commit({ events: [line(`${lane}-${i}`), line(`${lane}-${i}b`)] }).then(
        () => confirmed.push(`${lane}-${i}`, `${lane}-${i}b`),
        (cause: unknown) => lost.push(cause),
      );
    }
  });
  const goesOn = (before: number) => until('writing goes on', () => confirmed.length > before + 20, 60_000);
  try {
    for (let kills = 0; kills < 3; kills++) {
      await goesOn(confirmed.length);
      await fragile.kill();
      await fragile.restart();
    }
    await goesOn(confirmed.length);
  } finally {
    // Writers that nobody stops would write to a closed store for ever.
    writing = false;
  }
  await Promise.all(writers);
  expect(lost.filter((cause) => (cause as { code?: string }).code !== 'unavailable')).toEqual([]);
  const kept = new Set<string>();
  let cursor = 0;
  for (;;) {
    const found = await store.eventsAfter(cursor, 1000, null);
    if (found.length === 0) break;
    for (const { event } of found) kept.add(event.subject);
    cursor = found.at(-1)!.cursor;
  }
  expect(confirmed.filter((subject) => !kept.has(subject))).toEqual([]);
  // A line is there with its neighbour of the same commit, or neither is.
  expect([...kept].filter((subject) => !subject.endsWith('b') && !kept.has(`${subject}b`))).toEqual([]);
}, 180_000);

test.each([
  [{ fsync: 'off' }, /fsync is off/],
  [{ full_page_writes: 'off' }, /full_page_writes is off/],
  [{ synchronous_commit: 'off' }, /synchronous_commit is off/],
  [{ default_transaction_read_only: 'on' }, /takes no writes/],
])('a server set to %j is refused', async (settings, reason) => {
  const here = await place(fragile);
  await fragile.restart(settings);
  try {
    await expect(openStore(here, at)).rejects.toThrow(reason);
  } finally {
    await fragile.restart();
  }
});

test('a server that is turned careless under us is written to no more', async () => {
  const here = await place(fragile);
  const store = await opened(here);
  await fragile.restart({ fsync: 'off' });
  try {
    await expect(store.commit({ events: [line('a')] })).rejects.toThrow(/fsync is off/);
  } finally {
    await fragile.restart();
  }
  await until('it is careful again', () => store.commit({ events: [line('b')] }).then(() => true));
});

test('a server that is not there is named, without its password', async () => {
  const here = { ...(await place()), url: 'postgres://someone:secret@127.0.0.1:1/x' };
  const refusal = await openStore(here, at).catch(String);
  expect(refusal).toMatch(/store\.url: PostgreSQL says: .*ECONNREFUSED/);
  expect(refusal).not.toContain('secret');
});
