import { distance } from 'fastest-levenshtein';
import type { Word } from '../core/page.ts';
import { readDate, readReason, readSpecialty, readUrgency, type Value } from './readers.ts';
import type { LabelledRow } from './nearby.ts';
import { textOf } from './rows.ts';
import { candidate, type Candidate, type Sheet } from './sheet.ts';

/** Words of a sentence that is shown as the reason. */
const longest = 45;
/** Words of the sentence of thanks. */
const longestThanks = 24;

/** A letter: whom it thanks for seeing whom, in what consultation, why, how soon, and when it was written. */
export function letterCandidates(sheet: Sheet): Candidate[] {
  const { rows, kind } = sheet;
  if (kind !== 'referral') return [];
  const words = rows.flatMap((row) => row.words);
  const thanks = words.findIndex((_, i) => said(words, i, /^thank$/i, /^you$/i, /^(for|in)$/i));
  const greeting = rows.findIndex(greets);
  if (thanks < 0 && greeting < 0) return [];
  const told = thanks < 0 ? requested(sheet, words, greeting) : thanked(sheet, words, thanks);
  return [...told, ...hurried(sheet, words), ...dated(sheet)];
}

const said = (words: readonly Word[], at: number, ...pattern: readonly RegExp[]): boolean =>
  pattern.every((each, i) => each.test(words[at + i]?.text.replace(/\W+$/, '') ?? ''));

/** "Thank you for seeing … in … consultation. …": the reason is the sentence that follows. */
function thanked({ index }: Sheet, words: readonly Word[], thanks: number): Candidate[] {
  const found: Candidate[] = [];
  const first = reasonFrom(words, thanks);
  const sentence = first > 0 ? sentenceFrom(words, first) : [];
  const text = textOf(sentence).replace(/\.$/, '');
  // "…, a patient of this practice, in neurology consultation" is still the thanks.
  const reason = /\bconsultation$/i.test(text) ? null : readReason(text);
  // Far behind the thanks the points of two sentences were lost, and this may be the third.
  const worth = first - thanks > longestThanks ? 0.6 : 1;
  if (reason) found.push(candidate('service.reason', { ...reason, worth: reason.worth * worth }, index, sentence, 0.9));
  const opening = words.slice(thanks, first > 0 ? first : thanks + 30);
  const before = opening.findIndex(({ text }) => /^(consult|clinic)/i.test(text) || isAsked(text));
  const field =
    before > 2 ? readSpecialty(textOf(opening.slice(Math.max(0, before - 3), before)).replace(/^.*\bin /, '')) : null;
  if (field) found.push(candidate('service.specialty', field, index, opening.slice(before - 2, before), 0.95));
  return found;
}

const opens = /^(see|evaluate|assess|review|refer|referring)$/i;

/** "I would be grateful if you would see … with …": whom, and why, in one sentence; the specialty is in the address over
 *  the greeting. */
function requested({ rows, index }: Sheet, words: readonly Word[], greeting: number): Candidate[] {
  const body = words.indexOf(rows[greeting]?.words[0] as Word);
  const verb = words.findIndex(({ text }, i) => i > body && i < body + 40 && opens.test(text));
  const sentence = verb < 0 ? [] : sentenceFrom(words, verb + 1);
  const reason = sentence.length < 6 ? null : readReason(textOf(sentence).replace(/\.$/, ''));
  const found = reason ? [candidate('service.reason', { ...reason, worth: 0.6 }, index, sentence, 0.9)] : [];
  const line = rows.slice(Math.max(0, greeting - 5), greeting).findLast((row) => fieldOf(row) !== null);
  const field = line ? fieldOf(line) : null;
  if (line && field) found.push(candidate('service.specialty', { ...field, worth: 0.8 }, index, line.words, 0.85));
  return found;
}

const fieldOf = ({ words, labels }: LabelledRow): Value | null =>
  labels.length > 0 ? null : readSpecialty(textOf(words));

function sentenceFrom(words: readonly Word[], first: number): readonly Word[] {
  const last = words.findIndex(({ text }, i) => i >= first && /[a-z0-9)\]%][.]$/i.test(text));
  return last >= first && last < first + longest ? words.slice(first, last + 1) : [];
}

/** Where the sentence begins that follows the one of thanks: behind its end, or behind "… consultation" when the point
 *  was lost. 0: nowhere. */
function reasonFrom(words: readonly Word[], thanks: number): number {
  const near = (i: number): boolean => i > thanks + 3 && i < thanks + 40;
  // "… of this practice. in urology consultation": a comma of thin print is read as a point.
  const goesOn = (i: number): boolean =>
    /^[\p{Ll}\d]/u.test(words[i + 1]?.text ?? '') && !isAsked(words[i]?.text ?? '');
  const end = words.findIndex(({ text }, i) => near(i) && /[.]$/.test(text) && !goesOn(i));
  const asked = words.findIndex(({ text }, i) => near(i) && isAsked(text) && /^\p{Lu}/u.test(words[i + 1]?.text ?? ''));
  return (asked >= 0 && (end < 0 || asked < end) ? asked : end) + 1;
}

/** "consultation" or "evaluation", with a slip or two. */
function isAsked(text: string): boolean {
  const word = text.toLowerCase().replace(/[^a-z]/g, '');
  return distance(word, 'consultation') <= 3 || distance(word, 'evaluation') <= 2;
}

const hurries = [
  /\b(?:consider this|this is an?|please treat this as|mark(?:ed)?|as an?|next|on an?) (?:referral )?(?:as )?(urgent|stat|routine|emergent)\b/i,
  /\b(?:an?|for) (urgent|stat|routine|emergent) (?:appointment|visit|consultation|review|evaluation|assessment)\b/i,
];

function hurried({ index, page }: Sheet, words: readonly Word[]): Candidate[] {
  const text = page.text.replace(/\s+/g, ' ');
  const asked = hurries.map((each) => each.exec(text)?.[1]).find((each) => each !== undefined);
  const urgency = asked === undefined ? null : readUrgency(asked);
  const at = words.filter((word) => new RegExp(`^${asked ?? '$'}`, 'i').test(word.text)).slice(0, 1);
  return urgency && at.length > 0 ? [candidate('service.urgency', urgency, index, at, 0.95)] : [];
}

function dated({ rows, index, today }: Sheet): Candidate[] {
  const row = rows.slice(0, 8).find((each) => isDay(each, today));
  const day = row ? readDate(textOf(row.words), today) : null;
  return row && day ? [candidate('service.date', day, index, row.words, 0.93)] : [];
}

/** Whom a letter is written to: what stands between its date and the next label, with a greeting to follow. */
export function addressee({ rows, today }: Sheet): readonly LabelledRow[] {
  const day = rows.findIndex((row) => isDay(row, today));
  const greeting = rows.findIndex(greets);
  if (day < 0 || greeting < day) return [];
  const end = rows.findIndex(({ labels }, at) => at === greeting || (at > day && labels.length > 0));
  return rows.slice(day + 1, end);
}

const greets = ({ words }: LabelledRow): boolean => /^dear$/i.test(words[0]?.text ?? '');

const isDay = ({ words, labels }: LabelledRow, today: string | null): boolean =>
  labels.length === 0 && words.length <= 4 && readDate(textOf(words), today) !== null;
