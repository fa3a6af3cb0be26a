import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { actionsOf } from './actions.ts';
import { builtIn } from '../channels/index.ts';
import { machineClocks, steadyClock } from './clock.ts';
import own from '../package.json' with { type: 'json' };
import { signingKey } from './audit/key.ts';
import { createNotary, keepSigned } from './audit/notary.ts';
import { Closing } from './closing.ts';
import { auditKeyFile, loadConfig, storeFiles, type Config } from './config.ts';
import { stages, type Stage } from './core/change.ts';
import type { Channel, Inbox, Log } from './core/channel.ts';
import { widthsAmong } from './core/lane.ts';
import { createDesk, pickupsOf } from './desk.ts';
import { openBoxes } from './documents/box.ts';
import { boxedPatients } from './documents/patients.ts';
import { openPress } from './documents/press.ts';
import { isDrawn, readDocument } from './documents/read.ts';
import { rereadPage } from './documents/reread.ts';
import { openSandbox } from './documents/sandbox.ts';
import { viewDocument } from './documents/view.ts';
import { ConfigError } from './errors.ts';
import { watchHealth } from './health.ts';
import type { Actions } from './http/actions.ts';
import { createApp, listen } from './http/server.ts';
import { createWatchApp } from './http/watch.ts';
import { createLog } from './log.ts';
import { openNetwork } from './net/network.ts';
import { acknowledge } from './pipeline/acknowledge.ts';
import { deliver, reopen } from './pipeline/deliver.ts';
import { extract } from './pipeline/extract.ts';
import { newGate } from './pipeline/gate.ts';
import { purge } from './pipeline/purge.ts';
import { receive } from './pipeline/receive.ts';
import { remind } from './pipeline/remind.ts';
import { route } from './pipeline/route.ts';
import { settle } from './pipeline/settle.ts';
import { openQueue } from './queue/open.ts';
import type { Handlers } from './queue/queue.ts';
import { policyOf } from './policy.ts';
import { reloader, type Reloaded } from './reload.ts';
import { linkCarrier, openChannels } from './sections.ts';
import { openStore } from './store/open.ts';
import type { Store } from './store/store.ts';
import { waysIn } from './ways-in.ts';
import { createMetrics, type Metrics } from './watch/metrics.ts';
import {
  channelsCheck,
  diskCheck,
  holdCheck,
  pauseCheck,
  queueCheck,
  readiness,
  stoppingCheck,
  storeCheck,
} from './watch/readiness.ts';
import { clocked, overheard, timed, watched, type Around } from './watch/seams.ts';

/** What a test may replace. */
export interface Parts {
  readonly now: () => number;
  readonly log: Log;
  /** Reads the settings again. */
  readonly reread: () => Promise<Config>;
}

export interface Gateway {
  readonly store: Store;
  readonly inbox: Inbox;
  readonly actions: Actions;
  /** Where it listens, once started; of a process that only works, where the others do. */
  readonly url: string;
  start(): Promise<void>;
  /** Read the settings again, and put in force what can change while it runs.
   *  @throws ConfigError with every problem; the old ones stay in force then */
  reload(who: string): Promise<Reloaded>;
  stop(): Promise<void>;
}

/** Put everything together. Opens files and folders, but takes no traffic before `start`.
 *  @throws ConfigError with every problem of every section. */
