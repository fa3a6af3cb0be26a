import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { neighbourhood, type Neighbourhood } from '../e2e/neighbourhood.ts';
import { report, secondsSince } from './table.ts';
import { judge, restingStates, startTraffic, type Promised } from './traffic.ts';

/** Where the gateway keeps its things, and who may die there. */
export interface House {
  readonly name: string;
  /** `store`, `queue`: whatever the settings of a gateway in this house need. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Struck in turn: who is named twice is struck twice as often. */
  readonly victims: readonly Victim[];
}

/** Dies or freezes, and is back again, ready, when the promise resolves. */
export interface Victim {
  readonly name: string;
  strike(town: Neighbourhood): Promise<void>;
}

export const gateway: Victim = {
  name: 'gateway',
  async strike(town) {
    await town.kill();
    await town.start();
  },
};

/** Direct carries eight at once, fax four (the channels' own widths). */
const parallel = 12;
const resolvedMs = 60_000;

/** Refer patients by two channels while the victims die, then compare what was promised with what arrived. */
export async function killLoop(
  { name, settings, victims }: House,
  { referrals, kills }: { readonly referrals: number; readonly kills: number },
): Promise<void> {
  const startedAt = performance.now();
  // More tries than any one referral can be interrupted: patience is not what is tested here.
  const delays = Array.from({ length: kills + 1 }, () => '1s');
  const town = await neighbourhood({
    pipeline: { attempt: '20s', retention: '90d' },
    patience: {
      direct: { delays, receiptWithin: '20s', onSilence: 'fallback' },
      efax: { delays, receiptWithin: '55s', onSilence: 'hold' },
    },
    ...settings,
  });
  try {
    await town.start();
    // Spread over the kills: what is sent while nobody dies proves nothing. About one kill a second, each anchored to
    // *ready*, or a busy machine would never get that far.
    const pauseMs = Math.max(50, ((kills * 1_500) / referrals) * 4 - 100);
    const traffic = startTraffic(town, { clients: 4, pauseMs, limit: referrals, fallback: true });
    for (let kill = 0; kill < kills; kill++) {
      await sleep(100 + Math.random() * 600);
      await victims[kill % victims.length]!.strike(town);
    }
    await traffic.finished();
    const promised = traffic.promised();
    const verdict = judge(town, promised, await restingStates(town, 180_000));
    const doubts = await doubtsOf(town, promised);
    const slowest = Math.max(0, ...doubts);
    const { lost, duplicates, falseReceipts, inDoubt, delivered } = verdict;
    report({
      test: `${name} (${doubts.length} doubts, the longest ${Math.round(slowest / 1000)} s; ${inDoubt} left to a person)`,
      size: `${promised.length} referrals`,
      faults: `${kills} kills: ${[...new Set(victims.map((victim) => victim.name))].join(', ')}`,
      lost,
      duplicates,
      falseReceipts,
      inDoubt: doubts.length,
      seconds: secondsSince(startedAt),
    });
    expect(promised).toHaveLength(referrals);
    expect({ lost, duplicates, falseReceipts }).toEqual({ lost: 0, duplicates: 0, falseReceipts: 0 });
    expect(delivered).toBeGreaterThan(referrals * 0.9);
    expect(doubts.length).toBeLessThanOrEqual(kills * parallel);
    expect(slowest).toBeLessThanOrEqual(resolvedMs);
  } finally {
    await town.close();
  }
}

interface Story {
  readonly events: readonly { readonly what: string; readonly at: string }[];
}

/** For each attempt that ended in doubt: milliseconds until it was cleared, or given to another route or a person. */
async function doubtsOf(town: Neighbourhood, promised: readonly Promised[]): Promise<number[]> {
  const waits: number[] = [];
  for (const { message } of promised) {
    const { events } = await town.api<Story>(`/messages/${message}`);
    for (const [index, { what, at }] of events.entries()) {
      if (what !== 'attempt.unknown') continue;
      const end = events.slice(index + 1).find((later) => clears.test(later.what));
      waits.push(end ? Date.parse(end.at) - Date.parse(at) : Infinity);
    }
  }
  return waits;
}

const clears = /^(attempt\.clarified|receipt\.recorded|receipt\.overdue|delivery\.(held|rerouted|delivered|failed))$/;
