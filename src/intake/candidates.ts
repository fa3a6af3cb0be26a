import type { FieldName, PageKind } from '../core/entry.ts';
import type { Page, Word } from '../core/page.ts';
import { boxCandidates } from './boxes.ts';
import { labelsOf, type Label } from './labels.ts';
import type { Side } from './lexicon.ts';
import { below, continued, rightOf, under, type LabelledRow } from './nearby.ts';
import { letterCandidates, letterheads, bannerCandidates } from './prose.ts';
import { around, heightOf, rowsOf, textOf, type Row } from './rows.ts';
import { readValue } from './read-value.ts';
import * as read from './readers.ts';
import { candidate, type Candidate, type Sheet } from './sheet.ts';

export function sheetOf(page: Page, index: number, kind: PageKind, today: string | null): Sheet {
  const rows = rowsOf(page, index).map((row) => {
    const apart = { ...row, words: row.words.flatMap(unglued) };
    return { ...apart, labels: labelsOf(apart) };
  });
  return { page, index, kind, rows, today };
}

/** "DOB:04/29/2004" as two words. Times and addresses of the web stay whole. */
function unglued(word: Word): Word[] {
  const at = word.text.indexOf(':');
  if (at < 2 || at >= word.text.length - 1 || !/^[A-Za-z#.()/]+$/.test(word.text.slice(0, at))) return [word];
  const cut = (word.box.width * (at + 1)) / word.text.length;
  return [
    { ...word, text: word.text.slice(0, at + 1), box: { ...word.box, width: cut } },
    { ...word, text: word.text.slice(at + 1), box: { ...word.box, x: word.box.x + cut, width: word.box.width - cut } },
  ];
}

/** Everything a page offers, by printed labels, boxes and the ways letters and print-outs are written. */
export function candidatesOf(sheet: Sheet): Candidate[] {
  const found = [
    ...labelled(sheet),
    ...bannerCandidates(sheet),
    ...letterCandidates(sheet),
    ...letterheads(sheet),
    ...boxCandidates(sheet),
  ];
  const bare = found.some(({ name }) => name === 'referrer.npi') ? [] : bareNpi(sheet);
  return [...found, ...bare].filter(({ name }) => allowed(sheet.kind, name));
}

/** The one number on a form that checks as an NPI, when no label announces any: one in ten numbers of ten figures that
 *  begin with 1 or 2 would check by chance. */
function bareNpi({ kind, rows, index }: Sheet): Candidate[] {
  if (kind !== 'referral') return [];
  const found = rows.flatMap(({ words }) =>
    words.flatMap((word) => {
      const value = /^\W*[12]\d{9}\W*$/.test(word.text) ? read.readNpi(word.text) : null;
      return value?.worth === 1 ? [candidate('referrer.npi', value, index, [word], 0.8)] : [];
    }),
  );
  return new Set(found.map(({ value }) => value)).size === 1 ? found.slice(0, 1) : [];
}

/** What a kind of page can tell: a laboratory's telephone is nobody's that we look for. */
function allowed(kind: PageKind, name: FieldName): boolean {
  switch (kind) {
    case 'cover':
      return name.startsWith('referrer.') || name === 'service.date';
    case 'labs':
    case 'imaging':
      return ['patient.name', 'patient.birthDate', 'patient.sex', 'patient.mrn'].includes(name);
    case 'note':
      return name.startsWith('patient.') || name === 'service.diagnoses';
    case 'facesheet':
      return name.startsWith('patient.') || name.startsWith('coverage.');
    case 'insurance_card':
      return name.startsWith('coverage.') || name === 'patient.name';
    case 'junk':
    case 'blank':
    case 'consent':
    case 'answer_sheet':
      return false;
    case 'referral':
    case 'other':
      return true;
  }
}

function labelled(sheet: Sheet): Candidate[] {
  return sheet.rows.flatMap((row) =>
    row.labels.flatMap((label) => {
      const name = fieldOf(sheet, row, label);
      return name === null ? [] : (sought(sheet, row, label, name) ?? []);
    }),
  );
}

/** Where a form has a value of a field, by its label, though nothing like one could be read there. */
export function unreadable(sheet: Sheet, found: readonly Candidate[]): Candidate[] {
  return sheet.rows.flatMap((row) =>
    row.labels.flatMap((label) => {
      const name = fieldOf(sheet, row, label);
      if (name === null || !allowed(sheet.kind, name) || found.some((each) => each.name === name)) return [];
      const beside = rightOf(row, label);
      const words = beside.length > 0 ? beside : below(sheet.rows, row, label);
      return words.length > 0 ? [candidate(name, { value: '', worth: 0 }, sheet.index, words, 0)] : [];
    }),
  );
}

function fieldOf(sheet: Sheet, row: LabelledRow, label: Label): FieldName | null {
  if (label.field === null || typeof label.field === 'string') return label.field;
  const side = sideOf(sheet, row, label);
  return (side === null ? null : label.field[side]) ?? null;
}

/** Whose matter a bare "Phone" is: its section's, else that of the nearest label that says it. */
export function sideOf(sheet: Sheet, row: LabelledRow, label: Label): Side | null {
  const at = sheet.rows.indexOf(row);
  const here = placeOf(row, label);
  let [best, nearest]: [Side | null, number] = [null, Infinity];
  for (let index = at; index >= 0; index--) {
    const other = sheet.rows[index];
    if (!other) continue;
    const heads = other.labels.filter((each) => each.section && placeOf(other, each).x <= here.x + here.height * 3);
    for (const each of other.labels) {
      if (each === label || each.side === null || (index === at && each.from > label.from)) continue;
      const place = placeOf(other, each);
      const distance = Math.abs(here.y - place.y) + Math.abs(here.x - place.x) * 0.5;
      if (distance < nearest) [best, nearest] = [each.side, distance];
    }
    const head = heads.at(-1);
    if (head) return best ?? head.side;
  }
  return best ?? (sheet.kind === 'facesheet' ? 'patient' : sheet.kind === 'insurance_card' ? 'coverage' : null);
}

const placeOf = (row: Row, label: Label) => {
  const words = row.words.slice(label.from, label.to);
  return { ...around(words), height: heightOf(words) };
};

const closings = new Set([
  'sincerely',
  'kind regards',
  'best regards',
  'respectfully',
  'warm regards',
  'with regards',
  'yours truly',
]);
const onlyBeside = new Set(['from', 're', 'electronically signed by', 'signed by', 'esigned by', 'primary']);
const long = new Set<FieldName>(['service.reason', 'service.diagnoses']);

function sought(sheet: Sheet, row: LabelledRow, label: Label, name: FieldName): Candidate | null {
  const places = closings.has(label.text)
    ? under(sheet.rows, row).map(({ words }) => words)
    : [rightOf(row, label), ...(onlyBeside.has(label.text) ? [] : [below(sheet.rows, row, label)])];
  const glued = name === 'referrer.npi' ? row.words.slice(label.from) : [];
  for (const [i, words] of [...places, glued].entries()) {
    if (words.length === 0) continue;
    if (name === 'referrer.name' && label.worth < 1 && !read.credentialed(textOf(words))) continue;
    const value = valueOf(sheet, name, words);
    if (!value) continue;
    const slip =
      (label.exact ? 1 : 0.95) * (i === 0 ? 1 : 0.98) * (label.closed || label.text.includes(' ') ? 1 : 0.98);
    return candidate(name, value, sheet.index, value.words, label.worth * slip);
  }
  return null;
}

interface Found extends read.Value {
  readonly words: readonly Word[];
}

function valueOf(sheet: Sheet, name: FieldName, words: readonly Word[]): Found | null {
  if (long.has(name)) {
    const whole =
      name === 'service.diagnoses' ? stacked(sheet.rows, words) : continued(sheet.rows, words, sheet.page.width);
    const value = readValue(name, textOf(whole), sheet.today);
    return value && { ...value, words: whole };
  }
  if (name === 'patient.address' && !/\d{5}/.test(textOf(words))) {
    const next = nextLine(sheet.rows, words);
    const both = [...words, ...next];
    const value = read.readAddress(textOf(words) + (next.length > 0 ? ', ' + textOf(next) : ''));
    return value && { ...value, words: both };
  }
  const value = readValue(name, textOf(words), sheet.today);
  return value && { ...value, words };
}

/** A list: the lines that follow closely under the first, in its column, up to the next label. */
function stacked(rows: readonly LabelledRow[], words: readonly Word[]): Word[] {
  const at = rows.findIndex((row) => row.words.includes(words[0] as Word));
  const all = [...words];
  let last = around(words);
  const height = heightOf(words);
  for (const row of rows.slice(at + 1, at + 7)) {
    const inside = row.words.filter(({ box }) => box.x > last.x - height * 1.5);
    const top = inside[0]?.box.y ?? Infinity;
    if (row.labels.length > 0 || top > last.y + last.height + height * 1.6) break;
    all.push(...inside);
    last = { ...around(inside), x: last.x };
  }
  return all;
}

/** What stands right under these words, in their column. */
function nextLine(rows: readonly LabelledRow[], words: readonly Word[]): Word[] {
  const box = around(words);
  const height = heightOf(words);
  const next = rows.flatMap((row) =>
    row.labels.length > 0
      ? []
      : [
          row.words.filter(
            ({ box: { x, y } }) =>
              x > box.x - height &&
              x < box.x + box.width + height * 6 &&
              y > box.y + height * 0.7 &&
              y < box.y + height * 3,
          ),
        ],
  );
  const line = next.find((each) => each.length > 0) ?? [];
  return /\d{5}/.test(textOf(line)) ? line : [];
}
