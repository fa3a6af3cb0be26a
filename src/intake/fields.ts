import { fieldNames, type Field, type FieldName, type PageKind } from '../core/entry.ts';
import type { Page } from '../core/page.ts';
import { keyOf, type Candidate } from './sheet.ts';
import { penFrom } from './chance-weights.ts';
import { toBeTyped } from './hand.ts';
import { chanceOf, isSure, type Evidence, type PageQuality } from './chance.ts';
import { around, textOf } from './rows.ts';
import { dateIn } from './values.ts';

/** Null when the papers name one day only: it may well be the birth date itself. */
export function latestDay(pages: readonly Page[]): string | null {
  const days = new Set(
    pages.flatMap(({ text }) => text.split('\n').flatMap((line) => dateIn(line, null)?.value ?? [])),
  );
  return days.size > 1 ? ([...days].sort().at(-1) ?? null) : null;
}

/** How much a kind of page is believed. What the form says is what is asked for. */
const weights: Partial<Record<PageKind, number>> = {
  referral: 1,
  facesheet: 0.98,
  insurance_card: 0.98,
  note: 0.9,
  other: 0.85,
};

/** The values that win among those that pages offer, and what speaks for them. */
export interface Won {
  readonly name: FieldName;
  readonly best: Candidate;
  readonly evidence: Evidence;
}

/** Pages vote: at most one value of each name. */
export function won(
  candidates: readonly Candidate[],
  kinds: readonly PageKind[],
  qualities: readonly PageQuality[],
): Won[] {
  return fieldNames.flatMap((name) => {
    const all = candidates.filter((each) => each.name === name);
    const told = all.filter(({ value }) => value !== '');
    const own = told.length > 0 ? told : all.slice(0, 1);
    return winner(name, name === 'service.diagnoses' ? listed(own) : own, kinds, qualities) ?? [];
  });
}

/** At most one field of each name, each with its place and the chance that it is right; of handwriting that is not made
 *  out the place alone. */
export const elected = (...asked: Parameters<typeof won>): Field[] =>
  won(...asked).flatMap((each) => field(each) ?? []);

/** A list is read in several ways on one page: together they are one list. */
function listed(candidates: readonly Candidate[]): Candidate[] {
  return [...Map.groupBy(candidates, ({ page }) => page).values()].flatMap((group) => {
    const [best] = group.toSorted((a, b) => b.value.length - a.value.length || b.confidence - a.confidence);
    const value = [...new Set(group.flatMap((each) => each.value.split(', ')))].sort().join(', ');
    const confidence = Math.max(...group.map((each) => each.confidence));
    return best
      ? [{ ...best, value, confidence: value.length > best.value.length ? confidence * 0.85 : confidence }]
      : [];
  });
}

interface Group {
  readonly best: Candidate;
  readonly strength: number;
  /** Pages that say it, and separate places that do. */
  readonly pages: number;
  readonly places: number;
}

function winner(
  name: FieldName,
  candidates: readonly Candidate[],
  kinds: readonly PageKind[],
  qualities: readonly PageQuality[],
): Won | null {
  const trusted = candidates.map((each) => ({
    ...each,
    confidence: each.confidence * (weights[kinds[each.page] ?? 'other'] ?? 0.9),
  }));
  const groups = [...Map.groupBy(trusted, (each) => keyOf(name, each.value)).values()].flatMap((group): Group[] => {
    const [best, ...others] = group.toSorted(
      (a, b) => Number(a.doubt !== null) - Number(b.doubt !== null) || b.confidence - a.confidence || a.page - b.page,
    );
    if (!best) return [];
    const pages = new Set(group.map(({ page }) => page)).size;
    const support = others.reduce((sum, each) => sum * (each.page === best.page ? 0.85 : 0.5), 1);
    return [{ best, strength: 1 - (1 - best.confidence) * support, pages, places: group.length }];
  });
  const [first, ...others] = groups.sort((a, b) => b.strength - a.strength);
  if (!first) return null;
  const second = others.find((each) => !(name === 'service.diagnoses' && isAmong(each, first)));
  const { best, strength, pages } = first;
  const { value, page, doubt, sure, worth, torn, pen } = best;
  const quality = qualities[page] ?? { legible: 1, coarse: false };
  const rival = second?.strength ?? 0;
  const evidence = {
    strength,
    rival,
    pages,
    doubtful: doubt !== null,
    sure,
    worth,
    length: value.length,
    torn,
    pen,
    page: quality,
  };
  return { name, best, evidence };
}

/** A note that names some of a form's codes does not speak against the others. */
function isAmong({ best: { value: some } }: Group, { best: { value } }: Group): boolean {
  const all = value.split(', ');
  return some.split(', ').every((code) => all.includes(code));
}

function field({ name, best, evidence }: Won): Field | null {
  const { value, page, words, doubt, pen } = best;
  const confidence = chanceOf(name, evidence);
  const place = words.length === 0 ? null : { page, box: around(words) };
  if (place && pen && (value === '' || confidence < penFrom))
    return { name, value: '', confidence: 0, place, by: 'reading', doubt: toBeTyped };
  if (confidence < leastOffered) return null;
  const why =
    (evidence.rival > 0.4 ? disagreed : null) ??
    doubt ??
    (confidence < 0.8 ? 'readings like this one are often wrong' : null);
  return {
    name,
    value,
    confidence,
    place,
    by: 'reading',
    printed: textOf(words).slice(0, 300),
    ...(why === null ? {} : { doubt: why }),
    ...(isSure(confidence, why) ? { sure: true } : {}),
  };
}

/** The doubt of a field that pages say differently. */
export const disagreed = 'the pages disagree';

const leastOffered = 0.4;
