import type { FieldName, PageKind } from '../core/entry.ts';
import type { Page, Word } from '../core/page.ts';
import { boxCandidates, choicesOn } from './boxes.ts';
import { byShape } from './by-shape.ts';
import { isLabel, labelsOf, likeLabel, type Label } from './labels.ts';
import { insuranceLines } from './insurance.ts';
import { letterCandidates } from './letter.ts';
import { closings } from './lexicon.ts';
import { partedNames } from './name-parts.ts';
import { above, below, continued, rightOf, under, type LabelledRow } from './nearby.ts';
import { letterheads, bannerCandidates, numbered, proseCandidates } from './prose.ts';
import { around, heightOf, rowsOf, textOf } from './rows.ts';
import { readValue, textFor, valueIn } from './read-value.ts';
import * as read from './readers.ts';
import { candidate, keyOf, type Candidate, type Sheet } from './sheet.ts';
import { sideBelow, sideOf } from './sides.ts';
import { unlabelled } from './unlabelled.ts';

export function sheetOf(page: Page, index: number, kind: PageKind, today: string | null): Sheet {
  const rows = rowsOf(page, index).map((row) => {
    const apart = { ...row, words: row.words.flatMap(unglued) };
    return { ...apart, labels: labelsOf(apart) };
  });
  return { page, index, kind, rows, labelsUnder: areUnder(rows, today), today };
}

/** Where most labels with nothing beside them have a value of theirs over them, not under them. */
function areUnder(rows: readonly LabelledRow[], today: string | null): boolean {
  let [over, under] = [0, 0];
  for (const row of rows)
    for (const label of row.labels) {
      const { field } = label;
      if (typeof field !== 'string' || rightOf(row, label).length > 0) continue;
      over += Number(readValue(field, textOf(above(rows, row, label)), today) !== null);
      under += Number(readValue(field, textOf(below(rows, row, label)), today) !== null);
    }
  return over >= 3 && over > under * 2;
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
  const announced = [...labelled(sheet), ...partedNames(sheet), ...bannerCandidates(sheet)];
  const offered = [
    ...announced,
    ...proseCandidates(sheet),
    ...insuranceLines(sheet),
    ...letterCandidates(sheet),
    ...[...letterheads(sheet), ...numbered(sheet), ...unlabelled(sheet)].filter(
      (each) => !contradicted(each, announced),
    ),
  ];
  const choices = choicesOn(sheet);
  const isValue = ({ words }: Candidate): boolean => !words.some((word) => choices.has(word));
  const found = [...offered.filter(isValue), ...boxCandidates(sheet)];
  const bare = found.some(({ name }) => name === 'referrer.npi') ? [] : bareNpi(sheet);
  const shaped = byShape(sheet, found).filter(isValue);
  return [...found, ...bare, ...shaped].filter(({ name }) => allowed(sheet.kind, name));
}

/** A form may carry the letterhead of those who receive it: what it asks the sender for counts more, and a payer
 *  near the top is no letterhead. */
const contradicted = ({ name, value, words }: Candidate, announced: readonly Candidate[]): boolean => {
  const same = announced.filter((each) => each.name === name);
  const taken = announced.some((each) => each.name !== name && each.words.some((word) => words.includes(word)));
  if (name === 'referrer.practice' && taken) return true;
  return same.length > 0 && !same.some((each) => keyOf(name, each.value) === keyOf(name, value));
};

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
  // What stands over everything, as a form's date does, speaks of the referral itself.
  const side = sideOf(sheet, row, label) ?? 'service';
  const next = side === 'recipient' ? null : sideBelow(sheet, row);
  return label.field[side] ?? label.field[next ?? side] ?? null;
}

const endings = new Set(closings.split('|'));
const onlyBeside = new Set(['from', 're', 'electronically signed by', 'signed by', 'esigned by', 'primary']);
const long = new Set<FieldName>(['service.reason', 'service.diagnoses']);

function sought(sheet: Sheet, row: LabelledRow, label: Label, name: FieldName): Candidate | null {
  const places = endings.has(label.text)
    ? under(sheet.rows, row).map(({ words }) => words)
    : [rightOf(row, label), ...(onlyBeside.has(label.text) ? [] : [column(sheet, row, label)])];
  const glued = name === 'referrer.npi' ? row.words.slice(label.from) : [];
  for (const [i, words] of [...places, glued].entries()) {
    if (words.length === 0 || isLabel(textOf(words))) continue;
    if (name === 'service.reason' && likeLabel(textOf(words))) continue;
    if (name === 'referrer.name' && label.worth < 1 && !read.credentialed(textOf(words))) continue;
    const value = valueOf(sheet, name, words);
    if (!value) continue;
    const slip =
      (label.exact ? 1 : 0.95) * (i === 0 ? 1 : 0.98) * (label.closed || label.text.includes(' ') ? 1 : 0.98);
    return candidate(name, value, sheet.index, value.words, label.worth * slip);
  }
  return null;
}

const column = ({ rows, labelsUnder }: Sheet, row: LabelledRow, label: Label): Word[] =>
  labelsUnder ? above(rows, row, label) : below(rows, row, label);

interface Found extends read.Value {
  readonly words: readonly Word[];
}

function valueOf(sheet: Sheet, name: FieldName, words: readonly Word[]): Found | null {
  if (long.has(name)) {
    const whole =
      name === 'service.diagnoses' ? stacked(sheet.rows, words) : continued(sheet.rows, words, sheet.page.width);
    const value = readValue(name, textFor(name, whole), sheet.today);
    return value && { ...value, words: whole };
  }
  if (name === 'patient.address' && !/\d{5}/.test(textOf(words))) {
    const next = nextLine(sheet.rows, words);
    const both = [...words, ...next];
    const value = read.readAddress(textOf(words) + (next.length > 0 ? ', ' + textOf(next) : ''));
    return value && { ...value, words: both };
  }
  const value = valueIn(name, words, sheet.today);
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
