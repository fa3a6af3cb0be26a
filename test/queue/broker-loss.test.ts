import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Facts, Log } from '../../src/core/channel.ts';
import type { Queue } from '../../src/queue/queue.ts';
import { rabbitQueue } from '../../src/queue/rabbitmq.ts';
import { dead, exchange, queueOf } from '../../src/queue/topology.ts';
import type { Store } from '../../src/store/store.ts';
import { everyStage, gate, ledger, names } from '../contract/queue.ts';
import { until } from '../harness.ts';
import { cable } from '../services/cable.ts';
import { startBroker, type PrivateBroker } from '../services/rabbitmq.ts';
import { stores } from './stores.ts';

const empty = stores();
let broker: PrivateBroker;
let store: Store;
let queues: Queue[];
let ahead: number;
let logged: { event: string; facts: Facts | undefined }[];
const note = (event: string, facts?: Facts): void => void logged.push({ event, facts });
const log: Log = { info: note, warn: note, error: note };
const now = (): number => Date.now() + ahead;

beforeAll(async () => {
  broker = await startBroker();
});
afterAll(async () => {
  await broker.stop();
  await empty.close();
});
beforeEach(async () => {
  [queues, ahead, logged] = [[], 0, []];
  // One test's broken broker is not the next one's.
  if (broker.pid() === null) await broker.start();
  store = await empty.sqlite(now);
});
afterEach(async () => {
  await Promise.all(queues.map((queue) => queue.stop()));
  await store.close();
});

async function start(handle: (subject: string) => Promise<void>, url = broker.url): Promise<Queue> {
  const queue = rabbitQueue(url, store, log, now);
  queues.push(queue);
  await queue.start(everyStage((_, subject) => handle(subject)));
  return queue;
}

const due = (subjects: readonly string[], stage: 'route' | 'deliver' = 'deliver'): Promise<void> =>
  store.commit({ work: subjects.map((subject) => ({ stage, subject, dueAt: 0 })), events: [] });

const pause = (ms: number) => new Promise((pass) => setTimeout(pass, ms));

const said = (event: string, reason?: string): boolean =>
  logged.some((line) => line.event === event && (reason === undefined || line.facts?.reason === reason));

test('a broker that is killed and comes back costs nothing and does nothing twice', async () => {
  const book = ledger(() => pause(20));
  const queue = await start(book.handle);
  await due(names(300));
  await until('some are done', () => book.done.size > 60);
  await broker.kill();
  await until('it is missed', () => !queue.health().connected);
  await broker.start();
  await until('all are done', () => book.done.size === 300, 60_000);
  expect([...book.done.values()].every((times) => times === 1)).toBe(true);
  expect(book.most.ofOne).toBe(1);
});

test('a broker that lost its whole data in mid-flight loses nothing, and all is done within a minute', async () => {
  const book = ledger(() => pause(20));
  await start(book.handle);
  await due(names(300));
  await until('some are done', () => book.done.size > 60);
  await broker.wipe();
  await due(names(100));
  await broker.start();
  const back = Date.now();
  await until('all are done', () => book.done.size === 400, 60_000);
  expect(Date.now() - back).toBeLessThan(60_000);
  expect([...book.done.values()].every((times) => times === 1)).toBe(true);
  expect(book.most.ofOne).toBe(1);
}, 150_000);

test('a broker that is not there at the start stops nobody: work waits in the store', async () => {
  await broker.kill();
  const book = ledger();
  const queue = await start(book.handle);
  expect(queue.health()).toMatchObject({ connected: false });
  expect(said('broker.unreachable', 'ECONNREFUSED')).toBe(true);
  await due(names(10));
  await broker.start();
  await until('all is done', () => book.done.size === 10, 30_000);
});

test('a wrong password is said, and tried again', async () => {
  const queue = await start(() => Promise.resolve(), broker.url.replace(':guest@', ':wrong@'));
  expect(said('broker.unreachable', '403 (ACCESS-REFUSED)')).toBe(true);
  expect(queue.health()).toMatchObject({ connected: false });
});

test('a broker older than 3.10 is refused by name', async () => {
  const link = await cable(Number(new URL(broker.url).port), (chunk) =>
    Buffer.from(chunk.toString('latin1').replace('3.10.8', '3.09.8'), 'latin1'),
  );
  const url = broker.url.replace(/\d+$/, String(link.port));
  await expect(start(() => Promise.resolve(), url)).rejects.toThrow('RabbitMQ 3.09.8 answers there; RabbitMQ 3.10 or');
  await Promise.all(queues.map((queue) => queue.stop()));
  await link.close();
});

