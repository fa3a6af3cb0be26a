import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { until } from '../harness.ts';
import { compiled, neighbourhood, type Neighbourhood } from '../e2e/neighbourhood.ts';
import { report, secondsSince } from './table.ts';
import { judge, restingStates, startTraffic, type Promised, type Traffic } from './traffic.ts';

/** Where the gateway keeps its things, and who may die there. */
export interface House {
  readonly name: string;
  /** `store`, `queue`: whatever the settings of a gateway in this house need. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Struck in turn: who is named twice is struck twice as often. */
  readonly victims: readonly Victim[];
  /** A second process that works beside the gateway, with more in its environment. */
  readonly worker?: Readonly<Record<string, string>>;
}

/** A gateway with the role of work alone, on the settings of another. */
export interface Worker {
  pid(): number;
  start(): Promise<void>;
  kill(): Promise<void>;
}

/** Dies or freezes, and is back again, ready, when the promise resolves. */
export interface Victim {
  readonly name: string;
  strike(town: Neighbourhood, worker: Worker | null): Promise<void>;
}

export const gateway: Victim = {
  name: 'gateway',
  async strike(town) {
    await town.kill();
    await town.start();
  },
};

export const worker: Victim = {
  name: 'worker',
  async strike(_town, worker) {
    await worker?.kill();
    await worker?.start();
  },
};

/** Frozen, and woken: once for longer than any lease, when others have taken over what it believes to have. */
export function frozenWorker(): Victim {
  let times = 0;
  return {
    name: 'frozen worker',
    async strike(_town, worker) {
      if (!worker) throw new Error('there is no worker in this house');
      process.kill(worker.pid(), 'SIGSTOP');
      await sleep(times++ === 0 ? 40_000 : 5_000);
      process.kill(worker.pid(), 'SIGCONT');
    },
  };
}

function workerOf(town: Neighbourhood, env: Readonly<Record<string, string>>): Worker {
  let child: ChildProcess | null = null;
  return {
    pid: () => child?.pid ?? 0,
    async start() {
      const started = spawn('node', ['src/main.ts'], {
        env: {
          PATH: process.env['PATH'],
          TMPDIR: join(town.folder, 'tmp'),
          LOOPGATE_CONFIG: join(town.folder, 'config.mjs'),
          LOOPGATE_ROLES: '["work"]',
          LOOPGATE_METRICS_PORT: '0',
          ...compiled,
          ...env,
        },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      child = started;
      let said = '';
      started.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
      await until(
        'the worker is ready',
        () => {
          if (started.exitCode !== null) throw new Error('the worker ended by itself');
          return said.includes('ready');
        },
        60_000,
      );
    },
    async kill() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((done) => child?.once('exit', done));
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** Direct carries eight at once, fax four (the channels' own widths), in each process. */
const parallel = 12;
const resolvedMs = 60_000;

/** Refer patients by two channels while the victims die, then compare what was promised with what arrived. */
export async function killLoop(
  { name, settings, victims, worker: second }: House,
  { referrals, kills }: { readonly referrals: number; readonly kills: number },
): Promise<void> {
  const startedAt = performance.now();
  // More tries than any one referral can be interrupted: patience is not what is tested here.
  const delays = Array.from({ length: kills + 1 }, () => '1s');
  const town = await neighbourhood({
    pipeline: { attempt: '60s', retention: '90d' },
    patience: {
      // Silence asks a person: another route would be a copy that was wanted.
      direct: { delays, receiptWithin: '40s', onSilence: 'hold' },
      efax: { delays, waits: null, receiptWithin: '45s', onSilence: 'hold' },
    },
    ...settings,
  });
  const worker = second ? workerOf(town, second) : null;
  let traffic: Traffic | null = null;
  try {
    await town.start();
    await worker?.start();
    // Spread over the kills: what is sent while nobody dies proves nothing. About one kill a second, each anchored to
    // *ready*, or a busy machine would never get that far.
    const pauseMs = Math.max(50, ((kills * 1_500) / referrals) * 4 - 100);
    traffic = startTraffic(town, { clients: 4, pauseMs, limit: referrals, fallback: true });
    for (let kill = 0; kill < kills; kill++) {
      await sleep(100 + Math.random() * 600);
      await victims[kill % victims.length]!.strike(town, worker);
    }
    await traffic.finished();
    const promised = traffic.promised();
    // The leases of the dead run for half a minute, and a lane of four faxes stands still meanwhile: after a thousand kills
    // a thousand faxes are still to be sent.
    const verdict = judge(town, promised, await restingStates(town, 180_000 + kills * 900));
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
    expect(await Promise.all(verdict.offenders.map((message) => storyOf(town, message)))).toEqual([]);
    expect(delivered).toBeGreaterThan(referrals * 0.9);
    expect(doubts.length).toBeLessThanOrEqual(kills * parallel * (second ? 2 : 1));
    expect(slowest).toBeLessThanOrEqual(resolvedMs);
  } finally {
    await traffic?.stop();
    await worker?.kill();
    await town.close();
  }
}

interface Story {
  readonly events: readonly { readonly what: string; readonly at: string; readonly facts: unknown }[];
}

/** What the gateway knows of a message that was lost, doubled or called delivered in vain. */
async function storyOf(town: Neighbourhood, message: string): Promise<string> {
  const { events } = await town.api<Story>(`/messages/${message}`);
  return events.map(({ what, at, facts }) => `${at} ${what} ${JSON.stringify(facts)}`).join('\n');
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
