import {
  arranged,
  isStuck,
  lastArranged,
  laid,
  nextPart,
  objection,
  objectionTo,
  placesOf,
  put,
  unarranged,
  undoMs,
  type ArrangeWord,
  type Arrangement,
  type Placed,
} from '../core/arrange.ts';
import type { Change } from '../core/change.ts';
import type { Entry, Field, Undoable } from '../core/entry.ts';
import type { KnownForm } from '../core/lesson.ts';
import type { EntryId } from '../core/message.ts';
import type { Page } from '../core/page.ts';
import { Conflict, Invalid, NotFound } from '../errors.ts';
import { copiesAmong } from '../intake/copies.ts';
import { fieldsAmong } from '../intake/packet.ts';
import type { Store } from '../store/store.ts';
import { recognised, type RecogniseDeps } from './recognise.ts';
import { turnedPages, type Reread } from './reread.ts';
import { formsKnown } from './teach.ts';

interface Deps extends RecogniseDeps {
  readonly now: () => number;
  readonly reread: Reread;
}

/** An entry with its pages at hand, as they lie. */
interface Stack {
  readonly entry: Entry;
  readonly pages: readonly Page[];
  readonly places: readonly Placed[];
  /** What corrections taught about its sender's forms. */
  readonly forms: readonly KnownForm[];
}

/** A person lays pages in other order, turns them, or says which referral they belong to. Every page stays in exactly
 *  one place. Fields are elected anew from the pages that each open referral has then.
 *  @throws NotFound; Conflict when the entry has changed since or is decided; Invalid when it cannot be done. */
export function arrangeEntry(deps: Deps) {
  const { store, now } = deps;
  return async (word: ArrangeWord): Promise<Entry> => {
    const { arrangement, who } = word;
    const here = await stackOf(store, word.id, word);
    if (here.entry.version !== word.version)
      throw new Conflict(`${word.id} has changed meanwhile: load it again and say it anew`);
    refuse(objection(here.entry, here.places, arrangement));
    const at = now();
    const other = arrangement.type === 'assign' ? arrangement.entry : undefined;
    const there = other === undefined ? null : await stackOf(store, other, word);
    if (there?.entry.id === word.id) throw new Invalid('name another entry, or none', { entry: 'is this entry' });
    const stamp = { who, at };
    const places = arranged(here.entry, here.places, arrangement);
    const turned = arrangement.type === 'turn' ? await turnedPages(store, deps.reread, here.pages, places) : null;
    const after = relaid(here, places, turned?.pages ?? here.pages, {
      ...stamp,
      with: there?.entry.id ?? null,
      stated: arrangement.type === 'merge' ? arrangement.parts : [],
    });
    const partner = there && taken(there, here, arrangement, { ...stamp, with: word.id, stated: [] });
    if (isStuck(after) && partner === null)
      throw new Conflict('no open referral would be left in this entry: leave one of them a page');
    const known = partner && (await recognised(deps, partner));
    const own = await recognised(deps, settled(after, partner));
    const warnings = [...new Set([...own.warnings, ...(turned?.warnings ?? [])])];
    await store.commit({
      ...changeOf({ ...own, warnings }, known, who, at, howOf(arrangement)),
      turned: turned?.fresh ?? [],
    });
    return store.entry(word.id);
  };
}

/** Take the last arrangement back, on both entries if it moved pages between two.
 *  @returns null when the last thing done to the entry was no arrangement
 *  @throws Conflict when it is too late, or somebody else did it, or the other entry changed since */
export async function undoArrangement(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  entry: Entry,
  who: string,
): Promise<Entry | null> {
  const last = lastArranged(entry);
  if (last === null) return null;
  const at = now();
  if (last.who !== who) throw new Conflict(`${last.who} did this: only they can take it back`);
  if (at - last.at > undoMs) throw new Conflict('it is too late to take this back');
  const partner = last.with === null ? null : await partnerOf(store, last, last.with, entry.id);
  const after = unarranged(entry, last);
  await store.commit(changeOf(after, partner, who, at, 'undo'));
  return after;
}

async function partnerOf(store: Store, { at, who }: Undoable, id: EntryId, other: EntryId): Promise<Entry> {
  const entry = await store.entry(id);
  const same = lastArranged(entry);
  if (same?.with !== other || same.at !== at || same.who !== who)
    throw new Conflict(`${id}, where its pages went, has changed since`);
  return unarranged(entry, same);
}

