import type { Field, PageKind, Sheet } from '../core/entry.ts';
import type { KnownForm } from '../core/lesson.ts';
import type { Page } from '../core/page.ts';
import { unturnedBox, upright } from '../core/turn.ts';
import { candidatesOf, sheetOf, unreadable } from './candidates.ts';
import { copiesAmong } from './copies.ts';
import { qualityOf } from './chance.ts';
import { disagreed, elected, latestDay } from './fields.ts';
import { doubted, doubtedAsHand, filledByHand, poor } from './hand.ts';
import { identityOf } from './identity.ts';
import { kindOf } from './kind.ts';
import { taught } from './lessons.ts';
import type { Candidate } from './sheet.ts';
import { divided } from './split.ts';

/** One arrival as a person is shown it: what each page is and whose, and the fields of each referral in it. */
export interface Packet {
  readonly sheets: readonly Sheet[];
  readonly fields: readonly Field[];
}

/** `forms`: what people's corrections taught about the sender's forms. */
export function readPacket(pages: readonly Page[], forms: readonly KnownForm[] = []): Packet {
  const { sheets, found } = understood(pages, forms);
  return { sheets, fields: fieldsOf(pages, sheets, found) };
}

/** What each page is and whose, and what each offers. */
export function understood(
  pages: readonly Page[],
  forms: readonly KnownForm[] = [],
): {
  readonly sheets: Sheet[];
  readonly found: readonly (readonly Candidate[])[];
} {
  const today = latestDay(pages);
  const kinds = pages.map(kindOf);
  const found = pages.map((page, index) => offered(page, index, kinds[index] ?? 'other', today, forms));
  const copies = copiesAmong(pages);
  const sheets = divided(
    pages.map((_, index) => ({
      kind: kinds[index] ?? 'other',
      identity: identityOf(found[index] ?? []),
      copyOf: copies[index] ?? null,
    })),
  );
  return { sheets, found };
}

/** The fields of pages that a person laid out: which kind each is and whose is given. */
export function fieldsAmong(
  pages: readonly Page[],
  sheets: readonly Sheet[],
  forms: readonly KnownForm[] = [],
): Field[] {
  const today = latestDay(pages);
  const found = pages.map((page, index) => offered(page, index, sheets[index]?.kind ?? 'other', today, forms));
  return fieldsOf(pages, sheets, found);
}

function offered(
  page: Page,
  index: number,
  kind: PageKind,
  today: string | null,
  forms: readonly KnownForm[],
): Candidate[] {
  const sheet = sheetOf(upright(page), index, kind, today);
  const found = taught(sheet, candidatesOf(sheet), forms);
  switch (filledByHand(sheet, found)) {
    case 'surely':
      return doubtedAsHand([...found, ...unreadable(sheet, found)]);
    case 'perhaps':
      return doubted(found);
    case 'poor':
      return poor(found);
    case 'no':
      return found;
  }
}

/** The fields of each part; of pages without a referral those of the whole bundle. */
function fieldsOf(pages: readonly Page[], sheets: readonly Sheet[], found: readonly (readonly Candidate[])[]): Field[] {
  const kinds = sheets.map(({ kind }) => kind);
  const qualities = pages.map(qualityOf);
  return byPart(sheets, found).flatMap(({ part, candidates }) =>
    surelyOfOne(elected(candidates, kinds, qualities)).map((field) => ({
      ...field,
      place: onImage(field, pages),
      part,
    })),
  );
}

/** Where it stands on the page's image, however the page was turned to be read. */
function onImage({ place }: Field, pages: readonly Page[]): Field['place'] {
  const page = place && pages[place.page];
  return place && page?.turn ? { ...place, box: unturnedBox(place.box, page, page.turn) } : place;
}

/** Pages that disagree about whose they are leave nothing to be taken unseen. */
function surelyOfOne(fields: readonly Field[]): Field[] {
  const torn = fields.some(
    ({ name, doubt }) => (name === 'patient.name' || name === 'patient.birthDate') && doubt === disagreed,
  );
  return fields.map((field) => (torn ? { ...field, sure: false } : field));
}

/** What the pages of each part offer; all together when none belongs to a referral. */
export function byPart(
  sheets: readonly Sheet[],
  found: readonly (readonly Candidate[])[],
): { readonly part: number; readonly candidates: readonly Candidate[] }[] {
  const parts = [...new Set(sheets.flatMap(({ part }) => part ?? []))].sort((a, b) => a - b);
  if (parts.length === 0) return [{ part: 0, candidates: found.flat() }];
  return parts.map((part) => ({
    part,
    candidates: found.flatMap((each, index) => (sheets[index]?.part === part ? each : [])),
  }));
}
