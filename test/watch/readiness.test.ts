import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Channel } from '../../src/core/channel.ts';
import { channelsCheck, queueCheck, readiness, stoppingCheck, storeCheck } from '../../src/watch/readiness.ts';
import { neighbourhood, type Neighbourhood } from '../e2e/neighbourhood.ts';
import { until } from '../harness.ts';
import { sample } from './exposition.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const fine = { probe: () => Promise.resolve() };

describe('each cause has its own weight', () => {
  test('a store that cannot write, or is too slow to, stops everything', async () => {
    const broken = { probe: () => Promise.reject(new Error('disk full')) };
    const asleep = { probe: () => new Promise<void>(() => undefined) };
    for (const store of [broken, asleep]) {
      const answer = await readiness([storeCheck(store, log)])();
      expect(answer).toEqual({ state: 'unready', reasons: [{ cause: 'store', problem: 'the store cannot write' }] });
    }
  });

  test('a process that is being stopped takes nothing new', async () => {
    expect((await readiness([storeCheck(fine, log), stoppingCheck(() => true)])()).state).toBe('unready');
  });

  test('a broker that is away or blocked weakens, and stops nothing', async () => {
    const away = await readiness([queueCheck(() => ({ connected: false, blocked: false }))])();
    const blocked = await readiness([queueCheck(() => ({ connected: true, blocked: true }))])();
    expect([away.state, blocked.state]).toEqual(['degraded', 'degraded']);
    expect(away.reasons[0]?.problem).toMatch(/waits in the database/);
  });

  test('each channel that could not send is named, and no word of its problem', async () => {
    const channels = new Map([
      ['direct', {} as Channel],
      ['efax', {} as Channel],
    ]);
    const { state, reasons } = await readiness([channelsCheck(channels, (name) => name === 'direct')])();
    expect([state, reasons]).toEqual([
      'degraded',
      [{ cause: 'channel', problem: 'the channel efax could not send now' }],
    ]);
  });

  test('with nothing to say, it is ready', async () => {
    const checks = [storeCheck(fine, log), queueCheck(() => ({ connected: true, blocked: false }))];
    expect(await readiness(checks)()).toEqual({ state: 'ready', reasons: [] });
  });
});

test('those who ask together cost one probe', async () => {
  let probes = 0;
  const probe = async (): Promise<void> => {
    probes += 1;
    await new Promise((resume) => setTimeout(resume, 20));
  };
  const ready = readiness([storeCheck({ probe }, log)]);
  await Promise.all(Array.from({ length: 50 }, ready));
  expect(probes).toBe(1);
  await ready();
  expect(probes).toBe(2);
});

function asRoot(...words: string[]): void {
  const [program = '', ...rest] = process.getuid?.() === 0 ? words : ['sudo', '-n', ...words];
  const { status, stderr } = spawnSync(program, rest);
  if (status !== 0) throw new Error(`${words.join(' ')}: ${stderr.toString()}`);
}

describe('a gateway whose disk fills up', () => {
  const disk = mkdtempSync(join(tmpdir(), 'loopgate-disk-'));
  let town: Neighbourhood;
  beforeAll(async () => {
    asRoot('mount', '-t', 'tmpfs', '-o', 'size=20m,mode=1777', 'tmpfs', disk);
    town = await neighbourhood({ data: join(disk, 'data') });
    await town.start();
  });
  afterAll(async () => {
    await town.close();
    asRoot('umount', disk);
    rmSync(disk, { recursive: true });
  });

  const asked = async (path = '/readyz'): Promise<{ status: number; body: { state: string; reasons: unknown } }> => {
    const answer = await fetch(`${town.watchUrl}${path}`);
    return { status: answer.status, body: (await answer.json()) as { state: string; reasons: unknown } };
  };

  test('is red within 5 s, stays alive, and is green again within 10 s', async () => {
    expect((await asked()).status).toBe(200);
    // All that is left, to the last byte.
    const filler = join(disk, 'filler');
    spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k']);
    await until('it is red', async () => (await asked()).status === 503, 5_000);
    expect((await asked()).body.reasons).toContainEqual({ cause: 'store', problem: 'the store cannot write' });
    expect((await fetch(`${town.url}/readyz`)).status).toBe(503);
    expect((await asked('/healthz')).status).toBe(200);
    const metrics = await (await fetch(`${town.watchUrl}/metrics`)).text();
    expect(sample(metrics, 'loopgate_ready', {})).toBe(0);
    expect(sample(metrics, 'loopgate_trouble', { cause: 'store' })).toBe(1);
    // Room for a probe is not room for a document.
    truncateSync(filler, statSync(filler).size - 512 * 1024);
    expect((await asked()).body.reasons).toEqual([{ cause: 'store', problem: 'the disk that holds the data is full' }]);
    truncateSync(filler, statSync(filler).size - 1024 * 1024);
    expect(await asked()).toMatchObject({ status: 200, body: { state: 'degraded', reasons: [{ cause: 'disk' }] } });
    rmSync(filler);
    await until('it is green', async () => (await asked()).body.state === 'ready', 10_000);
  });
});
