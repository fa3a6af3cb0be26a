import { statfs } from 'node:fs/promises';
import { stages, type Stage } from '../core/change.ts';
import type { Log } from '../core/channel.ts';
import { openStates } from '../core/delivery.ts';
import { urgencies } from '../core/message.ts';
import { causes, type Readiness } from '../core/readiness.ts';
import type { QueueHealth } from '../queue/queue.ts';
import type { Store } from '../store/store.ts';
import { counting, oneOf, type Counts } from './count.ts';
import { createInstruments, createRegistry, type Instruments } from './instruments.ts';
import type { CommitResult } from './seams.ts';

/** What is asked, not heard: how things stand at the moment of the scrape. */
export interface Sources {
  readonly ready: () => Promise<Readiness>;
  readonly queue: () => Pick<QueueHealth, 'connected' | 'blocked'>;
  /** The channels that are switched on. */
  readonly channels: ReadonlyMap<string, unknown>;
  readonly healthy: (channel: string) => boolean;
  readonly validUntil: (channel: string) => number | null;
}

export interface Metrics extends Counts {
  stageRun(stage: Stage, result: 'done' | 'failed', seconds: number): void;
  commitDone(result: CommitResult, seconds: number): void;
  requestSeen(seen: {
    readonly method: string;
    readonly route: string;
    readonly status: number;
    readonly seconds: number;
  }): void;
  /** All of it in Prometheus' text form. What cannot be read now is left out: old numbers would be taken for new ones. */
  page(sources: Sources): Promise<{ readonly type: string; readonly text: string }>;
}

interface MetricsDeps {
  readonly store: Store;
  readonly log: Log;
  readonly now: () => number;
  /** Names of all channels that exist, switched on or not. */
  readonly channels: readonly string[];
  /** The folder whose disk is watched; null: none. */
  readonly folder: string | null;
  readonly version: string;
}

const methodOf = oneOf(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

export function createMetrics(deps: MetricsDeps): Metrics {
  const registry = createRegistry();
  const channels = [...deps.channels, 'api'];
  const made = createInstruments(registry, channels);
  made.build.set({ version: deps.version, node: process.version }, 1);
  return {
    ...counting(made, deps.store, deps.log, channels),
    stageRun: (stage, result, seconds) => {
      made.stage.observe({ stage, result }, seconds);
    },
    commitDone: (result, seconds) => {
      made.commit.observe({ result }, seconds);
    },
    requestSeen: ({ method, route, status, seconds }) => {
      const labels = { method: methodOf(method), route, status: `${Math.floor(status / 100)}xx` };
      made.http.observe(labels, seconds);
    },
    async page(sources) {
      await Promise.all([countOpen(made, deps), askHouse(made, sources), weighDisk(made, deps.folder)]);
      return { type: registry.contentType, text: await registry.metrics() };
    },
  };
}

async function countOpen(made: Instruments, { store, log, now }: MetricsDeps): Promise<void> {
  const counted = [made.deliveries, made.inDoubt, made.overdue, made.due, made.oldest, made.dead, made.waiting];
  try {
    const census = await store.census();
    for (const state of openStates) {
      made.deliveries.set({ state }, census.deliveries[state]);
      made.inDoubt.set({ state }, census.inDoubt[state]);
    }
    for (const urgency of urgencies) made.overdue.set({ urgency }, census.overdue[urgency]);
    for (const stage of stages) {
      const { count, since } = census.due[stage];
      made.due.set({ stage }, count);
      made.oldest.set({ stage }, since === null ? 0 : (now() - since) / 1000);
      made.dead.set({ stage }, census.dead[stage]);
    }
    made.waiting.set(census.waiting);
    made.emergencies.set(census.emergencies.count);
    made.emergency.set((census.emergencies.newest ?? 0) / 1000);
  } catch (cause) {
    log.error('census.failed', {}, cause);
    for (const each of counted) each.reset();
    for (const each of [made.waiting, made.emergencies, made.emergency]) each.remove();
  }
}

async function weighDisk(made: Instruments, folder: string | null): Promise<void> {
  if (folder === null) return;
  const { bavail, bsize } = await statfs(folder);
  made.disk.set(bavail * bsize);
}

async function askHouse(made: Instruments, sources: Sources): Promise<void> {
  const { state, reasons } = await sources.ready();
  made.ready.set(state === 'unready' ? 0 : 1);
  for (const cause of causes) made.trouble.set({ cause }, reasons.some((reason) => reason.cause === cause) ? 1 : 0);
  const { connected, blocked } = sources.queue();
  made.connected.set(connected ? 1 : 0);
  made.blocked.set(blocked ? 1 : 0);
  for (const channel of sources.channels.keys()) {
    made.healthy.set({ channel }, sources.healthy(channel) ? 1 : 0);
    const validUntil = sources.validUntil(channel);
    if (validUntil !== null) made.validUntil.set({ channel }, validUntil / 1000);
  }
}
