import { randomBytes } from 'node:crypto';
import defaults from '../config/default.js';
import { steadyClock } from '../src/clock.ts';
import { stages, type Stage } from '../src/core/change.ts';
import type { Arrival, Channel, Facts, Inbox, Log, Notice, Parcel, Practice } from '../src/core/channel.ts';
import { file } from '../src/core/entry.ts';
import { widthsAmong } from '../src/core/lane.ts';
import type { Needs } from '../src/core/missing.ts';
import type { AttemptId, DeliveryId, MessageId, Origin } from '../src/core/message.ts';
import { accepted, type Outcome } from '../src/core/outcome.ts';
import type { Patience, Policy } from '../src/core/plan.ts';
import type { ReferralRequest } from '../src/core/referral.ts';
import { acknowledge } from '../src/pipeline/acknowledge.ts';
import { entryActions } from '../src/pipeline/entry-actions.ts';
import { decideDelivery, recordStep } from '../src/pipeline/decide.ts';
import { deliver, reopen } from '../src/pipeline/deliver.ts';
import { newGate } from '../src/pipeline/gate.ts';
import { patientsOf, type Patients } from '../src/documents/patients.ts';
import { extract, type ExtractDeps } from '../src/pipeline/extract.ts';
import { purge } from '../src/pipeline/purge.ts';
import { receive } from '../src/pipeline/receive.ts';
import { remind } from '../src/pipeline/remind.ts';
import type { Reread } from '../src/pipeline/reread.ts';
import { route } from '../src/pipeline/route.ts';
import { settle } from '../src/pipeline/settle.ts';
import { submit } from '../src/pipeline/submit.ts';
import type { Handler } from '../src/queue/queue.ts';
import { kekOf, type KeyProvider } from '../src/store/key-file.ts';
import type { Db } from '../src/store/db.ts';
import { sqlStore } from '../src/store/sql-store.ts';
import { openSqlite } from '../src/store/sqlite.ts';
import type { Store } from '../src/store/store.ts';
import { createVault } from '../src/store/vault.ts';
import { watched, type Around } from '../src/watch/seams.ts';

export const minute = 60_000;
export const hour = 60 * minute;

export const practice: Practice = {
  id: 'main',
  name: 'Riverside Family Practice',
  phone: '+12125550100',
  npi: '1234567893',
  addresses: { direct: ['referrals@riverside.example'], efax: ['+12125550101', '+12125550102'] },
};

/** As the settings have them when nobody changes them. */
export const needs = defaults.intake.needs as Needs;

export const otherPractice: Practice = {
  id: 'other',
  name: 'Hillside Cardiology',
  phone: '+12125550200',
  npi: null,
  addresses: { direct: ['referrals@hillside.example'], efax: ['+12125550201'] },
};

/** A channel that answers as the test says: one outcome for each parcel, the last one for ever. */
export interface ScriptedChannel extends Channel {
  readonly sent: Parcel[];
  readonly notices: { readonly origin: Origin; readonly notice: Notice }[];
  answers: (Outcome | ((parcel: Parcel) => Promise<Outcome>))[];
  inquiries: (Outcome | null)[];
}

export function scripted(name: string, ...answers: ScriptedChannel['answers']): ScriptedChannel {
  const channel: ScriptedChannel = {
    name,
    answers,
    inquiries: [],
    sent: [],
    notices: [],
    capabilities: {
      address: /./,
      mediaTypes: ['application/pdf', 'text/plain'],
      maxBytes: 25_000_000,
      proof: 'receipt',
      cost: 1,
      width: 4,
      ...(name === 'direct' ? { farHosts: true } : {}),
    },
    lane: ({ address }) => address.split('@')[1] ?? 'account',
    async send(parcel) {
      channel.sent.push(parcel);
      const next = (channel.answers.length > 1 ? channel.answers.shift() : channel.answers[0]) ?? accepted();
      if (typeof next === 'function') return next(parcel);
      await parcel.handingOver();
      return next;
    },
    check: () => Promise.resolve({ ok: true }),
    inquire: () => Promise.resolve(channel.inquiries.shift() ?? null),
    acknowledge(origin, notice) {
      channel.notices.push({ origin, notice });
      return Promise.resolve(accepted());
    },
  };
  return channel;
}

/** A scripted channel that dials telephones. */
export function fax(...answers: ScriptedChannel['answers']): ScriptedChannel {
  const channel = scripted('efax', ...answers);
  return Object.assign(channel, { capabilities: { ...channel.capabilities, dials: { confirmFirst: false } } });
}