async function stackOf(store: Store, id: EntryId, { practices }: ArrangeWord): Promise<Stack> {
  const entry = await store.entry(id);
  if (practices !== null && !practices.includes(entry.practice)) throw new NotFound(`${id} not found`);
  if (entry.state !== 'waiting') throw new Conflict(`${id} is ${entry.state} already`);
  const pages = await store.pagesIn(entry);
  if (pages.length !== entry.pages) throw new Conflict(`pages of ${id} are erased: it can only be decided as it lies`);
  return { entry, pages, places: placesOf(entry, pages), forms: await formsKnown(store, entry) };
}

function refuse(problem: string | null): void {
  if (problem !== null) throw new Invalid(problem, { pages: problem });
}

interface Stamp {
  readonly who: string;
  readonly at: number;
  readonly with: EntryId | null;
  /** Referrals that became one: what a document of theirs stated goes with them. */
  readonly stated: readonly number[];
}

/** The other entry with the pages it is given, behind its own. */
function taken(there: Stack, here: Stack, arrangement: Arrangement, stamp: Stamp): Entry | null {
  if (arrangement.type !== 'assign') return null;
  if (there.entry.practice !== here.entry.practice) throw new NotFound(`${there.entry.id} not found`);
  refuse(objectionTo(there.entry, there.places, arrangement.part));
  const part = arrangement.part === 'new' ? nextPart(there.places, there.entry) : arrangement.part;
  const given = arrangement.pages.flatMap((page) => here.places[page] ?? []).map((place) => put(place, part));
  const places = [...there.places, ...given.map((place) => ({ ...place, was: null }))];
  return relaid(there, places, [...there.pages, ...here.pages], stamp);
}

/** The entry with these pages, and what they say now. */
function relaid(
  { entry, places: from, forms }: Stack,
  places: readonly Placed[],
  known: readonly Page[],
  stamp: Stamp,
): Entry {
  const pages = places.flatMap(
    ({ leaf }) => known.find(({ document, number }) => document === leaf.document && number === leaf.number) ?? [],
  );
  const copies = copiesAmong(pages);
  const placed = places.map((place, index) => ({
    ...place,
    sheet: { ...place.sheet, copyOf: copies[index] ?? null },
  }));
  return laid(entry, from, placed, refielded(entry, placed, pages, forms, stamp), stamp);
}

/** Accepted referrals keep their fields, and so does what a document stated of itself; the rest is read from the pages. */
function refielded(
  { fields, accepted = [] }: Entry,
  places: readonly Placed[],
  pages: readonly Page[],
  forms: readonly KnownForm[],
  { stated }: Stamp,
): Field[] {
  const sheets = places.map(({ sheet }) => sheet);
  const isDone = (part: number): boolean => accepted.some((done) => done.part === part);
  const whole = sheets.every(({ part }) => part === null);
  const kept = fields.flatMap((field): Field[] => {
    const { part = 0, place } = field;
    if (isDone(part)) return place ? [{ ...field, place: { ...place, page: indexOf(places, place.page) } }] : [field];
    if (place !== null) return [];
    const to = stated.includes(part) ? (stated[0] ?? part) : part;
    return whole || sheets.some((sheet) => sheet.part === to) ? [{ ...field, part: to }] : [];
  });
  const first = kept.filter(
    ({ name, part }, index) => kept.findIndex((each) => each.name === name && each.part === part) === index,
  );
  const read = fieldsAmong(pages, sheets, forms).filter(
    ({ name, part = 0 }) => !isDone(part) && !first.some((each) => each.name === name && (each.part ?? 0) === part),
  );
  return [...first, ...read].sort((a, b) => (a.part ?? 0) - (b.part ?? 0));
}

const indexOf = (places: readonly Placed[], was: number): number => {
  const at = places.findIndex((place) => place.was === was);
  return at < 0 ? was : at;
};

/** What waited in it lies elsewhere now: there is nothing left to decide. */
function settled(entry: Entry, partner: Entry | null): Entry {
  if (partner === null) return entry;
  if (entry.pages === 0) return { ...entry, state: 'rejected', reason: `all of its pages were moved to ${partner.id}` };
  return isStuck(entry) ? { ...entry, state: 'accepted' } : entry;
}

const howOf = (arrangement: Arrangement): string =>
  arrangement.type === 'assign' && arrangement.part === 'new' ? 'split' : arrangement.type;

function changeOf(entry: Entry, partner: Entry | null, who: string, at: number, how: string): Change {
  const event = (of: Entry, other: Entry | null) => ({
    message: of.message,
    subject: of.id,
    what: how === 'undo' ? 'entry.restored' : 'entry.arranged',
    who,
    at,
    facts: { how, pages: of.pages, ...(other ? { entry: other.id } : {}) },
  });
  return {
    entry,
    ...(partner ? { partner } : {}),
    events: [event(entry, partner), ...(partner ? [event(partner, entry)] : [])],
  };
}
