import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { issue } from '../../channels/direct/authority.ts';
import { neighbourhood, type Neighbourhood } from '../e2e/neighbourhood.ts';
import { portOf } from './wire-support.ts';
import type { Flood } from './flood.ts';
import { probe, type Took } from './probe.ts';
import { column, report, secondsSince, sized } from './table.ts';

const backlog = sized({ short: 300, change: 10_000, nightly: 10_000 });
const floodMs = sized({ short: 5_000, change: 60_000, nightly: 300_000 });
const probes = sized({ short: 20, change: 100, nightly: 400 });
const flooders = 64;
/** The far side is looked at so often: less is no difference. */
const stepMs = 50;

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');

let town: Neighbourhood;
const held = new Set<Socket>();
/** Takes every connection, and never says a word. */
const dead = createServer((socket) => held.add(socket.on('error', () => undefined)));

beforeAll(async () => {
  await new Promise<void>((resolve) => dead.listen(0, '127.0.0.1', resolve));
  // Its load is more than a practice may hand in by the minute: the machine is what is tried here.
  town = await neighbourhood({ limits: { submissionsPerMinute: 1_000_000 } });
  // One more partner, trusted like the other.
  const file = join(town.folder, 'config.mjs');
  const certificate = join(town.folder, 'dead.pem');
  writeFileSync(certificate, issue(town.authority, { domain: 'dead.example' }).certificate);
  const peer = { match: 'dead.example', host: '127.0.0.1', port: portOf(dead), certificates: [certificate] };
  const text = readFileSync(file, 'utf8').replace('"peers":[', `"peers":[${JSON.stringify(peer)},`);
  writeFileSync(file, text);
  await town.start();
});
afterAll(async () => {
  for (const socket of held) socket.destroy();
  dead.close();
  await town.close();
});

const rss = (): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${town.pid() ?? 0}/status`, 'utf8'))?.[1]) / 1024;

const share = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? NaN;

/** Within a tenth of what it was, or within what can be measured. */
const asBefore = (now: number, before: number): boolean => now <= Math.max(before * 1.1, before + stepMs);

const shown = (name: string, met: boolean): string => `${name}: ${met ? 'met' : 'NOT MET'}`;

const requested = (took: readonly Took[]): number =>
  share(
    took.map(({ fromRequest }) => fromRequest),
    0.95,
  );
/** Accepting is measured by itself. */
const carried = (took: readonly Took[]): number =>
  share(
    took.map(({ fromAcceptance }) => fromAcceptance),
    0.95,
  );

/** 95th percentiles in milliseconds; `asked`: with the time until the 202. */
interface Pace {
  readonly routine: number;
  readonly urgent: number;
  readonly asked: number;
}

async function both(): Promise<Pace> {
  const [routine, urgent] = await Promise.all([probe(town, 'routine', probes), probe(town, 'urgent', probes)]);
  return { routine: requested(routine), urgent: carried(urgent), asked: requested(urgent) };
}

/** As many referrals as so many clients can press in, until the time is over or so many are through. */
async function flood(clients: number, to: string, { ms = 0, count = 0 }): Promise<Flood> {
  const key = readFileSync(join(town.folder, 'data-keys', 'cli.key'), 'utf8').trim();
  const words = ['test/fault/flood.ts', town.url, key, to, clients, ms, count].map(String);
  const options = { cwd: root, maxBuffer: 64 * 1024 * 1024 };
  return JSON.parse((await run(process.execPath, words, options)).stdout) as Flood;
}

let calm: Pace;

test('a destination that is dead slows nobody else', async () => {
  const startedAt = performance.now();
  await probe(town, 'routine', 5);
  calm = await both();
  await flood(8, 'nobody@dead.example', { count: backlog });
  const beside = await both();
  const met = asBefore(beside.routine, calm.routine);
  report({
    test: `L10 dead destination (others' p95 ${Math.round(calm.routine)} → ${Math.round(beside.routine)} ms, ${shown(`≤ +10 % or ${stepMs} ms`, met)})`,
    size: `${backlog} held`,
    faults: '1 dead',
    lost: null,
    duplicates: null,
    falseReceipts: null,
    inDoubt: null,
    seconds: secondsSince(startedAt),
  });
  expect(rss()).toBeLessThan(600);
  if (column !== 'short') expect({ met, ...beside, calm }).toMatchObject({ met: true });
}, 600_000);

test('more than it can carry: it stays small, and answers at once or says when to come back', async () => {
  const startedAt = performance.now();
  const before = town.partner.taken.length;
  let largest = 0;
  const watching = setInterval(() => (largest = Math.max(largest, rss())), 250);
  const urgent = probe(town, 'urgent', probes);
  const { ms, statuses } = await flood(flooders, town.partner.address('ok'), { ms: floodMs });
  clearInterval(watching);
  const brought = town.partner.taken.length - before;
  const took = await urgent;
  const fast = carried(took);
  const p99 = share(ms, 0.99);
  const met = asBefore(fast, calm.urgent);
  report({
    test: `L10 overload ×${(ms.length / brought).toFixed(0)} (RSS ${Math.round(largest)} MB, accept p99 ${Math.round(p99)} ms, urgent p95 ${Math.round(calm.urgent)} → ${Math.round(fast)} ms, ${shown(`≤ +10 % or ${stepMs} ms`, met)}; from the request ${Math.round(calm.asked)} → ${Math.round(requested(took))} ms)`,
    size: `${ms.length} referrals`,
    faults: Object.entries(statuses)
      .map(([status, count]) => `${count} × ${status}`)
      .join(', '),
    lost: null,
    duplicates: null,
    falseReceipts: null,
    inDoubt: null,
    seconds: secondsSince(startedAt),
  });
  expect(Object.keys(statuses).filter((status) => !/^(202|4\d\d|503)$/.test(status))).toEqual([]);
  expect(largest).toBeLessThan(600);
  if (column === 'short') return;
  expect(p99).toBeLessThan(1_000);
  expect({ met, fast, calm }).toMatchObject({ met: true });
}, 1_200_000);