export interface Harness extends ReturnType<typeof entryActions> {
  readonly store: Store;
  readonly inbox: Inbox;
  readonly submit: ReturnType<typeof submit>;
  readonly decideDelivery: ReturnType<typeof decideDelivery>;
  readonly recordStep: ReturnType<typeof recordStep>;
  readonly reopen: ReturnType<typeof reopen>;
  /** Our own queue's channel: a test may break it. */
  readonly intake: Channel;
  readonly handlers: Readonly<Record<Stage, Handler>>;
  readonly logged: { readonly event: string; readonly facts: Facts | undefined }[];
  now(): number;
  /** Turn the clock, then do all work that is due, and what falls due because of it. */
  turn(ms?: number): Promise<void>;
  /** The record of a message as one sentence. */
  story(message: MessageId): Promise<string>;
  state(delivery: DeliveryId): Promise<string>;
  /** Somebody sets the machine's clock: no time passes. */
  setClock(by: number): void;
  /** As after a restore from a backup of this time, before anybody looked at what it left. */
  restored(mark: number): Promise<void>;
  close(): Promise<void>;
}

interface Options {
  readonly channels?: readonly Channel[];
  readonly patience?: Patience;
  readonly read?: ExtractDeps['read'];
  readonly reread?: Reread;
  readonly diagnosisCodes?: ExtractDeps['diagnosisCodes'];
  /** When it begins, epoch ms. */
  readonly at?: number;
  /** Every handler runs inside this. */
  readonly around?: Around;
  /** Instead of one in memory; closed with the harness. */
  readonly db?: Db;
}

/** The whole pipeline on a database in memory, with a hand-turned clock and scripted channels. */
export function harness({
  channels = [],
  patience,
  read,
  reread,
  diagnosisCodes = null,
  at = Date.UTC(2026, 10, 23, 9, 0),
  around,
  db = openSqlite(':memory:'),
}: Options = {}): Harness {
  let passed = 0;
  let error = 0;
  const now = steadyClock({ wall: () => at + passed + error, monotonic: () => passed });
  const logged: Harness['logged'] = [];
  const note = (event: string, facts?: Facts): void => void logged.push({ event, facts });
  const log: Log = { info: note, warn: note, error: note };
  const open = new Map<string, Channel>();
  const store = sqlStore(db, createVault(db, keysInMemory(), now), now, widthsAmong(open));
  const practices = [practice, otherPractice];
  const intake = deskChannel(store, now);
  for (const channel of [...channels, intake]) open.set(channel.name, channel);
  const policy: Policy = { version: 'test', order: allUrgencies(['direct', 'efax', 'portal']) };
  const receiving = {
    store,
    log,
    now,
    practices,
    channels: open,
    needs,
    patientsOf: lookedAtHere,
    deadlines: { stat: 15 * minute, urgent: hour, routine: 24 * hour },
  };
  const inbox = receive(receiving);
  const sending = { store, log, now, practices, channels: open, gate: newGate(), attemptMs: 2 * minute };
  const routing = {
    ...sending,
    healthy: () => true,
    patience: () => patience ?? { delays: [minute, 5 * minute], receiptWithin: hour, onSilence: 'fallback' as const },
    policy: () => policy,
  };
  const bare = {
    extract: extract({ ...sending, inbox, diagnosisCodes, read: read ?? readText }),
    route: route(routing),
    deliver: (id: string, signal: AbortSignal) => deliver(sending)(id as DeliveryId, signal),
    settle: (id: string, signal: AbortSignal) => settle({ ...sending, inbox })(id as DeliveryId, signal),
    remind: (id: string, signal: AbortSignal) => remind(sending)(id as AttemptId, signal),
    acknowledge: acknowledge({ ...sending, retention: 90 * 24 * hour }),
    purge: purge({ store, now }),
  } as Readonly<Record<Stage, Handler>>;
  const handlers = around ? watched(bare, [around]) : bare;

  return {
    store,
    inbox,
    submit: submit(receiving),
    decideDelivery: decideDelivery({ store, now }),
    ...entryActions({ ...receiving, diagnosisCodes, reread: reread ?? notAgain }),
    recordStep: recordStep({ store, now }),
    reopen: reopen(sending),
    intake,
    handlers,
    logged,
    now,
    async turn(ms = 0) {
      passed += ms;
      for (;;) {
        const due = await store.claim(stages, 50, hour);
        if (due.length === 0) return;
        for (const work of due) {
          await handlers[work.stage](work.subject, new AbortController().signal);
          await store.finish(work);
        }
      }
    },
    story: async (message) => (await store.history(message)).map(({ what }) => what).join(' › '),
    state: async (delivery) => (await store.delivery(delivery)).state,
    setClock(by) {
      error += by;
    },
    restored: async (mark) => {
      await db.apply([{ sql: 'insert into restored (mark, at, ready) values ($1, $2, 0)', params: [mark, now()] }]);
    },
    close: () => store.close(),
  };
}

