import { distance } from 'fastest-levenshtein';
import type { Field, FieldName, Place } from '../core/entry.ts';
import type { KnownForm, Lesson } from '../core/lesson.ts';
import type { Box, Page, Word } from '../core/page.ts';
import { turnedBox, upright } from '../core/turn.ts';
import { latestDay } from './fields.ts';
import { formOf, printOf } from './lessons.ts';
import { itemNumber } from './labels.ts';
import { folded } from './lexicon.ts';
import { readValue } from './read-value.ts';
import { around, heightOf, rowsOf, textOf, type Row } from './rows.ts';
import { keyOf } from './sheet.ts';

/** What a person said of a field: its right value (empty: there is none), and what had been read. */
export interface Correction {
  readonly field: FieldName;
  readonly value: string;
  readonly read: Field | undefined;
}

const mostForms = 12;

/** A field with its place on the page as it lay to be read. */
function asRead(field: Field, seen: readonly (Page | null)[]): Field {
  const page = field.place && seen[field.place.page];
  if (!field.place || !page?.turn) return field;
  return { ...field, place: { ...field.place, box: turnedBox(field.place.box, page, page.turn) } };
}

/** The forms of a sender, after a person corrected one arrival of his: each page that a corrected value stands on is a
 *  copy of a form, known already or new. */
export function retaught(
  forms: readonly KnownForm[],
  seen: readonly (Page | null)[],
  corrected: readonly Correction[],
  accepted: readonly Field[] = [],
): KnownForm[] {
  const pages = seen.map((page) => page && upright(page));
  const confirmed = accepted.map((field) => asRead(field, seen));
  const corrections = corrected.map((each) => ({ ...each, read: each.read && asRead(each.read, seen) }));
  const today = latestDay(pages.filter((page) => page !== null));
  const lessons = [
    ...corrections.flatMap((each) => lessonsOf(each, pages, today)),
    ...confirmed.flatMap((each) => leftAsRead(each, pages) ?? []),
  ];
  return [...Map.groupBy(lessons, ({ page }) => page)]
    .reduce<readonly KnownForm[]>((known, [at, learnt]) => {
      const page = pages[at];
      return page
        ? withCopy(
            known,
            page,
            learnt.map(({ lesson }) => lesson),
          )
        : known;
    }, forms)
    .slice(-mostForms);
}

function withCopy(forms: readonly KnownForm[], page: Page, learnt: readonly Lesson[]): KnownForm[] {
  const known = formOf(page, forms);
  const own = printOf(page);
  const both = known?.print.filter((hash) => own.includes(hash)) ?? own;
  const form: KnownForm = {
    // A copy that was hardly legible must not wear the fingerprint away.
    print: known && both.length < 12 ? known.print : both,
    copies: (known?.copies ?? 0) + 1,
    lessons: [
      ...(known?.lessons ?? []).filter((old) => !learnt.some((each) => replaces(each, old))),
      ...learnt.filter((each) => each.weak !== true || !known?.lessons.some((old) => isStronger(old, each))),
    ],
  };
  return [...forms.filter((each) => each !== known), form];
}

