import { createHash, randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { issue, type Authority } from '../channels/direct/authority.ts';
import direct from '../channels/direct/index.ts';
import type { Arrival, Channel, Inbox, Log, News, Notice, Practice, Tools } from '../src/core/channel.ts';
import type { Outcome } from '../src/core/outcome.ts';
import { openNetwork } from '../src/net/network.ts';
import { contentsOf } from '../channels/direct/content/contents.ts';
import type { OpenBox } from '../src/core/box.ts';

/** What a mailbox of the partner does with a message: it is named after it, so `busy@…` is busy. */
export type Habit = 'ok' | 'slow' | 'silent' | 'gateway-only' | 'busy' | 'twice';

const habits: readonly Habit[] = ['ok', 'slow', 'silent', 'gateway-only', 'busy', 'twice'];

export interface PartnerOptions {
  readonly domain: string;
  readonly authority: Authority;
  /** Where its key files are put. */
  readonly folder: string;
  readonly port: number;
  /** The gateway under test: its domain, its SMTP port. */
  readonly gateway: { readonly domain: string; readonly port: number; readonly certificate: string };
  /** Append-only, one JSON line for every message that it took, on disk before it says 250. */
  readonly ledgerFile?: string;
  /** Milliseconds that a slow mailbox takes. */
  readonly slowMs?: number;
}

export interface Partner {
  readonly certificate: string;
  readonly address: (habit: Habit) => string;
  /** SHA-256 of every document that it took, in order. */
  readonly taken: readonly string[];
  /** Every message as it came, and every notification about what it sent. */
  readonly arrivals: readonly Arrival[];
  readonly notices: readonly News[];
  /** PEM: its key and certificate. */
  readonly identity: string;
  /** Refer a patient to the gateway. */
  refer(
    to: string,
    file: { readonly name: string; readonly mediaType: string; readonly bytes: Uint8Array },
  ): Promise<Outcome>;
  close(): void;
}

/** Another HISP on loopback: our own Direct adapter with a mailbox behind it, its own keys, and its own habits. */
export async function startPartner(options: PartnerOptions): Promise<Partner> {
  const { domain, authority, folder, gateway } = options;
  const { identity, certificate } = issue(authority, { domain });
  const file = (name: string, content: string): string => {
    const path = join(folder, `${domain}-${name}.pem`);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  const address = (habit: Habit): string => `${habit}@${domain}`;
  const practice: Practice = {
    id: domain,
    name: 'Far Side Clinic',
    phone: '+12125550177',
    npi: null,
    addresses: { direct: habits.map(address) },
  };
  const config = direct.config.parse({
    identities: [file('identity', identity)],
    anchors: [file('anchor', authority.certificate)],
    listen: { host: '127.0.0.1', port: options.port },
    peers: [
      {
        match: gateway.domain,
        host: '127.0.0.1',
        port: gateway.port,
        certificates: [file('gateway', gateway.certificate)],
      },
    ],
  });
  const closing = new AbortController();
  const channel = await direct.create(config, toolsFor(practice));
  const ledger = options.ledgerFile === undefined ? null : openSync(options.ledgerFile, 'a');
  const taken: string[] = [];
  const arrivals: Arrival[] = [];
  const notices: News[] = [];

  const inbox: Inbox = {
    message(arrival) {
      const habit = arrival.to[0]?.address.split('@')[0] as Habit;
      if (habit === 'busy') return Promise.reject(new Error('mailbox is busy'));
      for (const { bytes } of arrival.documents) {
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        taken.push(sha256);
        if (ledger !== null) writeSync(ledger, `${JSON.stringify({ sha256, token: arrival.origin.token })}\n`);
      }
      if (ledger !== null) fsyncSync(ledger);
      arrivals.push(arrival);
      void answer(channel, arrival, habit, options.slowMs ?? 5_000, closing.signal);
      return Promise.resolve('new');
    },
    receipt(news) {
      notices.push(news);
      return Promise.resolve('recorded');
    },
    handIn: () => Promise.resolve('nobody hands anything in here'),
    quarantine: () => Promise.resolve(),
  };
  await channel.listen?.(inbox, closing.signal);

  return {
    certificate,
    address,
    taken,
    arrivals,
    notices,
    identity,
    refer: (to, document) => refer(channel, practice, to, document),
    close() {
      closing.abort();
      if (ledger !== null) closeSync(ledger);
    },
  };
}

async function answer(
  channel: Channel,
  arrival: Arrival,
  habit: Habit,
  slowMs: number,
  signal: AbortSignal,
): Promise<void> {
  if (habit === 'silent') return;
  if (habit === 'slow') await sleep(slowMs, undefined, { signal }).catch(() => undefined);
  const notices: readonly Notice[] =
    habit === 'gateway-only'
      ? ['processed']
      : habit === 'twice'
        ? ['processed', 'processed', 'delivered', 'delivered']
        : ['processed', 'delivered'];
  for (const notice of notices) {
    // A HISP keeps trying to give its notice: our gateway may be down for a moment.
    while (!signal.aborted) {
      const given = await channel.acknowledge?.(arrival.origin, notice, null, signal);
      if (!given || given.kind === 'accepted') break;
      await sleep(300, undefined, { signal }).catch(() => undefined);
    }
  }
}

function refer(
  channel: Channel,
  practice: Practice,
  to: string,
  file: { name: string; mediaType: string; bytes: Uint8Array },
): Promise<Outcome> {
  const id = randomUUID().replaceAll('-', '');
  const document = {
    id: `doc_${id}` as const,
    name: file.name,
    mediaType: file.mediaType,
    bytes: file.bytes.length,
    sha256: '',
  };
  const recipient = { name: null, npi: null, phone: null, endpoints: [{ channel: 'direct', address: to }] };
  return channel.send(
    {
      attempt: `att_${id}`,
      family: `att_${id}`,
      endpoint: { channel: 'direct', address: to },
      recipient,
      practice,
      possibleDuplicate: false,
      message: {
        id: `msg_${id}`,
        practice: practice.id,
        origin: { channel: 'api', token: id, from: null, details: {} },
        subject: 'Referral',
        urgency: 'routine',
        deadline: 0,
        referral: null,
        recipients: [recipient],
        documents: [document],
        receivedAt: 0,
      },
      open: () => Promise.resolve(file.bytes),
      handingOver: () => Promise.resolve(),
      taken: () => Promise.resolve(),
    },
    AbortSignal.timeout(30_000),
  );
}

const quiet: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** The partner's mail is read in this very process: it is our own. */
export const readHere: OpenBox = () => ({ ask: (message) => contentsOf(message as Buffer) as Promise<never> });

const noFax = (): Promise<never> => Promise.reject(new Error('the partner does not fax'));

const toolsFor = (practice: Practice): Tools => ({
  log: quiet,
  now: Date.now,
  practices: [practice],
  publicUrl: 'http://127.0.0.1',
  press: { fax: noFax, link: noFax, preview: noFax },
  openBox: readHere,
  pickups: { note: () => Promise.resolve(), done: () => Promise.resolve(), list: () => Promise.resolve([]) },
  network: openNetwork({ allow: [], resolvers: [] }, { now: Date.now }),
  desk: {
    publish: (link) => Promise.resolve(link),
    file: () => Promise.reject(new Error('the partner has no desk')),
    linkOf: () => Promise.resolve(null),
    answerSheet: () => Promise.resolve(null),
  },
  linkCarrier: () => null,
  reopen: () => Promise.resolve(null),
});