/** What the gateway does in a process of its own. */
export const lookedAtHere: Patients = (xml) => Promise.resolve(patientsOf(xml));

const notAgain: Reread = () => Promise.resolve({ ok: false, problem: 'nothing reads pages here' });

/** A key file without the file. */
export function keysInMemory(...keys: readonly Uint8Array[]): KeyProvider {
  let keks = keys.map(kekOf);
  return {
    name: 'memory',
    read: () => Promise.resolve(keks),
    add() {
      const made = kekOf(randomBytes(32));
      keks = [made, ...keks];
      return Promise.resolve(made);
    },
    drop(id) {
      keks = keks.filter((kek) => kek.id !== id);
      return Promise.resolve();
    },
  };
}

function deskChannel(store: Store, now: () => number): Channel {
  return {
    name: 'intake',
    capabilities: {
      address: /./,
      mediaTypes: [],
      maxBytes: 0,
      proof: 'acceptance',
      cost: 0,
      width: 8,
      repeatWithin: Number.MAX_SAFE_INTEGER,
    },
    async send({ message }) {
      const entry = await store.entryOf(message.id);
      if (entry)
        await store.commit({
          entry: file(entry),
          events: [
            { message: message.id, subject: entry.id, what: 'entry.filed', who: 'gateway', at: now(), facts: {} },
          ],
        });
      return accepted();
    },
    check: () => Promise.resolve({ ok: true }),
  };
}

export const readText: ExtractDeps['read'] = (document, bytes) =>
  Promise.resolve({
    pages: [
      {
        page: {
          document: document.id,
          number: 1,
          width: 10,
          height: 10,
          text: Buffer.from(bytes).toString(),
          words: [],
          source: 'document',
        },
        png: new Uint8Array([1]),
      },
    ],
    warnings: [],
    clinical: null,
  });

export const allUrgencies = (order: readonly string[]): Policy['order'] => ({
  stat: order,
  urgent: order,
  routine: order,
});

export const request = (over: Partial<ReferralRequest> = {}): ReferralRequest => ({
  patient: {
    name: { family: 'Canary-Quist', given: ['Wilhelmina'] },
    birthDate: '1961-04-09',
    sex: 'female',
    phone: null,
    identifiers: [],
    coverage: null,
  },
  requester: { name: 'Dr. Ada Brook', npi: '1234567893', fax: null, direct: null },
  recipient: {
    name: 'Hillside Cardiology',
    npi: null,
    phone: null,
    endpoints: [
      { channel: 'direct', address: 'intake@far.example' },
      { channel: 'efax', address: '+12125550199' },
    ],
  },
  service: { specialty: 'cardiology', reason: 'palpitations', diagnoses: [] },
  urgency: 'routine',
  neededBy: null,
  replyTo: null,
  ...over,
});

export const pdf = Buffer.from(
  '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]>>endobj\nxref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n0000000053 00000 n \n0000000103 00000 n \ntrailer<</Size 4/Root 1 0 R>>\nstartxref\n170\n%%EOF\n',
);

export const submission = (over: Partial<Parameters<ReturnType<typeof submit>>[0]> = {}) => ({
  practice: 'main',
  who: 'key:ehr',
  key: null,
  referral: request(),
  documents: [{ name: 'referral.pdf', mediaType: 'application/pdf', bytes: pdf }],
  ...over,
});

export const arrival = (over: Partial<Arrival> = {}): Arrival => ({
  origin: { channel: 'direct', token: '<m1@far.example>', from: 'dr@far.example', details: {} },
  subject: 'Referral',
  urgency: 'routine',
  to: [{ channel: 'direct', address: 'referrals@riverside.example' }],
  documents: [{ name: 'letter.txt', mediaType: 'text/plain', bytes: Buffer.from('Patient: Canary-Quist, Wilhelmina') }],
  raw: Buffer.from('raw bytes'),
  ...over,
});

/** Waits for something that another process or socket brings about; fails with `what` after a while. */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  ms = 15_000,
): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain: ${what}`);
    await new Promise((resume) => setTimeout(resume, 25));
  }
}
