import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { ZodError } from 'zod';
import { builtIn } from '../channels/index.ts';
import { Closing } from './closing.ts';
import type { Config } from './config.ts';
import { stages, type Stage } from './core/change.ts';
import type { Channel, Inbox, Log, Tools } from './core/channel.ts';
import { widthsAmong } from './core/lane.ts';
import type { Policy } from './core/plan.ts';
import { createDesk } from './desk.ts';
import { openPress } from './documents/press.ts';
import { readDocument } from './documents/read.ts';
import { openSandbox } from './documents/sandbox.ts';
import { ConfigError } from './errors.ts';
import { watchHealth } from './health.ts';
import type { Actions } from './http/actions.ts';
import { createApp, listen } from './http/server.ts';
import { createLog } from './log.ts';
import { acknowledge } from './pipeline/acknowledge.ts';
import { decideDelivery, decideEntry, recordStep } from './pipeline/decide.ts';
import { deliver, reopen } from './pipeline/deliver.ts';
import { extract } from './pipeline/extract.ts';
import { answerLink, openLink } from './pipeline/portal.ts';
import { newGate } from './pipeline/gate.ts';
import { purge } from './pipeline/purge.ts';
import { receive } from './pipeline/receive.ts';
import { route } from './pipeline/route.ts';
import { settle } from './pipeline/settle.ts';
import { submit } from './pipeline/submit.ts';
import { embeddedQueue } from './queue/embedded.ts';
import type { Handler } from './queue/queue.ts';
import { openStore } from './store/open.ts';
import type { Store } from './store/store.ts';

/** What a test may replace. */
export interface Parts {
  readonly now: () => number;
  readonly log: Log;
}

export interface Gateway {
  readonly store: Store;
  readonly inbox: Inbox;
  readonly actions: Actions;
  /** Where it listens, once started. */
  readonly url: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Put everything together. Opens files and folders, but takes no traffic before `start`.
 *  @throws ConfigError with every problem of every section. */
export async function createGateway(config: Config, parts: Partial<Parts> = {}): Promise<Gateway> {
  const now = parts.now ?? Date.now;
  const log = parts.log ?? createLog(config.log);
  const closing = new Closing();
  const channels = new Map<string, Channel>();
  const store = await openStore(
    { url: config.store.url, file: `${config.data}/loopgate.db`, keyFile: `${config.keys}/vault.key` },
    now,
    widthsAmong(channels),
  );
  closing.add(() => store.close());
  // Two boxes: a referral that has to be printed for fax must not wait until a long arrival is read.
  const [reading, printing] = [openSandbox({ log }), openSandbox({ log })];
  closing.add(() => reading.close());
  closing.add(() => printing.close());

  const { practices, deadlines } = config;
  const inbox = receive({ store, log, now, practices, deadlines });
  const publicUrl = config.http.publicUrl ?? `http://${config.http.host}:${config.http.port}`;
  const gate = newGate();
  const sending = { store, log, now, practices, channels, gate, attemptMs: config.pipeline.attempt };
  await openChannels(config, channels, {
    log,
    now,
    practices,
    publicUrl,
    press: openPress(printing),
    desk: createDesk({
      store,
      now,
      draw: async (document, bytes) =>
        (await readDocument(printing, document, bytes, AbortSignal.timeout(config.pipeline.attempt), 'draw')).pages,
    }),
    reopen: reopen(sending),
  }).catch(async (cause: unknown) => {
    await closing.run();
    throw cause;
  });

  const watch = watchHealth(channels, log);
  closing.add(() => {
    watch.stop();
  });
  const policy = policyOf(config);
  const handlers = byStage({
    extract: extract({
      store,
      log,
      now,
      practices,
      read: (document, bytes, signal) => readDocument(reading, document, bytes, signal),
    }),
    route: route({
      ...sending,
      healthy: watch.healthy,
      patience: (name) => config.patience[name] ?? noPatience,
      policy,
    }),
    deliver: deliver(sending),
    settle: settle({ ...sending, inbox }),
    acknowledge: acknowledge({ store, log, now, channels, retention: config.pipeline.retention }),
    purge: purge({ store, now }),
  });
  const actions: Actions = {
    submit: submit({ store, log, now, practices, deadlines }),
    decideDelivery: decideDelivery({ store, now }),
    decideEntry: decideEntry({ store, now }),
    recordStep: recordStep({ store, now }),
    openLink: openLink({ store, inbox, now }),
    answerLink: answerLink({ store, now }),
  };
  const webRoot = fileURLToPath(new URL('../web/dist', import.meta.url));
  const app = createApp({
    store,
    actions,
    channels,
    inbox,
    practices,
    policy,
    log,
    now,
    publicUrl,
    maxUploadBytes,
    submissionsPerMinute: config.limits.submissionsPerMinute,
    webRoot,
  });
  const queue = embeddedQueue(store, log, now);
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
        // Listeners last in, first out: the outside is turned away before the work stops.
        queue.start(handlers);
        closing.add(() => queue.stop());
        closing.add(() => {
          listening.abort();
        });
        for (const channel of channels.values()) await channel.listen?.(inbox, listening.signal);
        const server = await listen(app, config.http);
        closing.add(() => server.close());
        url = server.url;
      } catch (cause) {
        await closing.run();
        throw takenPort(cause) ?? cause;
      }
    },
    stop: () => closing.run(),
  };
}

