import type { FieldName } from '../core/entry.ts';
import type { Word } from '../core/page.ts';
import { textOf } from './rows.ts';
import { readCode, readDiagnoses } from './diagnoses.ts';
import * as readers from './readers.ts';

/** Fields in figures: a reading of them can be told from a wrong one, or at least from no reading at all. */
const figured: ReadonlySet<FieldName> = new Set([
  'patient.birthDate',
  'patient.phone',
  'patient.mrn',
  'coverage.memberId',
  'coverage.group',
  'referrer.phone',
  'referrer.fax',
  'referrer.npi',
  'service.date',
]);
/** From here on a reading is not bettered by another: nothing on it was mended. */
const plain = 0.8;

/** The value of a field in words; where two engines read figures, in the reading that makes most sense.
 *  `today`: the latest day the papers speak of, ISO. */
export function valueIn(name: FieldName, words: readonly Word[], today: string | null): readers.Value | null {
  const text = textFor(name, words);
  const read = readValue(name, text, today);
  // A sign beside figures is a figure that was not made out.
  const first =
    read && numbers.has(name) && /[+$!?]\d|\d[$!?]/.test(text) ? { ...read, worth: read.worth * 0.5 } : read;
  if (!figured.has(name) || (first && first.worth >= plain)) return first;
  const others = sayings(words).flatMap((text) => readValue(name, text, today) ?? []);
  const [best] = others.toSorted((a, b) => b.worth - a.worth);
  return best && best.worth > (first?.worth ?? 0) ? { ...best, worth: best.worth * 0.9 } : first;
}

/** A word as figures, where it may be some. */
const inFigures = ({ text, twice }: Word): string => (twice?.figures.length === text.length ? twice.figures : text);

const numbers: ReadonlySet<FieldName> = new Set(['patient.mrn', 'coverage.memberId', 'coverage.group']);

/** "$66O83" is 566083: signs and letters that figures look like are figures. */
const numberIn = (word: Word): string => (/^[\dOISBZGlqogsz$+!?]+$/.test(word.text) ? inFigures(word) : word.text);

/** A code, whichever engine read one. */
const codeIn = ({ text, twice }: Word): string =>
  twice && !readCode(text) && readCode(twice.said) ? twice.said : text;

/** What words say where a field is looked for. Pens leave gaps in numbers; house numbers and ZIP codes are figures. */
export function textFor(name: FieldName, words: readonly Word[]): string {
  if (!words.some(({ twice }) => twice)) return textOf(words);
  if (name === 'service.diagnoses') return words.map(codeIn).join(' ');
  if (name === 'patient.address')
    return words.map((word) => (/\d/.test(word.text) ? inFigures(word) : word.text)).join(' ');
  return numbers.has(name) && words.every(({ text }) => /\d/.test(text) || text.length < 4)
    ? words.map(numberIn).join('').toUpperCase()
    : textOf(words);
}

/** What else the words may say: "l990" as "1990", and what the other engine read. */
function sayings(words: readonly Word[]): string[] {
  if (!words.some(({ twice }) => twice)) return [];
  const figures = words.map(inFigures);
  const first = words.map(({ text, twice }) => twice?.said ?? text);
  const mixed = figures.map((text, at) => (/\d/.test(text) ? text : (first[at] ?? text)));
  return [figures.join(' '), mixed.join(' '), first.join(' '), figures.join('')];
}

/** The value of a field in a text, in canonical form. `today`: the latest day the papers speak of, ISO. */
export function readValue(name: FieldName, text: string, today: string | null): readers.Value | null {
  switch (name) {
    case 'patient.name':
    case 'referrer.name':
      return readers.readName(text);
    case 'patient.birthDate':
      return readers.readBirthDate(text, today);
    case 'patient.sex':
      return readers.readSex(text);
    case 'patient.phone':
    case 'referrer.phone':
    case 'referrer.fax':
      return readers.readPhone(text);
    case 'patient.address':
      return readers.readAddress(text);
    case 'patient.mrn':
      return readers.readMrn(text);
    case 'coverage.payer':
      return readers.readPayer(text);
    case 'coverage.memberId':
      return readers.readMemberId(text);
    case 'coverage.group':
      return readers.readGroup(text);
    case 'referrer.npi':
      return readers.readNpi(text);
    case 'referrer.practice':
      return readers.readPractice(text);
    case 'service.specialty':
      return readers.readSpecialty(text);
    case 'service.reason':
      return readers.readReason(text);
    case 'service.urgency':
      return readers.readUrgency(text);
    case 'service.date':
      return readers.readDate(text, today);
    case 'service.authorization':
      return readers.readAuthorization(text);
    case 'service.diagnoses':
      return readDiagnoses(text, true);
  }
}