export async function createGateway(config: Config, parts: Partial<Parts> = {}): Promise<Gateway> {
  const unwatchedLog = parts.log ?? createLog(config.log);
  const now = parts.now ?? steadyClock(machineClocks, (ms) => unwatchedLog.warn('clock.stepped', { ms }));
  const closing = new Closing();
  const channels = new Map<string, Channel>();
  const unwatched = await openStore(storeFiles(config), now, widthsAmong(channels));
  closing.add(() => unwatched.close());
  const { store, log, metrics, arounds } = await watch(config, {
    store: unwatched,
    log: unwatchedLog,
    now,
    closing,
  });
  await heedHold(store, log).catch(async (cause: unknown) => {
    await closing.run();
    throw cause;
  });
  // Two boxes: a referral that has to be printed for fax must not wait until a long arrival is read.
  const width = availableParallelism();
  const [reading, printing] = [openSandbox({ log, width }), openSandbox({ log, width })];
  closing.add(() => reading.close());
  closing.add(() => printing.close());
  const boxes = openBoxes(log);
  closing.add(() => boxes.close());

  const { practices, deadlines } = config;
  const { needs, diagnosisCodes } = config.intake;
  const patientsOf = boxedPatients(boxes.open);
  const inbox = receive({ store, log, now, practices, channels, deadlines, patientsOf });
  const publicUrl = config.http.publicUrl ?? `http://${config.http.host}:${config.http.port}`;
  const gate = newGate();
  const sending = { store, log, now, practices, channels, gate, attemptMs: config.pipeline.attempt };
  await openChannels(config, channels, {
    log,
    now,
    practices,
    publicUrl,
    press: openPress(printing),
    openBox: boxes.open,
    network: openNetwork(config.network, { now }),
    desk: createDesk({
      store,
      now,
      draw: async (document, bytes) =>
        (
          await readDocument(printing, document, bytes, AbortSignal.timeout(config.pipeline.attempt), { care: 'draw' })
        ).pages.filter(isDrawn),
    }),
    pickups: pickupsOf(store),
    linkCarrier: (name) => linkCarrier(channels, name),
    reopen: reopen(sending),
  }).catch(async (cause: unknown) => {
    await closing.run();
    throw cause;
  });

  const health = watchHealth(channels, log);
  closing.add(() => {
    health.stop();
  });
  const policy = policyOf(config);
  const stageHandlers = byStage({
    extract: extract({
      store,
      inbox,
      log,
      now,
      practices,
      diagnosisCodes,
      read: (document, bytes, signal, urgency, memory) =>
        readDocument(reading, document, bytes, signal, { urgency, memory }),
    }),
    route: route({
      ...sending,
      healthy: health.healthy,
      patience: (name) => config.patience[name] ?? noPatience,
      policy,
    }),
    deliver: deliver(sending),
    settle: settle({ ...sending, inbox }),
    remind: remind(sending),
    acknowledge: acknowledge({ store, log, now, channels, retention: config.pipeline.retention }),
    purge: purge({ store, now }),
  });
  const handlers = watched(stageHandlers, arounds);
  const reload = reloader({ config, reread: parts.reread ?? loadConfig, channels, store, now });
  const actions = actionsOf({
    ...{ store, log, now, practices, needs, diagnosisCodes, deadlines, channels, patientsOf, inbox, reload },
    reread: (...page) => rereadPage(reading, ...page, AbortSignal.timeout(config.pipeline.attempt)),
  });
  const queue = await openQueue(config.queue.url, store, log, now);
  let stopping = false;
  const ready = readiness([
    storeCheck(store, log),
    holdCheck(store),
    stoppingCheck(() => stopping),
    diskCheck(ownDisk(config)),
    queueCheck(() => queue.health()),
    channelsCheck(channels, health.healthy),
    pauseCheck(store, now),
  ]);
  const key = signingKey(auditKeyFile(config));
  const notary = createNotary({ record: store.record, key, now, folder: config.audit.folder });
  const webRoot = fileURLToPath(new URL('../web/dist', import.meta.url));
  const app = createApp({
    store,
    actions,
    channels,
    inbox,
    practices,
    needs,
    deadlines,
    policy,
    log,
    now,
    publicUrl,
    proxies: config.http.proxies,
    sessions: { idleMs: config.sessions.idle, absoluteMs: config.sessions.absolute },
    signIn: waysIn(config, publicUrl),
    maxUploadBytes,
    submissionsPerMinute: config.limits.submissionsPerMinute,
    hurried: () => queue.health().hurried,
    notary,
    view: (document, bytes) => viewDocument(printing, document, bytes, AbortSignal.timeout(config.pipeline.attempt)),
    ready,
    seen: metrics.requestSeen,
    webRoot,
  });
  const watchApp = createWatchApp({
    ready,
    metrics: () => metrics.page({ ready, queue: () => queue.health(), channels, ...health }),
  });
  const listening = new AbortController();
  let url = publicUrl;

  return {
    store,
    inbox,
    actions,
    get url() {
      return url;
    },
    async start() {
      try {
        if (config.metrics) {
          const watching = await listen(watchApp, config.metrics);
          closing.add(() => watching.close());
        }
        // Listeners last in, first out: the outside is turned away before the work stops.
        if (config.roles.includes('work')) {
          closing.add(() => queue.stop());
          await queue.start(handlers);
          closing.add(keepSigned({ notary, log, everyMs: config.audit.checkpoints }));
        }
        if (config.roles.includes('edge')) {
          closing.add(() => {
            listening.abort();
          });
          for (const channel of channels.values()) await channel.listen?.(inbox, listening.signal);
          const server = await listen(app, config.http);
          closing.add(() => server.close());
          url = server.url;
        }
      } catch (cause) {
        await closing.run();
        throw takenPort(cause) ?? cause;
      }
    },
    reload,
    stop: () => {
      stopping = true;
      return closing.run();
    },
  };
}

