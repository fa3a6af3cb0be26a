import { fieldNames, type Field, type FieldName } from '../core/entry.ts';
import type { Page, Word } from '../core/page.ts';
import { folded, labelsOf, type Label, type Side } from './labels.ts';
import { below, continued, rightOf, under, type LabelledRow } from './nearby.ts';
import { around, rowsOf, textOf } from './rows.ts';
import { credentialed, dateIn, readBirthDate, readName, readNpi, readPhone, readReason, type Value } from './values.ts';

/** One page as the search sees it. */
interface Sheet {
  readonly page: Page;
  readonly rows: readonly LabelledRow[];
  /** A cover sheet speaks of sender and recipient, never of the patient's telephone. */
  readonly cover: boolean;
  /** The latest day the papers speak of, ISO. */
  readonly today: string | null;
}

interface Candidate {
  readonly name: FieldName;
  readonly value: string;
  readonly confidence: number;
  readonly page: number;
  readonly words: readonly Word[];
}

/** Read the six fields from the pages of one entry: printed labels, the values right of or under them, checked and made
 *  canonical. Several sources vote. At most one field of each name, each with its place and the chance that it is right. */
export function proposeFields(pages: readonly Page[]): Field[] {
  const today = latestDay(pages);
  const candidates = pages.flatMap((page, index) => {
    const rows = rowsOf(page, index).map((row) => ({ ...row, labels: labelsOf(row) }));
    const cover = /cover sheet|transmittal|including cover|facsimile|return fax/i.test(page.text);
    const sheet: Sheet = { page, rows, cover, today };
    return [...labelled(sheet), ...banner(sheet), ...letter(sheet)];
  });
  return fieldNames.flatMap((name) => elected(candidates.filter((each) => each.name === name)));
}

/** Null when the papers name one day only: it may well be the birth date itself. */
function latestDay(pages: readonly Page[]): string | null {
  const days = new Set(
    pages.flatMap(({ text }) => text.split('\n').flatMap((line) => dateIn(line, null)?.value ?? [])),
  );
  return days.size > 1 ? ([...days].sort().at(-1) ?? null) : null;
}

function labelled(sheet: Sheet): Candidate[] {
  const found: Candidate[] = [];
  let side: Side | null = null;
  for (const row of sheet.rows)
    for (const label of row.labels) {
      side = label.side ?? side;
      if (label.field === null || !fits(label, side, sheet)) continue;
      const candidate = sought(sheet, row, label, label.field);
      if (candidate) found.push(candidate);
    }
  return found;
}

/** A bare "Phone" is the patient's only among the patient's matters. */
function fits(label: Label, side: Side | null, { cover }: Sheet): boolean {
  return label.field !== 'patient.phone' || (!cover && (label.side ?? side) === 'patient');
}

const closings = new Set(['sincerely', 'kind regards', 'best regards', 'respectfully']);

function sought(sheet: Sheet, row: LabelledRow, label: Label, name: FieldName): Candidate | null {
  const places = closings.has(label.text)
    ? under(sheet.rows, row).map(({ words }) => words)
    : [rightOf(row, label), ...(label.text === 'from' || label.text === 're' ? [] : [below(sheet.rows, row, label)])];
  const glued = name === 'referrer.npi' ? row.words.slice(label.from) : [];
  for (const [i, words] of [...places, glued].entries()) {
    if (words.length === 0) continue;
    if (name === 'referrer.name' && label.worth < 1 && !credentialed(textOf(words))) continue;
    const whole = name === 'service.reason' ? continued(sheet.rows, words, sheet.page.width) : words;
    const value = readValue(name, textOf(whole), sheet.today);
    const slip = (label.exact ? 1 : 0.93) * (i === 0 ? 1 : 0.98);
    if (value) return candidate(name, value, row.page, whole, label.worth * slip);
  }
  return null;
}

function readValue(name: FieldName, text: string, today: string | null): Value | null {
  switch (name) {
    case 'patient.name':
    case 'referrer.name':
      return readName(text);
    case 'patient.birthDate':
      return readBirthDate(text, today);
    case 'patient.phone':
      return readPhone(text);
    case 'referrer.npi':
      return readNpi(text);
    case 'service.reason':
      return readReason(text);
  }
}

/** The line over an EHR's print-out: "Family, Given M (id #…, dob: …)". */
function banner({ rows }: Sheet): Candidate[] {
  return rows.flatMap((row) => {
    const end = row.words.findIndex(({ text }) => /^\(?id\b/i.test(text));
    const words = row.words.slice(0, end);
    if (end < 2 || end > 5 || !textOf(words).includes(',')) return [];
    const value = readName(textOf(words));
    return value ? [candidate('patient.name', value, row.page, words, 0.95)] : [];
  });
}

/** A letter: the reason follows "Thank you for seeing …, in … consultation."; a signature reads "NPI1234567893". */
function letter({ page, rows }: Sheet): Candidate[] {
  const words = rows.flatMap((row) => row.words);
  const thanks = words.findIndex((word, i) => /^thank/i.test(word.text) && /^you$/i.test(words[i + 1]?.text ?? ''));
  const found: Candidate[] = [];
  if (thanks >= 0) {
    const first = words.findIndex(({ text }, i) => i > thanks && i < thanks + 40 && text.endsWith('.')) + 1;
    const last = words.findIndex(({ text }, i) => i >= first && /[a-z)\]%][.]$/i.test(text));
    const sentence = first > 0 && last >= first && last < first + 40 ? words.slice(first, last + 1) : [];
    const value = readReason(textOf(sentence).replace(/\.$/, ''));
    const index = rows[0]?.page ?? 0;
    if (value) found.push(candidate('service.reason', value, index, sentence, 0.9));
  }
  for (const row of rows)
    for (const word of row.words) {
      const value = /^N?P[I1l|]\d/.test(word.text) ? readNpi(word.text) : null;
      if (value && page.words.length > 0) found.push(candidate('referrer.npi', value, row.page, [word], 0.95));
    }
  return found;
}

function candidate(
  name: FieldName,
  { value, worth }: Value,
  page: number,
  words: readonly Word[],
  trust: number,
): Candidate {
  const doubt = 1 - Math.min(...words.map(({ confidence }) => confidence));
  return { name, value, page, words, confidence: worth * trust * (1 - 0.7 * doubt) };
}

/** The value with most behind it. Pages that say the same take doubt away; one that says otherwise adds some. */
function elected(candidates: readonly Candidate[]): Field[] {
  const groups = [...Map.groupBy(candidates, keyOf).values()].map((group) => {
    const [best, ...others] = group.toSorted((a, b) => b.confidence - a.confidence || a.page - b.page);
    const agreeing = new Set(others.map(({ page }) => page).filter((page) => page !== best?.page)).size;
    return { best, strength: 1 - (1 - (best?.confidence ?? 0)) * 0.5 ** agreeing };
  });
  const [first, second] = groups.sort((a, b) => b.strength - a.strength);
  if (!first?.best) return [];
  const { name, value, page, words } = first.best;
  const confidence = Math.min(0.98, first.strength * (1 - (second?.strength ?? 0) * 0.15));
  return [
    { name, value, confidence: Number(confidence.toFixed(3)), place: { page, box: around(words) }, by: 'reading' },
  ];
}

/** Names agree by first and last part: one paper prints the middle initial, another does not. */
function keyOf({ name, value }: Candidate): string {
  if (!name.endsWith('.name')) return folded(value);
  const parts = folded(value).split(' ');
  return `${parts[0] ?? ''} ${parts.at(-1) ?? ''}`;
}
