import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { neighbourhood, type Neighbourhood } from '../e2e/neighbourhood.ts';
import { until } from '../harness.ts';
import { fixture } from '../documents/tools.ts';
import { column, report, secondsSince, sized } from './table.ts';
import { judge, restingStates, startTraffic } from './traffic.ts';

const seconds = sized({ short: 12, change: 300, nightly: 1_800 });
/** Each hands in a referral a second. On each change other faults are tried beside it. */
const clients = sized({ short: 2, change: 3, nightly: 20 });
/** A page comes in so often; the machine reads one in about a second. */
const pageMs = sized({ short: 4_000, change: 5_000, nightly: 1_000 });
/** Pools and caches fill first. */
const warmUp = 1 / 3;
const lookMs = 1_000;
/** Printing stands behind all else where processors are short. */
const settleMs = 300_000;

interface Look {
  readonly minutes: number;
  readonly megabytes: number;
  readonly descriptors: number;
}

let town: Neighbourhood;
beforeAll(async () => {
  town = await neighbourhood({ limits: { submissionsPerMinute: 1_000_000 } });
  await town.start();
}, 60_000);
afterAll(() => town.close());

function look(startedAt: number): Look {
  const place = `/proc/${town.pid() ?? 0}`;
  return {
    minutes: (performance.now() - startedAt) / 60_000,
    megabytes: Number(/VmRSS:\s+(\d+)/.exec(readFileSync(join(place, 'status'), 'utf8'))?.[1]) / 1024,
    descriptors: readdirSync(join(place, 'fd')).length,
  };
}

/** Of the event loop's delay since the last time it was asked for: the histogram starts anew with each answer. */
async function delayMs(): Promise<number> {
  const text = await (await fetch(`${town.watchUrl}/metrics`)).text();
  return Number(/^nodejs_eventloop_lag_p99_seconds (\S+)/m.exec(text)?.[1]) * 1_000;
}

/** Pages that nobody has read before: each has another speck. */
async function pagesIn(until: number): Promise<number> {
  const fax = sharp(fixture('fax/grid-fine-medium.tif'), { page: 0 }).greyscale().raw();
  const { data, info } = await fax.toBuffer({ resolveWithObject: true });
  const raw = { width: info.width, height: info.height, channels: 1 as const };
  let count = 0;
  for (; performance.now() < until; count++) {
    data[count] = 0;
    const page = sharp(data, { raw }).toColourspace('b-w').tiff({ compression: 'ccittfax4', bitdepth: 1 });
    await town.company.receive({ to: '+12125550101', from: '+13125550142', file: await page.toBuffer() });
    await sleep(pageMs);
  }
  return count;
}

async function entries(): Promise<number> {
  let [count, cursor] = [0, ''];
  do {
    const page = await town.api<{ rows: unknown[]; next: string | null }>(`/intake?state=waiting&limit=200${cursor}`);
    count += page.rows.length;
    cursor = page.next === null ? '' : `&cursor=${page.next}`;
  } while (cursor !== '');
  return count;
}

/** Megabytes a minute, by least squares. */
function slope(looks: readonly Look[]): number {
  const mean = (of: (each: Look) => number): number => looks.reduce((sum, each) => sum + of(each), 0) / looks.length;
  const [x, y] = [mean(({ minutes }) => minutes), mean(({ megabytes }) => megabytes)];
  const above = looks.reduce((sum, { minutes, megabytes }) => sum + (minutes - x) * (megabytes - y), 0);
  return above / looks.reduce((sum, { minutes }) => sum + (minutes - x) ** 2, 0);
}

const most = (looks: readonly Look[]): number => Math.max(...looks.map(({ descriptors }) => descriptors));

test(
  `${seconds} s of steady work: nothing grows, nothing waits`,
  async () => {
    const startedAt = performance.now();
    const end = startedAt + seconds * 1_000;
    const traffic = startTraffic(town, { clients, pauseMs: 1_000, bytes: 20_000 });
    const reading = pagesIn(end);
    await sleep(seconds * 1_000 * warmUp);
    await delayMs();
    const looks: Look[] = [];
    while (performance.now() < end) {
      looks.push(look(startedAt));
      await sleep(lookMs);
    }
    const p99 = await delayMs();
    await traffic.stop();
    const pages = await reading;
    const promised = traffic.promised();
    const verdict = judge(town, promised, await restingStates(town, settleMs));
    await until('every page waits for a person', async () => (await entries()) >= pages, 60_000);

    const growth = slope(looks);
    const half = Math.ceil(looks.length / 2);
    const [earlier, later] = [most(looks.slice(0, half)), most(looks.slice(half))];
    const { lost, duplicates, falseReceipts, inDoubt } = verdict;
    report({
      test: `L9 soak (RSS ${growth.toFixed(2)} MB a minute, at most ${earlier} then ${later} descriptors, event loop late by ${p99.toFixed(0)} ms at p99)`,
      size: `${promised.length} referrals, ${pages} pages`,
      faults: 'none',
      lost,
      duplicates,
      falseReceipts,
      inDoubt,
      seconds: secondsSince(startedAt),
    });
    expect(verdict).toMatchObject({ lost: 0, duplicates: 0, falseReceipts: 0, inDoubt: 0 });
    expect(await entries()).toBe(pages);
    if (column === 'short') return;
    expect(later).toBeLessThanOrEqual(earlier + 5);
    expect(p99).toBeLessThan(100);
    expect(Math.max(...looks.map(({ megabytes }) => megabytes))).toBeLessThan(600);
    // Within five minutes the heap is still growing to the size that it keeps.
    if (column === 'nightly') expect(growth).toBeLessThan(1);
  },
  seconds * 1_000 + settleMs + 120_000,
);
