import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { neighbourhood, type Neighbourhood } from '../e2e/neighbourhood.ts';
import { until } from '../harness.ts';
import { converse, mailTurns, sealedFor } from '../hostile/town.ts';
import { place, type Place } from './places.ts';
import { report, secondsSince, sized } from './table.ts';
import { judge, letterMail, restingStates, startTraffic, type Traffic } from './traffic.ts';

const fullMs = sized({ short: 3_000, change: 6_000, nightly: 30_000 });
const patience = {
  direct: { delays: Array.from({ length: 40 }, () => '1s'), receiptWithin: '20s', onSilence: 'hold' },
  efax: { delays: Array.from({ length: 40 }, () => '1s'), waits: null, receiptWithin: '20s', onSilence: 'hold' },
};

let town: Neighbourhood;
let small: Place;
let traffic: Traffic | null = null;
afterEach(async () => {
  small.remove();
  await town.kill();
  await traffic?.stop();
  traffic = null;
  await town.close();
});

const ready = async (): Promise<boolean> => (await fetch(`${town.watchUrl}/readyz`)).status === 200;
const mail = async (index: number): Promise<string> => {
  const raw = await sealedFor(town, letterMail(index));
  return (await converse(town.directPort, mailTurns(raw, town.partner.address('silent')))).at(-1) ?? 'closed';
};

/** A genuine call in a form that nobody knows: it must be kept for a person to look at. */
async function webhook(): Promise<number> {
  const body = JSON.stringify({ news: 'x'.repeat(200_000) });
  const init = { method: 'POST', body, headers: town.company.sign(body, Date.now()) };
  return (await fetch(`${town.url}/webhooks/efax/main`, init)).status;
}

async function settled(test: string, faults: string, startedAt: number): Promise<ReturnType<typeof judge>> {
  const running = traffic!;
  await running.stop();
  const promised = running.promised();
  const verdict = judge(town, promised, await restingStates(town));
  const { lost, duplicates, falseReceipts, inDoubt } = verdict;
  report({
    test,
    size: `${promised.length} messages`,
    faults,
    lost,
    duplicates,
    falseReceipts,
    inDoubt,
    seconds: secondsSince(startedAt),
  });
  return verdict;
}

test('a full disk: nothing unsaved is called taken, everybody is told, and it passes by itself', async () => {
  const startedAt = performance.now();
  town = await neighbourhood({ patience, pipeline: { attempt: '30s', retention: '90d' } });
  small = place(join(town.folder, 'data'), 160);
  await town.start();
  traffic = startTraffic(town, { clients: 4, pauseMs: 200, bytes: 60_000 });
  await sleep(2_000);
  expect(traffic.refused).toEqual(new Map());
  expect(await mail(1)).toMatch(/^250 /);

  small.fill();
  await until('/readyz is red', async () => !(await ready()), 5_000);
  await sleep(fullMs);
  expect(await mail(2)).toMatch(/^452 4\.3\.1 /);
  expect(await webhook()).toBe(507);
  const refusals = new Map(traffic.refused);
  expect([...refusals.keys()]).toEqual([507]);

  small.empty();
  await until('/readyz is green', ready, 10_000);
  expect(await mail(2)).toMatch(/^250 /);
  const before = traffic.promised().length;
  await until('referrals are taken again', () => (traffic?.promised().length ?? 0) > before, 10_000);
  expect(await settled('L4 full disk', '1 place', startedAt)).toMatchObject({
    lost: 0,
    duplicates: 0,
    falseReceipts: 0,
  });
}, 180_000);

test.each([
  { name: 'of temporary files', at: 'tmp', spoil: (full: Place) => full.fill() },
  { name: 'of the log', at: 'log', spoil: (full: Place) => full.fill() },
  { name: 'of the data, out of inodes only', at: 'data', spoil: (full: Place) => full.fillInodes() },
])(
  'a full place $name stops nothing',
  async ({ name, at, spoil }) => {
    const startedAt = performance.now();
    town = await neighbourhood({ patience, pipeline: { attempt: '30s', retention: '90d' } });
    small = place(join(town.folder, at), at === 'data' ? 160 : 4);
    await town.start(
      'sh',
      '-c',
      'exec "$@" 2>>"$0"',
      join(town.folder, at === 'log' ? 'log/gateway.log' : 'gateway.log'),
    );
    traffic = startTraffic(town, { clients: 2, pauseMs: 200 });
    await sleep(1_000);
    spoil(small);
    await sleep(fullMs);
    expect(await ready()).toBe(true);
    expect(await mail(1)).toMatch(/^250 /);
    expect(traffic.refused).toEqual(new Map());
    const verdict = await settled(`L4 full place ${name}`, '1 place', startedAt);
    expect(verdict).toMatchObject({ lost: 0, duplicates: 0, falseReceipts: 0, inDoubt: 0 });
  },
  180_000,
);