/** The folder whose disk must not fill up; null where the data lies in a database server. */
const ownDisk = ({ store, data }: Config): string | null => (store.url === null ? data : null);

interface Unwatched {
  readonly store: Store;
  readonly log: Log;
  readonly now: () => number;
  readonly closing: Closing;
}

interface Watched {
  readonly store: Store;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly arounds: readonly Around[];
}

/** Those who watch stand between the rooms and what they use; no room knows of them. */
async function watch(config: Config, { store, log, now, closing }: Unwatched): Promise<Watched> {
  const { version } = own;
  const channels = builtIn.map(({ name }) => name);
  const metrics = createMetrics({ store, log, now, channels, folder: ownDisk(config), version });
  store.onCommit(metrics.committed);
  const arounds = [clocked(metrics.stageRun)];
  if (config.traces.url !== null) {
    // Loaded only when somebody listens.
    const { openTraces } = await import('./watch/traces.ts');
    const traces = openTraces({ url: config.traces.url, store, log, version });
    store.onCommit(traces.committed);
    closing.add(() => traces.close());
    arounds.push(traces.around);
  }
  return { store: timed(store, metrics.commitDone), log: overheard(log, metrics.logged), metrics, arounds };
}

const maxUploadBytes = 50_000_000;
const noPatience = { delays: [], receiptWithin: 3_600_000, onSilence: 'hold' } as const;

/** @throws ConfigError when a restore was cut off: what it left knows nothing of the time since its backup. */
async function heedHold(store: Store, log: Log): Promise<void> {
  const hold = await store.held();
  if (hold?.ready === false)
    throw new ConfigError(['store: a restore did not end; run it again: loopgate restore --force']);
  if (hold) log.warn('gateway.held');
}

/** The commonest reason not to start deserves a sentence of its own. */
function takenPort(cause: unknown): ConfigError | null {
  const { code, address, port } = cause as NodeJS.ErrnoException & {
    readonly address?: string;
    readonly port?: number;
  };
  if (code !== 'EADDRINUSE') return null;
  return new ConfigError([
    `${address ?? ''}:${port ?? ''} is taken by another program; stop it, or choose another port (LOOPGATE_HTTP_PORT, LOOPGATE_DIRECT_PORT, LOOPGATE_METRICS_PORT)`,
  ]);
}

/** Every stage must have its handler: the type says so, and ids are strings on the way through the queue. */
const byStage = (handlers: { readonly [S in Stage]: (subject: never, signal: AbortSignal) => Promise<void> }) =>
  Object.fromEntries(stages.map((stage) => [stage, handlers[stage]])) as unknown as Handlers;
