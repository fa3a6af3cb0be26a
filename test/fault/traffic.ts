import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lines, referralForm, type Neighbourhood, type Submitted } from '../e2e/neighbourhood.ts';

/** What was promised to the injector by a 202: its own ledger, on disk line by line. */
export interface Promised {
  readonly message: string;
  readonly sha256: string;
  readonly number: string;
}

export interface Traffic {
  /** How often each other answer came, by status; 0: none at all. */
  readonly refused: Map<number, number>;
  readonly promised: () => readonly Promised[];
  /** Ask no more; resolves when the last answer is in. */
  stop(): Promise<void>;
  /** Resolves when `limit` referrals are promised. */
  finished(): Promise<void>;
}

export interface Load {
  readonly clients: number;
  /** Between a promise and the same client's next referral. */
  readonly pauseMs: number;
  /** Bytes of padding in each document that is not faxed. */
  readonly bytes?: number;
  readonly limit?: number;
  /** Fax stands behind Direct. */
  readonly fallback?: boolean;
}

let runs = 0;

/** Referrals to the partner, one in six to a fax number (printing is costly), until it is stopped. What is not promised
 *  is sent again under its name, as a client does. */
export function startTraffic(
  town: Neighbourhood,
  { clients, pauseMs, bytes = 0, limit = Infinity, fallback = false }: Load,
): Traffic {
  const run = ++runs;
  const file = join(town.folder, `injector-${run}.ledger`);
  const handle = openSync(file, 'a');
  const refused = new Map<number, number>();
  let stopped = false;
  let next = 0;

  async function one(index: number): Promise<void> {
    const number = `+1312${2 + (run % 8)}${String(index).padStart(6, '0')}`;
    const mail = { channel: 'direct', address: town.partner.address('ok') };
    const fax = { channel: 'efax', address: number };
    const faxed = index % 6 === 5;
    const to = faxed ? [fax] : fallback ? [mail, fax] : [mail];
    // Printing thirty pages is not what is tested.
    const text = `Synthetic referral ${run}-${index}. ${faxed ? '' : 'x'.repeat(bytes)}`;
    while (!stopped) {
      const init = {
        method: 'POST',
        body: referralForm(to, text),
        headers: { 'idempotency-key': `t-${run}-${index}` },
      };
      const response = await town.ask('/referrals', init).catch(() => null);
      if (response?.status === 202) {
        const { message } = (await response.json()) as Submitted;
        const sha256 = createHash('sha256').update(text).digest('hex');
        writeSync(handle, `${JSON.stringify({ message, sha256, number })}\n`);
        fsyncSync(handle);
        return;
      }
      refused.set(response?.status ?? 0, (refused.get(response?.status ?? 0) ?? 0) + 1);
      await sleep(100);
    }
  }

  const clientsDone = Array.from({ length: clients }, async () => {
    while (!stopped && next < limit) {
      await one(next++);
      await sleep(pauseMs);
    }
  });
  const done = Promise.all(clientsDone).finally(() => closeSync(handle));
  return {
    refused,
    promised: () => lines<Promised>(file),
    async stop() {
      stopped = true;
      await done;
    },
    async finished() {
      await done;
    },
  };
}

export interface Verdict {
  readonly lost: number;
  readonly duplicates: number;
  readonly falseReceipts: number;
  /** Left to a person. */
  readonly inDoubt: number;
  readonly delivered: number;
  /** The messages that were lost, doubled or called delivered in vain. */
  readonly offenders: readonly string[];
}

/** What became of every promise, by the ledgers of the partner and the fax company. A message that did not arrive is lost
 *  unless a person was told; `states`: what the gateway says of each. */
export function judge(
  town: Neighbourhood,
  promised: readonly Promised[],
  states: ReadonlyMap<string, string>,
): Verdict {
  const mails = tally(lines<{ sha256: string }>(town.ledgers.direct).map(({ sha256 }) => sha256));
  const faxes = tally(lines<{ to: string }>(town.ledgers.fax).map(({ to }) => to));
  const fates = promised.map(({ message, sha256, number }) => ({
    message,
    times: (mails.get(sha256) ?? 0) + (faxes.get(number) ?? 0),
    state: states.get(message) ?? 'unknown to the gateway',
  }));
  type Fate = (typeof fates)[number];
  const lost = ({ times, state }: Fate): boolean => times === 0 && state !== 'held';
  const doubled = ({ times }: Fate): boolean => times > 1;
  const inVain = ({ times, state }: Fate): boolean => times === 0 && state === 'delivered';
  const is =
    (wanted: string) =>
    (fate: Fate): boolean =>
      fate.state === wanted;
  const count = (holds: (fate: Fate) => boolean): number => fates.filter(holds).length;
  return {
    lost: count(lost),
    duplicates: count(doubled),
    falseReceipts: count(inVain),
    inDoubt: count(is('held')),
    delivered: count(is('delivered')),
    offenders: fates.filter((fate) => lost(fate) || doubled(fate) || inVain(fate)).map(({ message }) => message),
  };
}

function tally(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

/** The state of every message's delivery, as the gateway tells it. */
export async function statesOf(town: Neighbourhood): Promise<Map<string, string>> {
  const states = new Map<string, string>();
  let cursor = '';
  do {
    const page = await town.api<{ rows: { message: string; state: string }[]; next: string | null }>(
      `/deliveries?limit=200${cursor}`,
    );
    for (const { message, state } of page.rows) states.set(message, state);
    cursor = page.next === null ? '' : `&cursor=${page.next}`;
  } while (cursor !== '');
  return states;
}

const moving = ['pending', 'sending', 'sent'];
/** Whoever asks all the time takes the processors from those who are waited for. */
const lookMs = 250;

/** … when none of them moves any more.
 *  @throws telling how many are still in which state */
export async function restingStates(town: Neighbourhood, ms = 120_000): Promise<Map<string, string>> {
  const end = performance.now() + ms;
  for (;;) {
    const late = performance.now() > end;
    if (late || !(await anyMoves(town))) {
      const states = await statesOf(town);
      // Between two questions one may have moved from the second state to the first.
      if (![...states.values()].some((state) => moving.includes(state))) return states;
      if (late) throw new Error(`not every delivery came to rest: ${JSON.stringify([...tally([...states.values()])])}`);
    }
    await sleep(lookMs);
  }
}

async function anyMoves(town: Neighbourhood): Promise<boolean> {
  for (const state of moving) {
    const { rows } = await town.api<{ rows: unknown[] }>(`/deliveries?state=${state}&limit=1`);
    if (rows.length > 0) return true;
  }
  return false;
}

/** A referral of the partner's as it leaves its hands, before it is sealed. */
export const letterMail = (index: number): Buffer =>
  Buffer.from(
    [
      'From: <silent@far.example>',
      'To: <referrals@riverside.example>',
      'Subject: referral',
      `Message-ID: <m${index}@far.example>`,
      'Date: Fri, 20 Nov 2026 12:00:00 +0000',
      'MIME-Version: 1.0',
      'Content-Type: text/plain',
      '',
      `Synthetic letter ${index}.`,
      '',
    ].join('\r\n'),
  );
