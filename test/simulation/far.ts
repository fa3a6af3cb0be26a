import type { News } from '../../src/core/channel.ts';
import type { AttemptId } from '../../src/core/message.ts';
import type { Reason, Receipt } from '../../src/core/outcome.ts';
import { hour, minute } from '../harness.ts';
import type { Chance } from './chance.ts';
import type { Clockwork } from './clockwork.ts';
import type { Ledgers, Line } from './ledgers.ts';
import type { Process } from './process.ts';

/** The world as its parts see it. */
export interface World {
  readonly clockwork: Clockwork;
  readonly chance: Chance;
  readonly ledgers: Ledgers;
  /** False in the last part of a run, when everything out there behaves. */
  faulty(): boolean;
  /** Ask any process that is up. Null: none is, it died over the question, or it refused. */
  ask<T>(question: (process: Process) => Promise<T>): Promise<T | null>;
}

export type Fate = 'on its way' | 'has it' | 'read' | 'busy' | 'rejected';

/** The far side's own name for what it took. */
export const referenceOf = (attempt: AttemptId): string => `far-${attempt}`;

/** The far sides of all channels: hospitals' mail servers, the fax company, readers of the portal. Honest about what
 *  became of a parcel, but forgetful, slow and given to repeating themselves. */
export interface Far {
  /** A parcel is on its way to them; it arrives even if its sender dies. */
  take(parcel: Omit<Line, 'at'>): void;
  /** What the fax company's list says of the newest fax under a name, of those that are not named; null when there
   *  is none. */
  listed(family: AttemptId, others: readonly string[]): { readonly reference: string; readonly fate: Fate } | null;
}

/** What becomes of what arrived, in a hundred. */
const endings = { read: 80, busy: 8, rejected: 6, vanishes: 6 };

export function far(world: World): Far {
  const { clockwork, chance, ledgers } = world;
  const taken = new Map<AttemptId, { readonly family: AttemptId; fate: Fate }>();
  /** One mailbox says one thing about one message, however often it comes. */
  const mailboxes = new Map<AttemptId, keyof typeof endings>();

  function arrive(parcel: Omit<Line, 'at'>): void {
    const { attempt, family, channel } = parcel;
    const record = { family, fate: 'has it' as Fate };
    taken.set(attempt, record);
    if (channel === 'direct') report(parcel, 'processed', null);
    const drawn = world.faulty() ? chance.weighed(endings) : 'read';
    const fate = channel === 'efax' ? drawn : (mailboxes.get(family) ?? drawn);
    mailboxes.set(family, fate);
    const after = channel === 'portal' ? chance.between(1, 48) * hour : chance.between(1, 20) * minute;
    if (fate === 'vanishes') return;
    clockwork.later(after, `${channel} ${fate}`, () => {
      record.fate = fate;
      if (fate === 'read') {
        ledgers.read.push({ ...parcel, at: clockwork.now() });
        report(parcel, channel === 'portal' ? 'opened' : 'delivered', null);
      } else {
        // No line in the ledger: its reader has not got it, and the far side says so.
        report(parcel, 'failed', { code: fate, detail: 'simulated' });
      }
    });
    if (world.faulty() && chance.yes(0.08)) forge(parcel);
  }

  /** Evidence on its way back: lost, late, twice, in any order, as evidence is. */
  function report(
    { family, attempt, channel, address }: Omit<Line, 'at'>,
    kind: Receipt['kind'],
    reason: Reason | null,
  ): void {
    const wild = world.faulty();
    const said = channel === 'efax' ? { reference: referenceOf(attempt) } : {};
    if (wild && chance.yes(0.12)) return;
    const author = channel === 'direct' ? [address.slice(address.indexOf('@') + 1)] : null;
    for (let copies = wild && chance.yes(0.15) ? 2 : 1; copies > 0; copies--) {
      const delay = wild && chance.yes(0.1) ? chance.between(1, 72) * hour : chance.between(1, 90) * 1000;
      clockwork.later(delay, `receipt ${kind}`, () =>
        post({ ...news(family, channel, kind, reason, author), ...said }, 0),
      );
    }
  }

  /** A stranger, or the wrong company, claims that it arrived; or somebody talks of what never was. */
  function forge({ family, channel }: Omit<Line, 'at'>): void {
    const forged = chance.pick([
      news(family, channel, 'delivered', null, ['evil.example']),
      news(family, channel === 'efax' ? 'direct' : 'efax', 'delivered', null, null),
      news('att_0000000000000000000000nobody', channel, 'delivered', null, null),
    ]);
    clockwork.later(chance.between(1, 600) * 1000, 'forged receipt', () => post(forged, 0));
  }

  /** Providers repeat a webhook until somebody answers 2xx, which we do only once it is on disk. */
  async function post(told: News, tries: number): Promise<void> {
    const heard = await world.ask(({ inbox }) => inbox.receipt(told));
    if (heard === null && tries < 30)
      clockwork.later(5 * minute, `receipt ${told.receipt.kind} again`, () => post(told, tries + 1));
  }

  const news = (
    attempt: AttemptId,
    channel: string,
    kind: Receipt['kind'],
    reason: Reason | null,
    author: News['author'],
  ): News => ({
    channel,
    receipt: { attempt, kind, reason, at: clockwork.now() },
    author,
    evidence: { mediaType: 'text/plain', bytes: Buffer.from(`${kind} ${attempt}`) },
  });

  return {
    take(parcel) {
      ledgers.left.add(parcel.attempt);
      taken.set(parcel.attempt, { family: parcel.family, fate: 'on its way' });
      clockwork.later(chance.between(5, 3_000), `${parcel.channel} arrives`, () => arrive(parcel));
    },
    listed(family, others) {
      const found = [...taken].findLast(([id, each]) => each.family === family && !others.includes(referenceOf(id)));
      return found ? { reference: referenceOf(found[0]), fate: found[1].fate } : null;
    },
  };
}
