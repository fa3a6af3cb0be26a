import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from '@jest/globals';
import { neighbourhood, type Neighbourhood } from '../e2e/neighbourhood.ts';
import { report, secondsSince, sized } from './table.ts';
import { judge, restingStates, startTraffic } from './traffic.ts';

const stops = sized({ short: 3, change: 20, nightly: 200 });
const patience = {
  delays: Array.from({ length: 40 }, () => '1s'),
  waits: null,
  receiptWithin: '30s',
  onSilence: 'hold',
};

let town: Neighbourhood;
afterAll(() => town.close());

test(
  `SIGTERM under load, ${stops} times: gone within 30 s, nothing lost, nothing in doubt`,
  async () => {
    const startedAt = performance.now();
    town = await neighbourhood({ patience: { direct: patience, efax: patience } });
    await town.start();
    const traffic = startTraffic(town, { clients: 4, pauseMs: 20 });
    const ends: { readonly code: number | null; readonly ms: number }[] = [];
    for (let stop = 0; stop < stops; stop++) {
      await sleep(300 + Math.random() * 1_200);
      ends.push(await town.stop());
      await town.start();
    }
    await traffic.stop();
    const promised = traffic.promised();
    const verdict = judge(town, promised, await restingStates(town, 60_000 + 30_000 * stops));
    const { lost, duplicates, falseReceipts, inDoubt } = verdict;
    const slowest = Math.max(...ends.map(({ ms }) => ms));
    report({
      test: `L13 SIGTERM under load (slowest exit ${Math.round(slowest)} ms)`,
      size: `${promised.length} messages`,
      faults: `${stops} stops`,
      lost,
      duplicates,
      falseReceipts,
      inDoubt,
      seconds: secondsSince(startedAt),
    });
    expect(ends.map(({ code }) => code)).toEqual(ends.map(() => 0));
    expect(slowest).toBeLessThan(30_000);
    expect(verdict).toMatchObject({ lost: 0, duplicates: 0, falseReceipts: 0, inDoubt: 0 });
    // Doubt that was cleared again is doubt all the same: a clean stop makes none.
    expect(doubts(town)).toBe(0);
  },
  90_000 * stops + 60_000,
);

/** Attempts that were ever closed as unknown. */
function doubts({ output }: Neighbourhood): number {
  return output()
    .split('\n')
    .filter((line) => line.includes('"event":"attempt.closed"') && line.includes('"outcome":"unknown"')).length;
}
