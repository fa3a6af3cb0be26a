import intake from '../../channels/intake/index.ts';
import type { Stage } from '../../src/core/change.ts';
import type { Channel, Facts, Inbox, Log } from '../../src/core/channel.ts';
import type { AttemptId, DeliveryId } from '../../src/core/message.ts';
import { createDesk } from '../../src/desk.ts';
import { acknowledge } from '../../src/pipeline/acknowledge.ts';
import { decideDelivery } from '../../src/pipeline/decide.ts';
import { deliver } from '../../src/pipeline/deliver.ts';
import { extract } from '../../src/pipeline/extract.ts';
import { widthsAmong } from '../../src/core/lane.ts';
import { newGate } from '../../src/pipeline/gate.ts';
import { purge } from '../../src/pipeline/purge.ts';
import { receive } from '../../src/pipeline/receive.ts';
import { remind } from '../../src/pipeline/remind.ts';
import { route } from '../../src/pipeline/route.ts';
import { settle } from '../../src/pipeline/settle.ts';
import { submit } from '../../src/pipeline/submit.ts';
import { embeddedQueue } from '../../src/queue/embedded.ts';
import type { Handler } from '../../src/queue/queue.ts';
import type { Db } from '../../src/store/db.ts';
import { sqlStore } from '../../src/store/sql-store.ts';
import type { Vault } from '../../src/store/vault.ts';
import type { Bug } from './bugs.ts';
import { allUrgencies, hour, minute, otherPractice, practice, readText } from '../harness.ts';

export const practices = [practice, otherPractice];
export const attemptMs = 2 * minute;
export const patience = {
  direct: { delays: [minute, 5 * minute, 20 * minute], receiptWithin: hour, onSilence: 'fallback' },
  efax: { delays: [2 * minute, 8 * minute], receiptWithin: hour / 2, onSilence: 'fallback' },
  portal: { delays: [minute], receiptWithin: 72 * hour, onSilence: 'hold' },
} as const;
const policy = { version: 'simulated', order: allUrgencies(['direct', 'efax', 'portal']) };

export type Handlers = Readonly<Record<Stage, Handler>>;

export interface Ingredients {
  readonly db: Db;
  readonly vault: Vault;
  readonly now: () => number;
  readonly channels: (inbox: () => Inbox) => readonly Channel[];
  readonly bug: Bug;
  readonly note: (event: string, facts: Facts | undefined, cause: unknown) => void;
}

/** One process of the gateway: the real core, pipeline, queue and store, put together as in gateway.ts but for
 *  servers and sandbox. */
export interface Process {
  readonly inbox: Inbox;
  readonly submit: ReturnType<typeof submit>;
  readonly decideDelivery: ReturnType<typeof decideDelivery>;
}

export function startProcess({ db, vault, now, channels, bug, note }: Ingredients): Process {
  const log: Log = {
    info: (event, facts) => note(event, facts, undefined),
    warn: (event, facts) => note(event, facts, undefined),
    error: (event, facts, cause) => note(event, facts, cause),
  };
  const open = new Map<string, Channel>();
  const store = sqlStore(db, vault, now, widthsAmong(open));
  const deadlines = { stat: hour / 4, urgent: hour, routine: 24 * hour };
  const receiving = { store, log, now, practices, channels: open, deadlines, patientsOf: () => Promise.resolve([]) };
  const honest = receive(receiving);
  const inbox = bug.inbox?.(honest) ?? honest;
  for (const channel of channels(() => inbox)) open.set(channel.name, channel);
  const sending = { store, log, now, practices, channels: open, gate: newGate(), attemptMs };
  const desk = createDesk({ store, now, draw: () => Promise.resolve([]) });
  open.set('intake', intake.create({}, { desk, log } as Parameters<typeof intake.create>[1]) as Channel);
  const routing = {
    ...sending,
    healthy: () => true,
    patience: (name: string) => patience[name as keyof typeof patience],
    policy: () => policy,
  };
  const handlers = {
    extract: extract({ ...sending, inbox, diagnosisCodes: null, read: readText }),
    route: route(routing),
    deliver: (id: string, signal: AbortSignal) => deliver(sending)(id as DeliveryId, signal),
    settle: (id: string, signal: AbortSignal) => settle({ ...sending, inbox })(id as DeliveryId, signal),
    remind: (id: string, signal: AbortSignal) => remind(sending)(id as AttemptId, signal),
    acknowledge: acknowledge({ ...sending, retention: 5 * 24 * hour }),
    purge: purge({ store, now }),
  } as Handlers;
  void embeddedQueue(store, log, now).start(bug.handlers?.(handlers) ?? handlers);
  return { inbox, submit: submit(receiving), decideDelivery: decideDelivery({ store, now }) };
}
