import { statfs } from 'node:fs/promises';
import type { Log } from '../core/channel.ts';
import { channelOf } from '../core/lane.ts';
import { isOn } from '../core/pause.ts';
import { readinessOf, type Readiness, type Reason } from '../core/readiness.ts';
import { StorageBroken } from '../errors.ts';
import type { QueueHealth } from '../queue/queue.ts';
import type { Store } from '../store/store.ts';

/** Looks at one part of the house; every reason it finds is told. */
export type Check = () => Promise<readonly Reason[]> | readonly Reason[];

const probeWithinMs = 2_000;
/** Less than this share of the disk free, and people should act before the store must refuse. */
const lowShare = 0.1;
/** Less than this, and the store may still find room for a probe in its own files, but for no document. */
const fullBytes = 1_000_000;

/** Ask everything. Those who ask at the same time share one answer: a probe costs an fsync, and anybody may ask. */
export function readiness(checks: readonly Check[]): () => Promise<Readiness> {
  let running: Promise<Readiness> | null = null;
  const look = async (): Promise<Readiness> =>
    readinessOf((await Promise.all(checks.map(async (check) => check()))).flat());
  return () => {
    running ??= look().finally(() => {
      running = null;
    });
    return running;
  };
}

/** Does a write reach the disk, in time? */
export function storeCheck(store: Pick<Store, 'probe'>, log: Log): Check {
  return async () => {
    try {
      await within(store.probe(), probeWithinMs);
      return [];
    } catch (cause) {
      log.error('store.unready', {}, cause);
      const problem = cause instanceof StorageBroken ? cause.message : 'the store cannot write';
      return [{ cause: 'store', problem }];
    }
  };
}

export function holdCheck(store: Pick<Store, 'held'>): Check {
  return async () =>
    // A store that does not answer is the other check's to tell.
    (await store.held().catch(() => null)) === null
      ? []
      : [{ cause: 'held', problem: 'it was restored from a backup: nothing leaves until loopgate resume' }];
}

/** @param folder where the embedded store keeps its file; null: the data lies elsewhere */
export function diskCheck(folder: string | null): Check {
  return async () => {
    if (folder === null) return [];
    const { bavail, blocks, bsize } = await statfs(folder);
    if (bavail * bsize < fullBytes) return [{ cause: 'store', problem: 'the disk that holds the data is full' }];
    if (bavail >= blocks * lowShare) return [];
    return [{ cause: 'disk', problem: 'less than a tenth of the disk that holds the data is free' }];
  };
}

export function channelsCheck(channels: ReadonlyMap<string, unknown>, healthy: (channel: string) => boolean): Check {
  return () =>
    [...channels.keys()]
      .filter((name) => !healthy(name))
      .map((name) => ({ cause: 'channel', problem: `the channel ${name} could not send now` }));
}

export function pauseCheck(store: Pick<Store, 'pauses'>, now: () => number): Check {
  return async () =>
    (await store.pauses().catch(() => []))
      .filter((each) => isOn(each, now()))
      .map(({ place, until }) => ({
        cause: 'channel',
        problem: `a person paused the channel ${channelOf(place)}, or a part of it, until ${new Date(until).toISOString()}`,
      }));
}

export function queueCheck(health: () => Pick<QueueHealth, 'connected' | 'blocked'>): Check {
  return () => {
    const { connected, blocked } = health();
    if (!connected) return [{ cause: 'queue', problem: 'the broker is away; what is due waits in the database' }];
    return blocked
      ? [{ cause: 'queue', problem: 'the broker takes no messages now: its memory or disk is short' }]
      : [];
  };
}

export function stoppingCheck(stopping: () => boolean): Check {
  return () =>
    stopping() ? [{ cause: 'stopping', problem: 'it is being stopped; what is under way is finished' }] : [];
}

async function within(done: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error('too slow'));
    }, ms);
  });
  try {
    await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}
