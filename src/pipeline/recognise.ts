import type { Practice } from '../core/channel.ts';
import type { DiagnosisCodes } from '../core/diagnosis-codes.ts';
import { partsOf, type Entry } from '../core/entry.ts';
import type { KnownKey, Match } from '../core/match.ts';
import { backed } from '../intake/backed.ts';
import { listed } from '../intake/listed.ts';
import { withUsual } from '../intake/usual.ts';
import {
  directory,
  keysFor,
  matchesOf,
  recipientAsSender,
  valuesOf,
  type Known,
  type Values,
} from '../intake/known.ts';
import type { Store } from '../store/store.ts';

export interface RecogniseDeps {
  readonly store: Store;
  readonly practices: readonly Practice[];
  /** Null: nobody gave a list. */
  readonly diagnosisCodes: DiagnosisCodes | null;
}

const likeliest = 12;

/** The entry with whom each of its open referrals names, as far as its practice knows them: patients and senders of the
 *  referrals that it accepted, and practices of the directory. No other practice's are looked at. */
export async function recognised(deps: RecogniseDeps, entry: Entry): Promise<Entry> {
  const { origin } = await deps.store.message(entry.message);
  const done = new Set((entry.accepted ?? []).map(({ part }) => part));
  const open = partsOf(entry).filter((part) => !done.has(part));
  const matches: Match[] = [];
  let { fields } = entry;
  for (const part of open) {
    const { found, accepted } = await knownIn(deps, entry, part, origin.from);
    matches.push(...found);
    fields = withUsual(fields, part, accepted);
  }
  return { ...entry, fields: listed(backed(fields, matches), deps.diagnosisCodes), matches };
}

async function knownIn(
  { store, practices }: RecogniseDeps,
  { practice, fields }: Entry,
  part: number,
  caller: string | null,
): Promise<{ readonly found: readonly Match[]; readonly accepted: readonly Values[] }> {
  const own = valuesOf(fields, part);
  const found = (who: Match['who']): Promise<KnownEntry[]> =>
    knownBy(
      store,
      practice,
      keysFor(who, own, caller).map((key) => named(practice, key)),
    );
  const senders = await found('sender');
  const callers = senders.filter((each) => caller !== null && each.caller === caller);
  const npi = own['referrer.npi'];
  const recipients =
    npi === undefined ? [] : await store.onBehalfOf([practice], () => store.recipientsByNpi(practice, npi));
  const others = [
    ...directory(practices.filter(({ id }) => id !== practice)),
    ...recipients.map((each) => recipientAsSender(each, own)),
  ];
  return {
    found: [
      ...matchesOf('patient', part, own, await found('patient')),
      ...matchesOf('sender', part, own, [...senders, ...others], (known) => callers.some((each) => each === known)),
    ],
    accepted: callers.map(({ values }) => values),
  };
}

interface KnownEntry extends Known {
  readonly caller: string | null;
}

async function knownBy(store: Store, practice: string, keys: readonly string[]): Promise<KnownEntry[]> {
  const rows = await store.onBehalfOf([practice], () => store.entriesKnown(keys, likeliest));
  const known: KnownEntry[] = [];
  for (const { entry, part } of rows) {
    const referral = entry.accepted?.find((each) => each.part === part)?.referral;
    if (referral === undefined || entry.practice !== practice) continue;
    const { origin, receivedAt } = await store.message(entry.message);
    known.push({ referral, at: receivedAt, values: valuesOf(entry.fields, part), caller: origin.from });
  }
  return known;
}

/** By which an accepted referral of an entry is found when its patient or sender comes again. */
export async function keysOf(store: Store, entry: Entry, part: number): Promise<KnownKey[]> {
  const { origin } = await store.message(entry.message);
  const own = valuesOf(entry.fields, part);
  return [...keysFor('patient', own, null), ...keysFor('sender', own, origin.from)].map((key) => ({
    part,
    key: named(entry.practice, key),
  }));
}

const named = (practice: string, key: string): string => `${practice}:${key}`;
