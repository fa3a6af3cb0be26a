import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { neighbourhood, referralForm, type Neighbourhood, type Submitted } from '../e2e/neighbourhood.ts';
import { until } from '../harness.ts';
import { postgres } from '../services/postgres.ts';
import { report, secondsSince, sized } from './table.ts';
import { judge, restingStates, startTraffic, statesOf } from './traffic.ts';

const rowSeconds = sized({ short: 6, change: 15, nightly: 60 });
const recordSeconds = sized({ short: 16, change: 25, nightly: 90 });
/** A group waits so long for a lock at most, and whoever comes just then as long again in the next. */
const passMs = 5_000;
/** … and who needs the very thing that is locked gets his answer by then: his turn comes within 10 s, or never. */
const answerMs = 30_000;

/** An attempt whose end could not be written down is in doubt, and comes to rest in time. */
const patience = {
  delays: Array.from({ length: 40 }, () => '1s'),
  waits: null,
  receiptWithin: '30s',
  onSilence: 'hold',
};

const server = postgres();
let town: Neighbourhood;
let holder: Client;
beforeAll(async () => {
  const url = await server.url();
  // The partner's slow mailbox leaves time to lock a delivery that waits for its receipt.
  town = await neighbourhood({
    store: { url },
    limits: { submissionsPerMinute: 1_000_000 },
    patience: { direct: patience, efax: patience },
  });
  await town.start();
  holder = new Client({ connectionString: url });
  await holder.connect();
}, 120_000);
afterAll(async () => {
  await holder.end();
  await town.close();
  await server.stop();
});

interface Answered {
  readonly status: number;
  readonly retryAfter: boolean;
  readonly ms: number;
}

/** Hands in one referral after the other, none waiting for the answer to the one before; resolves with all answers. */
async function press(seconds: number): Promise<Answered[]> {
  const end = performance.now() + seconds * 1_000;
  const asked: Promise<Answered>[] = [];
  while (performance.now() < end) {
    asked.push(one());
    await sleep(250);
  }
  return Promise.all(asked);
}

async function one(): Promise<Answered> {
  const startedAt = performance.now();
  const body = referralForm([{ channel: 'direct', address: town.partner.address('ok') }], `Locked out ${startedAt}`);
  const response = await town.ask('/referrals', { method: 'POST', body });
  await response.arrayBuffer();
  return {
    status: response.status,
    retryAfter: response.headers.has('retry-after'),
    ms: performance.now() - startedAt,
  };
}

const slowest = (answers: readonly Answered[]): number => Math.round(Math.max(...answers.map(({ ms }) => ms)));

/** Milliseconds until one is taken again. */
async function recovered(): Promise<number> {
  const startedAt = performance.now();
  await until('referrals are taken again', async () => (await one()).status === 202, 30_000);
  return Math.round(performance.now() - startedAt);
}

test(
  `a row that somebody locks for ${rowSeconds} s holds up who needs it, and nobody else`,
  async () => {
    const startedAt = performance.now();
    const body = referralForm([{ channel: 'direct', address: town.partner.address('slow') }], 'Waits for its receipt');
    const submitted = (await (await town.ask('/referrals', { method: 'POST', body })).json()) as Submitted;
    const id = submitted.deliveries[0]!.id;
    const state = async () => (await statesOf(town)).get(submitted.message);
    await until('it is sent', async () => (await state()) === 'sent');
    await holder.query('begin');
    await holder.query('select from deliveries where id = $1 for update', [id]);
    const answers = await press(rowSeconds);
    const meanwhile = await state();
    await holder.query('rollback');
    await until('it is delivered', async () => (await state()) === 'delivered', 60_000);
    report({
      test: `L4 PostgreSQL: a row locked (slowest answer to others ${slowest(answers)} ms)`,
      size: `${answers.length} referrals`,
      faults: `1 lock of ${rowSeconds} s`,
      lost: null,
      duplicates: null,
      falseReceipts: null,
      inDoubt: null,
      seconds: secondsSince(startedAt),
    });
    expect(meanwhile).toBe('sent');
    expect(answers.filter(({ status }) => status !== 202)).toEqual([]);
    expect(slowest(answers)).toBeLessThan(passMs);
  },
  rowSeconds * 1_000 + 120_000,
);

test(
  `while somebody locks the record for ${recordSeconds} s everybody is told in time, and nothing is lost`,
  async () => {
    const startedAt = performance.now();
    const traffic = startTraffic(town, { clients: 3, pauseMs: 100 });
    await until('it flows', () => traffic.promised().length > 10, 60_000);
    await holder.query('begin');
    await holder.query('lock table chains in access exclusive mode');
    const answers = await press(recordSeconds);
    await holder.query('rollback');
    const backMs = await recovered();
    await traffic.stop();
    const promised = traffic.promised();
    const verdict = judge(town, promised, await restingStates(town));
    const { lost, duplicates, falseReceipts, inDoubt } = verdict;
    const refused = answers.filter(({ status }) => status !== 202);
    report({
      test: `L4 PostgreSQL: the record locked (answers within ${slowest(answers)} ms, again after ${backMs} ms)`,
      size: `${promised.length} referrals`,
      faults: `1 lock of ${recordSeconds} s, ${refused.length} refused`,
      lost,
      duplicates,
      falseReceipts,
      inDoubt,
      seconds: secondsSince(startedAt),
    });
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.filter(({ status, retryAfter }) => !(status === 503 || status === 429) || !retryAfter)).toEqual([]);
    expect(slowest(answers)).toBeLessThan(answerMs);
    expect(backMs).toBeLessThan(10_000);
    expect(verdict).toMatchObject({ lost: 0, duplicates: 0, falseReceipts: 0 });
  },
  recordSeconds * 1_000 + 240_000,
);
