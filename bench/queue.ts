/** Stage hops per second (claimed, handled with one durable commit, finished): the embedded queue beside bare durable
 *  SQLite commits, and RabbitMQ with either store beside bare amqplib (confirmed publish, consumed, acknowledged) and
 *  bare `pg` transactions, all on quorum queues and small rows, in one run.
 *  node bench/queue.ts [rounds] */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { connect } from 'amqplib';
import { Pool } from 'pg';
import type { Stage } from '../src/core/change.ts';
import type { Log } from '../src/core/channel.ts';
import { embeddedQueue } from '../src/queue/embedded.ts';
import type { Handlers, Queue } from '../src/queue/queue.ts';
import { rabbitQueue } from '../src/queue/rabbitmq.ts';
import { openStore } from '../src/store/open.ts';
import type { Store } from '../src/store/store.ts';
import { postgres } from '../test/services/postgres.ts';
import { startBroker } from '../test/services/rabbitmq.ts';
import { median, newFolder, removeFolder, say } from './gateway.ts';

const rounds = Number(process.argv[2] ?? 3);
const seconds = 3;
/** So many subjects go round and round. */
const travellers = 200;
/** As many at once as the queue's widest lane, for the bare peers too. */
const width = 16;
const ring: readonly Stage[] = ['route', 'deliver', 'settle', 'acknowledge'];

const complain = (event: string): void => say(`! ${event}`);
const log: Log = { info: () => undefined, warn: complain, error: complain };

/** Steps per second for as long as a figure takes. */
async function rateOf(count: () => number): Promise<number> {
  await new Promise((pass) => setTimeout(pass, 500));
  const [from, start] = [count(), performance.now()];
  await new Promise((pass) => setTimeout(pass, seconds * 1000));
  return ((count() - from) / (performance.now() - start)) * 1000;
}

async function hops(url: string | null, open: (store: Store) => Queue): Promise<number> {
  const folder = newFolder();
  const files = { url, file: join(folder, 'data', 'loopgate.db'), keyFile: join(folder, 'keys', 'vault.key') };
  const store = await openStore(files, Date.now);
  let done = 0;
  let going = true;
  const event = (subject: string) => ({ message: null, subject, what: 'hop', who: 'bench', at: 1, facts: {} });
  const handlers = Object.fromEntries(
    ring.map((stage, index) => [
      stage,
      async (subject: string) => {
        const next = ring[(index + 1) % ring.length]!;
        const work = going ? [{ stage: next, subject, dueAt: 0 }] : [];
        await store.commit({ work, events: [event(subject)] });
        done += 1;
      },
    ]),
  ) as unknown as Handlers;
  const subjects = Array.from({ length: travellers }, (_, i) => `msg_${folder}-${i}`);
  await store.commit({ work: subjects.map((subject) => ({ stage: 'route', subject, dueAt: 0 })), events: [] });
  const queue = open(store);
  await queue.start(handlers);
  const rate = await rateOf(() => done);
  going = false;
  await queue.stop();
  await store.close();
  removeFolder(folder);
  return rate;
}

function bareSqlite(): number {
  const folder = newFolder();
  const db = new DatabaseSync(join(folder, 'bare.db'));
  db.exec('pragma journal_mode = wal; pragma synchronous = full');
  db.exec('create table events (seq integer primary key, subject text not null, facts text not null)');
  const insert = db.prepare(`insert into events (subject, facts) values (?, '{}')`);
  const start = performance.now();
  let done = 0;
  for (; performance.now() - start < seconds * 1000; done++) insert.run(`msg_${done}`);
  const rate = (done / (performance.now() - start)) * 1000;
  db.close();
  removeFolder(folder);
  return rate;
}

async function barePostgres(url: string): Promise<number> {
  const pool = new Pool({ connectionString: url, max: width });
  await pool.query('create table bare (seq bigserial primary key, subject text not null, facts text not null)');
  let done = 0;
  let going = true;
  const lane = async (): Promise<void> => {
    const client = await pool.connect();
    while (going) {
      await client.query('begin');
      await client.query(`insert into bare (subject, facts) values ($1, '{}')`, [`msg_${done}`]);
      await client.query('commit');
      done += 1;
    }
    client.release();
  };
  const lanes = Array.from({ length: width }, lane);
  const rate = await rateOf(() => done);
  going = false;
  await Promise.all(lanes);
  await pool.end();
  return rate;
}

async function bareBroker(url: string): Promise<number> {
  const connection = await connect(url, { noDelay: true });
  const [out, back] = [await connection.createConfirmChannel(), await connection.createChannel()];
  const name = `bare-${performance.now()}`;
  await out.assertQueue(name, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  let done = 0;
  let going = true;
  const body = Buffer.from(JSON.stringify({ stage: 'deliver', subject: 'msg_1', dueAt: 0, generation: 1, claims: 1 }));
  const publish = (): void => {
    if (going) out.sendToQueue(name, body, { persistent: true, mandatory: true }, publish);
  };
  await back.prefetch(width);
  await back.consume(name, (message) => {
    if (!message) return;
    done += 1;
    back.ack(message);
  });
  for (let i = 0; i < 2 * width; i++) publish();
  const rate = await rateOf(() => done);
  going = false;
  await out.waitForConfirms();
  await out.deleteQueue(name);
  await connection.close();
  return rate;
}

const broker = await startBroker();
const server = postgres();
const rabbit = (store: Store): Queue => rabbitQueue(broker.url, store, log, Date.now);
const embedded = (store: Store): Queue => embeddedQueue(store, log, Date.now);
const figures: readonly (readonly [string, () => Promise<number> | number, number[]])[] = [
  ['bare SQLite, one durable row each', bareSqlite, []],
  ['bare pg transactions, 16 at once', async () => barePostgres(await server.url()), []],
  ['bare amqplib, confirmed, acknowledged', () => bareBroker(broker.url), []],
  ['hops: embedded, SQLite', () => hops(null, embedded), []],
  ['hops: embedded, PostgreSQL', async () => hops(await server.url(), embedded), []],
  ['hops: RabbitMQ, SQLite', () => hops(null, rabbit), []],
  ['hops: RabbitMQ, PostgreSQL', async () => hops(await server.url(), rabbit), []],
];
for (let round = 0; round < rounds; round++) {
  for (const [, measure, values] of figures) values.push(await measure());
}
await broker.stop();
await server.stop();

const [sqlite, pg, amqp, own, , , cluster] = figures.map(([, , values]) => values);
for (const [name, , values] of figures) say(`${name.padEnd(40)} ${median(values).toFixed(0).padStart(6)} /s`);
const ratio = (ours: number[] = [], theirs: (round: number) => number): string =>
  median(ours.map((value, round) => value / theirs(round))).toFixed(2);
say(`embedded to bare SQLite            ${ratio(own, (i) => sqlite?.[i] ?? NaN)}  (aim 0.70)`);
const slower = (i: number): number => Math.min(pg?.[i] ?? NaN, amqp?.[i] ?? NaN);
say(`RabbitMQ and PostgreSQL to the slower of their peers  ${ratio(cluster, slower)}  (aim 0.50)`);
