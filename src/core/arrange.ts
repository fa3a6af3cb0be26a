import type { Asked } from './asked.ts';
import { openParts, type Entry, type Field, type Laid, type Sheet, type Undoable } from './entry.ts';
import type { EntryId } from './message.ts';
import type { Leaf, Page } from './page.ts';

/** How long what was done to an entry can be taken back: ten seconds, and what a slow line adds. */
export const undoMs = 15_000;

/** What a person may do with the pages of an entry. Pages are named by their index, from 0, as they lie now. */
export type Arrangement =
  /** To a referral of this entry or of another one, to a new one, or (null) to none. */
  | {
      readonly type: 'assign';
      readonly pages: readonly number[];
      readonly part: number | 'new' | null;
      /** Absent: within this entry. */
      readonly entry?: EntryId | undefined;
    }
  /** The first of these referrals takes the pages of the others. */
  | { readonly type: 'merge'; readonly parts: readonly number[] }
  /** Degrees clockwise, added to what the page was turned by before. */
  | { readonly type: 'turn'; readonly pages: readonly number[]; readonly turn: 90 | 180 | 270 }
  /** All pages, as they are to lie. */
  | { readonly type: 'order'; readonly pages: readonly number[] };

export interface ArrangeWord extends Asked {
  readonly id: EntryId;
  /** The version that the asker saw: indexes mean nothing in another. */
  readonly version: number;
  readonly arrangement: Arrangement;
}

/** A page where it lies. `was`: its index before; null: it came from another entry. */
export interface Placed {
  readonly leaf: Leaf;
  readonly sheet: Sheet;
  readonly was: number | null;
}

/** Where the pages of an entry lie: as people put them, else as they arrived. */
export const placesOf = ({ leaves, sheets, message }: Entry, pages: readonly Page[]): Placed[] =>
  pages.map(({ document, number, blank }, index) => ({
    leaf: leaves?.[index] ?? { message, document, number, turn: 0 },
    sheet: sheets?.[index] ?? { kind: blank ? 'blank' : 'other', part: null, foreign: false, copyOf: null },
    was: index,
  }));

/** Why it cannot be done, in words for whoever asked; null: it can. */
export function objection(entry: Entry, places: readonly Placed[], arrangement: Arrangement): string | null {
  const done = new Set((entry.accepted ?? []).map(({ part }) => part));
  const isDone = (part: number | null): boolean => part !== null && done.has(part);
  const known = (part: number): boolean => places.some(({ sheet }) => sheet.part === part);
  if (arrangement.type === 'merge') {
    const [first, ...others] = arrangement.parts;
    if (first === undefined || others.length === 0 || new Set(arrangement.parts).size <= others.length)
      return 'name two referrals or more, each once';
    const unknown = arrangement.parts.find((part) => !known(part));
    if (unknown !== undefined) return `there is no referral ${unknown} among the pages`;
    const gone = arrangement.parts.find(isDone);
    return gone === undefined ? null : `referral ${gone} is accepted already`;
  }
  const { pages } = arrangement;
  if (pages.length === 0 || new Set(pages).size < pages.length) return 'name at least one page, each once';
  const missing = pages.find((page) => places[page] === undefined);
  if (missing !== undefined) return `there is no page ${missing} (pages count from 0)`;
  if (arrangement.type === 'order') return pages.length === places.length ? null : 'name every page';
  if (arrangement.type === 'turn') return null;
  const kept = pages.find((page) => isDone(places[page]?.sheet.part ?? null));
  if (kept !== undefined) return `page ${kept} is of a referral that is accepted already`;
  if (arrangement.entry !== undefined) {
    const bound = (entry.answers ?? []).flatMap(({ page, report }) => [page, ...report]);
    const answer = pages.find((page) => bound.includes(page));
    return answer === undefined ? null : `page ${answer} is part of an answer to a referral`;
  }
  return objectionTo(entry, places, arrangement.part);
}

/** Why pages cannot be put there. */
export function objectionTo(entry: Entry, places: readonly Placed[], part: number | 'new' | null): string | null {
  if (part === null || part === 'new') return null;
  if ((entry.accepted ?? []).some((done) => done.part === part)) return `referral ${part} is accepted already`;
  return places.some(({ sheet }) => sheet.part === part) ? null : `there is no referral ${part} among the pages`;
}

