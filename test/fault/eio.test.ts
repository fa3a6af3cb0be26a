import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { neighbourhood, type Neighbourhood } from '../e2e/neighbourhood.ts';
import { until } from '../harness.ts';
import { converse, mailTurns, sealedFor } from '../hostile/town.ts';
import { report, secondsSince, sized } from './table.ts';
import { judge, letterMail, restingStates, startTraffic, type Traffic } from './traffic.ts';

/** Which fsync of the writing thread fails. The first thirty or so belong to the start of an empty store. */
const which = sized({ short: [70], change: [45, 70, 120], nightly: Array.from({ length: 160 }, (_, n) => n + 40) });
const patience = {
  delays: Array.from({ length: 40 }, () => '1s'),
  waits: null,
  receiptWithin: '20s',
  onSilence: 'hold',
};

let town: Neighbourhood;
let traffic: Traffic | null = null;
afterEach(async () => {
  await town.kill();
  await traffic?.stop();
  traffic = null;
  await town.close();
});

async function readiness(): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(`${town.watchUrl}/readyz`);
  return { status: response.status, text: await response.text() };
}

test.each(which)(
  'when sync %i fails, nothing more is taken until a new start',
  async (count) => {
    const startedAt = performance.now();
    town = await neighbourhood({
      pipeline: { attempt: '30s', retention: '90d' },
      patience: { direct: patience, efax: patience },
    });
    const inject = `inject=fsync,fdatasync:error=EIO:when=${count}`;
    await town.start(
      'strace',
      '-f',
      '-qq',
      '-o',
      '/dev/null',
      '-e',
      'trace=fsync,fdatasync',
      '-e',
      'signal=none',
      '-e',
      inject,
    );
    traffic = startTraffic(town, { clients: 2, pauseMs: 50 });
    await until('the disk fails', () => traffic?.refused.has(503), 60_000);
    const red = await until(
      '/readyz is red',
      async () => {
        const found = await readiness();
        return found.status === 503 ? found : null;
      },
      5_000,
    );
    expect(red.text).toContain('the disk failed; start again when it is sound');

    // The next sync would succeed: it must not be believed.
    const promised = traffic.promised().length;
    await sleep(2_000);
    expect((await readiness()).status).toBe(503);
    const raw = await sealedFor(town, letterMail(1));
    expect((await converse(town.directPort, mailTurns(raw, town.partner.address('silent')))).at(-1)).toMatch(/^451 /);
    expect(traffic.promised()).toHaveLength(promised);
    expect([...traffic.refused.keys()]).toEqual([503]);

    await town.kill();
    await town.start();
    await until('referrals are taken again', () => (traffic?.promised().length ?? 0) > promised, 20_000);
    await traffic.stop();
    const verdict = judge(town, traffic.promised(), await restingStates(town));
    const { lost, duplicates, falseReceipts, inDoubt } = verdict;
    const size = `${traffic.promised().length} messages`;
    report({
      test: `L4 EIO at sync ${count}`,
      size,
      faults: '1 EIO',
      lost,
      duplicates,
      falseReceipts,
      inDoubt,
      seconds: secondsSince(startedAt),
    });
    expect(verdict).toMatchObject({ lost: 0, duplicates: 0, falseReceipts: 0 });
  },
  180_000,
);
