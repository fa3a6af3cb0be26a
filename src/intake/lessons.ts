import { distance } from 'fastest-levenshtein';
import type { KnownForm, Lesson } from '../core/lesson.ts';
import type { Box, Page, Word } from '../core/page.ts';
import { hashOf } from './copies.ts';
import { folded } from './lexicon.ts';
import { connected, continued, under, type LabelledRow } from './nearby.ts';
import { around, heightOf, textOf } from './rows.ts';
import { valueIn } from './read-value.ts';
import { candidate, type Candidate, type Sheet } from './sheet.ts';

/** Share of a form's words that a page must have to be a copy of it: of a form seen once some words are the patient's. */
const leastAlike = (copies: number): number => (copies > 1 ? 0.6 : 0.4);

/** The words of a page by which a form is known, hashed: figures are the patient's. */
export const printOf = ({ words }: Pick<Page, 'words'>): number[] => [
  ...new Set(
    words
      .map(({ text }) => folded(text))
      .filter((text) => /^[a-z]{4,}$/.test(text))
      .map(hashOf),
  ),
];

/** Which of these forms a page is a copy of; null: none. */
export function formOf(page: Pick<Page, 'words'>, forms: readonly KnownForm[]): KnownForm | null {
  const own = new Set(printOf(page));
  const [best] = forms
    .map((form) => ({
      form,
      share: form.print.filter((hash) => own.has(hash)).length / Math.max(1, form.print.length),
    }))
    .filter(({ form, share }) => share >= leastAlike(form.copies))
    .sort((a, b) => b.share - a.share);
  return best?.form ?? null;
}

/** What a page offers once corrections taught where to look: what they showed comes in the place of what was guessed. */
export function taught(sheet: Sheet, candidates: readonly Candidate[], forms: readonly KnownForm[]): Candidate[] {
  const lessons = formOf(sheet.page, forms)?.lessons ?? [];
  if (lessons.length === 0) return [...candidates];
  const found = lessons
    .flatMap((lesson) => (lesson.holds && lesson.weak !== true ? (soughtBy(sheet, lesson) ?? []) : []))
    .filter((each) => !candidates.some((read) => isWithin(each, read)));
  const wrong = (each: Candidate): boolean =>
    lessons.some(({ holds, field, box }) => !holds && field === each.name && standsIn(sheet.page, each.words, box));
  const kept = candidates.filter((each) => !found.some(({ name }) => name === each.name) && !wrong(each));
  // What was hardly read may be a label's own letters.
  const legible = kept.filter(({ confidence }) => confidence >= 0.5);
  const open = lessons.filter(({ weak, field }) => weak === true && !legible.some(({ name }) => name === field));
  const left = open.flatMap((lesson) => soughtBy(sheet, lesson) ?? []);
  const outdone = (each: Candidate): boolean =>
    left.some(({ name, confidence }) => name === each.name && confidence > each.confidence);
  return [...kept.filter((each) => !outdone(each)), ...found, ...left];
}

/** What was read without a lesson holds all that the lesson shows: it stands in the same place, and goes on. */
const isWithin = (shown: Candidate, read: Candidate): boolean =>
  shown.name === read.name && shown.words.every((word) => read.words.includes(word));

const pixels = ({ width, height }: Page, box: Box): Box => ({
  x: box.x * width,
  y: box.y * height,
  width: box.width * width,
  height: box.height * height,
});

function standsIn(page: Page, words: readonly Word[], box: Box): boolean {
  if (words.length === 0) return false;
  const [place, own] = [pixels(page, box), around(words)];
  const slack = page.height * 0.012;
  const [x, y] = [own.x + Math.min(own.width, place.width) / 2, own.y + own.height / 2];
  return (
    x > place.x - slack &&
    x < place.x + place.width + slack &&
    y > place.y - slack &&
    y < place.y + place.height + slack
  );
}

/** By the label that announces it, of several the one nearest to the place; else by the place alone. */
function soughtBy(sheet: Sheet, lesson: Lesson): Candidate | null {
  const place = pixels(sheet.page, lesson.box);
  const away = ({ words }: Candidate): number => {
    const { x, y } = around(words);
    return Math.abs(x - place.x) + Math.abs(y - place.y);
  };
  const labelled = lesson.label === '' ? [] : sheet.rows.flatMap((row) => besideLabel(sheet, row, lesson));
  const [nearest] = labelled.toSorted((a, b) => away(a) - away(b));
  if (nearest) return nearest;
  return valued(sheet, lesson, wordsAt(sheet.rows, place), 0.85);
}

/** What stands in a place, in the row nearest to it. No label is a value, and the next one ends it. */
function wordsAt(rows: readonly LabelledRow[], place: Box): Word[] {
  const slack = place.height * 0.6;
  const inside = ({ box }: Word): boolean =>
    box.y + box.height / 2 > place.y - slack &&
    box.y + box.height / 2 < place.y + place.height + slack &&
    box.x + box.width / 2 > place.x - slack &&
    box.x < place.x + place.width + slack * 4;
  const found = rows.flatMap((row) => {
    const labelled = (at: number): boolean => row.labels.some(({ from, to }) => at >= from && at < to);
    const from = row.words.findIndex((word, at) => inside(word) && !labelled(at));
    const first = row.words[from];
    if (!first) return [];
    const away = Math.abs(first.box.y + first.box.height / 2 - place.y - place.height / 2);
    return [{ away, words: rightOfWords(row, from).filter(inside) }];
  });
  return found.toSorted((a, b) => a.away - b.away)[0]?.words ?? [];
}

function besideLabel(sheet: Sheet, row: LabelledRow, lesson: Lesson): Candidate[] {
  const length = lesson.label.split(' ').length;
  const slips = Math.floor(lesson.label.length / 5);
  return row.words.flatMap((_, from) => {
    const label = row.words.slice(from, from + length);
    const text = folded(textOf(label));
    if (label.length < length || (text !== lesson.label && distance(text, lesson.label) > slips)) return [];
    const words = lesson.side === 'right' ? rightOfWords(row, from + length) : belowWords(sheet.rows, row, label);
    return valued(sheet, lesson, words, 1) ?? [];
  });
}

/** Up to the next label of the row, or a wide gap. */
function rightOfWords(row: LabelledRow, from: number): Word[] {
  const next = row.labels.find((each) => each.from >= from)?.from;
  return connected(row.words.slice(from, next));
}

function belowWords(rows: readonly LabelledRow[], row: LabelledRow, label: readonly Word[]): Word[] {
  const column = around(label);
  const height = heightOf(label);
  for (const other of under(rows, row)) {
    const words = other.words.filter(({ box }) => box.x >= column.x - height * 2);
    const top = words[0]?.box.y ?? Infinity;
    if (words.length > 0 && top > column.y + height * 0.6) return top > column.y + height * 5 ? [] : connected(words);
  }
  return [];
}

function valued(sheet: Sheet, { field }: Lesson, first: readonly Word[], trust: number): Candidate | null {
  const long = field === 'service.reason' && first.length > 0;
  const words = long ? continued(sheet.rows, first, sheet.page.width) : first;
  const value = words.length === 0 ? null : valueIn(field, words, sheet.today);
  return value && candidate(field, value, sheet.index, words, trust);
}