test.each([
  ['a queue', (channel: Awaited<ReturnType<typeof admin>>) => channel.deleteQueue(queueOf('deliver'))],
  ['the exchange', (channel: Awaited<ReturnType<typeof admin>>) => channel.deleteExchange(exchange)],
])(
  '%s deleted by hand stands again, and no work is lost',
  async (_, remove) => {
    const book = ledger(() => pause(5));
    await start(book.handle);
    await due(names(100));
    await until('some are done', () => book.done.size > 20);
    await remove(await admin());
    await due(names(100));
    // What was in the queue is gone with it: its leases run out.
    await until('it is noticed', () => said('broker.lost'));
    await until('it is there again', () => logged.filter(({ event }) => event === 'broker.connected').length > 2);
    await pause(500);
    ahead += 30_001;
    await until('all are done', () => book.done.size === 200, 20_000);
    expect([...book.done.values()].every((times) => times === 1)).toBe(true);
  },
  60_000,
);

test('a queue that somebody made otherwise is named and waited for', async () => {
  const channel = await admin();
  await channel.deleteQueue(queueOf('deliver'));
  await channel.assertQueue(queueOf('deliver'), { durable: true });
  const book = ledger();
  await start(book.handle);
  expect(said('broker.unreachable', '406 (PRECONDITION-FAILED)')).toBe(true);
  await due(names(5));
  await channel.deleteQueue(queueOf('deliver'));
  await until('all are done', () => book.done.size === 5, 30_000);
});

test('what has no queue to go to comes back, is not counted, and goes when there is one', async () => {
  const book = ledger();
  await start(book.handle);
  await (await admin()).unbindQueue(queueOf('route'), exchange, 'route');
  const [lost] = names(1) as [string];
  const claims: number[] = [];
  const { claim } = store;
  store.claim = async (...terms) => {
    const claimed = await claim(...terms);
    claims.push(...claimed.map((work) => work.claims));
    return claimed;
  };
  await due([lost], 'route');
  await until('it is done', () => book.done.get(lost) === 1);
  expect(said('work.unpublished', 'returned')).toBe(true);
  expect(claims).toEqual([1, 1]);
});

test('a consumer whose line is cut goes on, and nobody begins the same work beside it', async () => {
  const open = gate();
  const [far, near] = [ledger(() => open.promise), ledger()];
  const link = await cable(Number(new URL(broker.url).port));
  const cut = await start(far.handle, broker.url.replace(/\d+$/, String(link.port)));
  const [subject] = names(1) as [string];
  await due([subject]);
  await until('it is begun', () => far.running() === 1);
  await start(near.handle);
  link.cut();
  await until('the line is gone', () => !cut.health().connected);
  await due(names(20));
  await until('others are done', () => near.done.size === 20);
  await pause(500);
  expect([near.done.has(subject), far.running()]).toEqual([false, 1]);
  open.resolve();
  await until('it is finished', () => far.done.size === 1);
  ahead += 60_000;
  await pause(1_000);
  expect(near.done.has(subject)).toBe(false);
  await link.close();
});

test('work of a consumer that died is done by another when its lease has run out', async () => {
  const never = gate();
  const [dead, alive] = [ledger(() => never.promise), ledger()];
  const link = await cable(Number(new URL(broker.url).port));
  const dying = await start(dead.handle, broker.url.replace(/\d+$/, String(link.port)));
  const [subject] = names(1) as [string];
  await due([subject]);
  await until('it is begun', () => dead.running() === 1);
  link.cut();
  await until('the line is gone', () => !dying.health().connected);
  await start(alive.handle);
  ahead += 30_001;
  await until('it is done by the other', () => alive.done.get(subject) === 1);
  never.resolve();
  await link.close();
});

test('a broker that is full is not pressed, and gets the rest when it has room', async () => {
  const book = ledger();
  const queue = await start(book.handle);
  await broker.ctl('set_vm_memory_high_watermark', '0.0000001');
  await due(names(50));
  await until('it blocks', () => queue.health().blocked);
  const [done, { waiting }] = [book.done.size, queue.health()];
  await due(names(200));
  await pause(1_000);
  expect([book.done.size, queue.health().waiting]).toEqual([done, waiting]);
  await broker.ctl('set_vm_memory_high_watermark', '0.4');
  await until('all are done', () => book.done.size === 250, 30_000);
  expect([...book.done.values()].every((times) => times === 1)).toBe(true);
});

test('a message that is none of ours ends among the dead letters', async () => {
  const book = ledger();
  await start(book.handle);
  const channel = await admin();
  await channel.purgeQueue(dead);
  channel.publish(exchange, 'deliver', Buffer.from('{"stage":"deliver"}'));
  await until('it is put aside', async () => (await channel.checkQueue(dead)).messageCount === 1);
  expect(said('work.unreadable')).toBe(true);
  await due(names(1));
  await until('others are done', () => book.done.size === 1);
});

const admins: Awaited<ReturnType<PrivateBroker['connect']>>[] = [];
afterEach(async () => {
  for (const each of admins.splice(0)) await each.close();
});

async function admin() {
  const connection = await broker.connect();
  admins.push(connection);
  return connection.createChannel();
}