const maxUploadBytes = 50_000_000;
const noPatience = { delays: [], receiptWithin: 3_600_000, onSilence: 'hold' } as const;

/** Our own intake queue is a channel like any other, and always on. */
async function openChannels(config: Config, channels: Map<string, Channel>, tools: Tools): Promise<void> {
  const problems: string[] = [];
  const sections: Config['channels'] = { ...config.channels, intake: {} };
  for (const [name, section] of Object.entries(sections)) {
    const module = builtIn.find((each) => each.name === name);
    if (!module) {
      problems.push(`channels.${name}: there is no such channel`);
      continue;
    }
    try {
      channels.set(name, await module.create(module.config.parse(section), tools));
    } catch (cause) {
      problems.push(...problemsOf(`channels.${name}`, cause));
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
}

/** The commonest reason not to start deserves a sentence of its own. */
function takenPort(cause: unknown): ConfigError | null {
  const { code, address, port } = cause as NodeJS.ErrnoException & {
    readonly address?: string;
    readonly port?: number;
  };
  if (code !== 'EADDRINUSE') return null;
  return new ConfigError([
    `${address ?? ''}:${port ?? ''} is taken by another program; stop it, or choose another port (LOOPGATE_HTTP_PORT, LOOPGATE_DIRECT_PORT)`,
  ]);
}

function problemsOf(path: string, cause: unknown): string[] {
  if (cause instanceof ZodError)
    return cause.issues.map((issue) => `${[path, ...issue.path].join('.')}: ${issue.message}`);
  if (cause instanceof ConfigError) return cause.problems.map((problem) => `${path}: ${problem}`);
  return [`${path}: ${cause instanceof Error ? cause.message : 'cannot be opened'}`];
}

/** The version is a hash of the order, so that every recorded decision names the very policy it followed. */
function policyOf({ policies }: Config): (practice: string) => Policy {
  const version = (order: Policy['order']): string =>
    createHash('sha256').update(JSON.stringify(order)).digest('hex').slice(0, 12);
  return (practice) => {
    const order = policies[practice] ?? policies.default;
    return { version: version(order), order };
  };
}

/** Every stage must have its handler: the type says so, and ids are strings on the way through the queue. */
const byStage = (handlers: { readonly [S in Stage]: (subject: never, signal: AbortSignal) => Promise<void> }) =>
  Object.fromEntries(stages.map((stage) => [stage, handlers[stage]])) as unknown as Readonly<Record<Stage, Handler>>;