/** Whether a value stands in running text: nothing announces it there, and it moves from letter to letter. */
function isProse({ row, from, box }: Found): boolean {
  const before = row.words[from - 1];
  return (
    before !== undefined &&
    !/[:#|)]$/.test(before.text) &&
    box.x - before.box.x - before.box.width < heightOf([before]) * 0.9
  );
}

/** Boxes to tick stand there: all of their words are on each copy, and none of them is the value. */
const isChoice = (field: FieldName, { row }: { readonly row: Row }): boolean =>
  (field === 'service.urgency' || field === 'patient.sex') &&
  new Set(row.words.flatMap(({ text }) => readValue(field, text, null)?.value ?? [])).size > 1;

/** What was only left as it was read says nothing against what was corrected. */
const isStronger = (old: Lesson, each: Lesson): boolean =>
  old.field === each.field && old.holds && old.weak !== true && each.weak === true;

const replaces = (each: Lesson, old: Lesson): boolean =>
  each.field === old.field && each.holds === old.holds && !isStronger(old, each);

interface Learnt {
  readonly page: number;
  readonly lesson: Lesson;
}

function lessonsOf(
  { field, value, read }: Correction,
  pages: readonly (Page | null)[],
  today: string | null,
): Learnt[] {
  const right = value === '' ? null : placeOf(field, value, pages, today);
  const elsewhere =
    read?.place && (right === null || !isSame(right, read.place)) && !isMisread(field, read.value, value);
  const wrong = elsewhere ? wrongAt(field, read.place, pages) : null;
  return [...(right ? [{ page: right.page, lesson: lessonAt(field, right) }] : []), ...(wrong ? [wrong] : [])];
}

/** Half of its letters are right, or it is a part, or none of it was made out: the right thing, badly read, and its place
 *  is no wrong one. */
function isMisread(field: FieldName, read: string, value: string): boolean {
  const [own, right] = [keyOf(field, read), keyOf(field, value)];
  return right.includes(own) || distance(own, right) <= right.length / 2;
}

/** Where a value stands that a person accepted as it was read. */
function leftAsRead({ name, place }: Field, pages: readonly (Page | null)[]): Learnt | null {
  const sheet = place && pages[place.page];
  if (!place || !sheet) return null;
  const rows = rowsOf(sheet, place.page);
  for (const [at, row] of rows.entries()) {
    const from = row.words.findIndex(startOf(place.box));
    if (from < 0) continue;
    const found = { page: place.page, box: place.box, row, above: rows[at - 1], from, sheet, slips: 0 };
    return isProse(found) || isChoice(name, found)
      ? null
      : { page: place.page, lesson: { ...lessonAt(name, found), weak: true } };
  }
  return null;
}

function wrongAt(field: FieldName, { page, box }: Place, pages: readonly (Page | null)[]): Learnt | null {
  const sheet = pages[page];
  if (!sheet || rowsOf(sheet, page).some((row) => row.words.some(startOf(box)) && isChoice(field, { row })))
    return null;
  return { page, lesson: { field, label: '', side: 'right', box: fractions(sheet, box), holds: false } };
}

/** The word that a place begins with. */
const startOf =
  (place: Box) =>
  ({ box }: Word): boolean =>
    Math.abs(box.x - place.x) < 2 && Math.abs(box.y - place.y) < box.height;

interface Found {
  readonly page: number;
  readonly box: Box;
  readonly row: Row;
  readonly above: Row | undefined;
  readonly from: number;
  readonly sheet: Page;
  /** Letters that the page has otherwise. */
  readonly slips: number;
}

const isSame = (found: Found, { page, box }: { readonly page: number; readonly box: Box }): boolean =>
  found.page === page &&
  Math.abs(found.box.y - box.y) < box.height &&
  found.box.x < box.x + box.width &&
  box.x < found.box.x + found.box.width;

const longest = 9;

/** Where a value stands, read as well as that page allows: whole, else with a slip in every five letters. The fewest
 *  words that make it up, beside a label rather than not. */
function placeOf(field: FieldName, value: string, pages: readonly (Page | null)[], today: string | null): Found | null {
  const wanted = keyOf(field, value);
  const most = Math.floor(wanted.length / 5);
  const found = pages.flatMap((sheet, page) => {
    if (!sheet) return [];
    const rows = rowsOf(sheet, page);
    return rows.flatMap((row, at) =>
      row.words.flatMap((_, from): Found[] => {
        for (let length = 1; length <= Math.min(longest, row.words.length - from); length++) {
          const words = row.words.slice(from, from + length);
          const slips = slipsIn(field, words, wanted, today);
          if (slips <= most) return [{ page, box: around(words), row, above: rows[at - 1], from, sheet, slips }];
        }
        return [];
      }),
    );
  });
  const labelled = (each: Found): number => Number(labelOf(each).label === '');
  return (
    found
      .filter((each) => !isProse(each) && !isChoice(field, each))
      .toSorted((a, b) => a.slips - b.slips || labelled(a) - labelled(b) || b.from - a.from)[0] ?? null
  );
}

function slipsIn(field: FieldName, words: readonly Word[], wanted: string, today: string | null): number {
  const text = textOf(words);
  const letters = text.replace(/[^\p{L}\p{N}]/gu, '').length;
  if (letters > wanted.length * 1.6 + 4 || letters < wanted.length * 0.6) return Infinity;
  const read = readValue(field, text, today)?.value;
  return Math.min(
    distance(folded(text).replace(/ /g, ''), wanted.replace(/ /g, '')),
    read === undefined ? Infinity : distance(keyOf(field, read), wanted),
  );
}

const lessonAt = (field: FieldName, found: Found): Lesson => ({
  field,
  ...labelOf(found),
  box: fractions(found.sheet, found.box),
  holds: true,
});

const mostWords = 4;

/** The words that announce a value: left of it, else over it. Figures announce nothing. */
function labelOf({ row, above, from, box }: Found): Pick<Lesson, 'label' | 'side'> {
  const left = announcing(row.words.slice(0, from).reverse(), box, (a, b) => b.x - a.x - a.width).reverse();
  if (left.length > 0) return { label: folded(textOf(left)), side: 'right' };
  const over = (above?.words ?? []).filter(
    ({ text, box: each }) => each.x + each.width > box.x - box.height * 2 && !itemNumber.test(text),
  );
  const near = over[0] && box.y - over[0].box.y < box.height * 5;
  const words = near ? announcing(over, null, (a, b) => a.x - b.x - b.width) : [];
  return { label: folded(textOf(words)), side: 'below' };
}

function announcing(words: readonly Word[], start: Box | null, gap: (a: Box, b: Box) => number): Word[] {
  const kept: Word[] = [];
  let last = start;
  for (const word of words.slice(0, mostWords)) {
    const letters = folded(word.text).replace(/ /g, '');
    if (/\d/.test(letters) || (last && gap(word.box, last) > heightOf([word]) * 3.5)) break;
    if (letters === '') continue;
    if (kept.length > 0 && start !== null && /:$/.test(word.text)) break;
    kept.push(word);
    last = word.box;
  }
  return kept;
}

const fractions = ({ width, height }: Page, box: Box): Box => ({
  x: box.x / width,
  y: box.y / height,
  width: box.width / width,
  height: box.height / height,
});