/** The number that a new referral in this entry gets. */
export const nextPart = (places: readonly Placed[], { accepted = [] }: Entry): number =>
  1 + Math.max(-1, ...places.flatMap(({ sheet }) => sheet.part ?? []), ...accepted.map(({ part }) => part));

/** The pages as they lie afterwards, each exactly once. Call `objection` first. */
export function arranged(entry: Entry, places: readonly Placed[], arrangement: Arrangement): Placed[] {
  switch (arrangement.type) {
    case 'assign': {
      if (arrangement.entry !== undefined) return places.filter((_, index) => !arrangement.pages.includes(index));
      const part = arrangement.part === 'new' ? nextPart(places, entry) : arrangement.part;
      return places.map((place, index) => (arrangement.pages.includes(index) ? put(place, part) : place));
    }
    case 'merge': {
      const [first = 0] = arrangement.parts;
      return places.map((place) => (arrangement.parts.includes(place.sheet.part ?? -1) ? put(place, first) : place));
    }
    case 'turn':
      return places.map((place, index) =>
        arrangement.pages.includes(index) ? { ...place, leaf: turned(place.leaf, arrangement.turn) } : place,
      );
    case 'order':
      return arrangement.pages.flatMap((page) => places[page] ?? []);
  }
}

/** Whose page it is, a person said: nothing calls it another patient's any more. */
export const put = (place: Placed, part: number | null): Placed => ({
  ...place,
  sheet: { ...place.sheet, part, foreign: part === null && place.sheet.foreign },
});

const turned = (leaf: Leaf, by: 90 | 180 | 270): Leaf => ({
  ...leaf,
  turn: ((leaf.turn + by) % 360) as Leaf['turn'],
});

interface Stamp {
  readonly who: string;
  readonly at: number;
  readonly with: EntryId | null;
}

/** The entry with its pages laid anew. `from`: as they lay; `fields`: as the pages say now. */
export function laid(
  entry: Entry,
  from: readonly Placed[],
  places: readonly Placed[],
  fields: readonly Field[],
  stamp: Stamp,
): Entry {
  const { answers, matches, warnings, pages, state, reason } = entry;
  const now = new Map(places.flatMap(({ was }, index) => (was === null ? [] : [[was, index] as const])));
  const moved = (page: number): number => now.get(page) ?? page;
  const version = entry.version + 1;
  const before: Laid = {
    leaves: from.map(({ leaf }) => leaf),
    sheets: from.map(({ sheet }) => sheet),
    fields: entry.fields,
    ...{ pages, state, reason, warnings },
    ...(answers ? { answers } : {}),
    ...(matches ? { matches } : {}),
  };
  const older = (entry.undoable ?? []).filter(({ at }) => stamp.at - at <= undoMs);
  return {
    ...entry,
    leaves: places.map(({ leaf }) => leaf),
    sheets: places.map(({ sheet }) => sheet),
    pages: places.length,
    fields,
    ...(answers
      ? { answers: answers.map((each) => ({ ...each, page: moved(each.page), report: each.report.map(moved) })) }
      : {}),
    undoable: [...older, { who: stamp.who, at: stamp.at, version, before, with: stamp.with }],
    version,
  };
}

/** The last arrangement, if nothing was done to the entry since. */
export function lastArranged({ undoable, version }: Entry): Undoable | null {
  const last = undoable?.at(-1);
  return last?.version === version ? last : null;
}

/** As it was before its last arrangement; the one before that can be taken back next. */
export function unarranged(entry: Entry, { before }: Undoable): Entry {
  const version = entry.version + 1;
  const rest = (entry.undoable ?? [])
    .slice(0, -1)
    .map((each, index, all) => (index === all.length - 1 ? { ...each, version } : each));
  return { ...entry, matches: [], ...before, version, undoable: rest };
}

/** Nothing in it waits for a person's word, though pages are there. */
export const isStuck = (entry: Entry): boolean => entry.pages > 0 && openParts(entry).length === 0;
