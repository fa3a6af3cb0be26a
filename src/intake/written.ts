import { distance } from 'fastest-levenshtein';
import type { Word } from '../core/page.ts';
import { usualName } from './common-names.ts';
import { payers } from './coverage.ts';
import { specialties } from './details.ts';
import { practiceLike, practiceWords } from './prose.ts';
import { textOf } from './rows.ts';
import type { Candidate } from './sheet.ts';
import { readName } from './values.ts';

/** A value in handwriting as it is usually written, worth more the less had to be changed: names, payers and specialties
 *  are few, and a letter or two of them is easily misread. */
export function asWritten(candidate: Candidate): Candidate {
  const { name, value, words } = candidate;
  const other = words.map(({ text, twice }) => twice?.said ?? text).join(' ');
  if (name === 'patient.name' || name === 'referrer.name') {
    const names = [value, readName(other)?.value ?? ''].filter(Boolean).map((each) => nameOf(candidate, each));
    return names.toSorted((a, b) => b.worth - a.worth)[0] ?? candidate;
  }
  if (name === 'referrer.practice') return practiceOf(candidate);
  const list = name === 'coverage.payer' ? payers : name === 'service.specialty' ? specialties : [];
  const like = [value === '' ? textOf(words) : value, other].flatMap((each) => among(list, each) ?? []);
  const [best] = like.toSorted((a, b) => a.wrong - b.wrong);
  if (!best) return list.length > 0 ? { ...candidate, worth: candidate.worth * unlisted } : candidate;
  return { ...candidate, value: best.name, worth: 1 - best.wrong, confidence: Math.max(candidate.confidence, 0.3) };
}

/** There are more payers than we know, but a known one misread is likelier. */
const unlisted = 0.4;

/** Of its words those that many practices have, as they are spelt. */
function practiceOf(candidate: Candidate): Candidate {
  const words = candidate.value.split(' ');
  const mended = words.map((word) => (practiceLike.test(word) ? word : (practiceWord(word) ?? word)));
  const slips = mended.filter((word, at) => word !== words[at]).length;
  return { ...candidate, value: mended.join(' '), worth: candidate.worth * 0.7 ** slips };
}

/** A letter in every five may be wrong. */
const practiceWord = (word: string): string | undefined =>
  practiceWords
    .filter((each) => each.length >= 5 && distance(each, word.toLowerCase()) <= Math.floor(each.length / 5))
    .map(capital)[0];

function nameOf(candidate: Candidate, said: string): Candidate {
  const tokens = said.split(' ');
  const firm = new Set(candidate.words.filter(isFirm).map(({ text }) => letters(text)));
  const known = [usual(tokens[0], 'given', firm), usual(tokens.at(-1), 'family', firm)] as const;
  const slips = known.reduce((sum, each) => sum + (each?.slips ?? 3), 0);
  const [given, family] = known.map((each, i) => each?.name ?? tokens.at(-i) ?? '');
  const value = [given, ...tokens.slice(1, -1), family].join(' ');
  const worth = (candidate.value === '' ? 0.9 : candidate.worth) * Math.max(0.2, 1 - slips * 0.15);
  return { ...candidate, value, worth, confidence: Math.max(candidate.confidence, 0.3) };
}

/** Read well, and by no engine otherwise: no list of names is longer than the world's. */
const isFirm = ({ text, confidence, twice }: Word): boolean =>
  confidence >= 0.85 && (twice === undefined || letters(twice.said) === letters(text));

/** As it is usually written; what was read well stays, and costs a slip where it is on no list. */
function usual(
  token = '',
  kind: 'given' | 'family',
  firm: ReadonlySet<string>,
): { readonly name: string; readonly slips: number } | null {
  const said = letters(token);
  const like = usualName(said, kind);
  if (firm.has(said) && like?.slips !== 0) return { name: token, slips: 1 };
  return like && { ...like, name: capital(like.name) };
}

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** Letters that may be wrong, of those of the longer. */
const mostWrong = 0.3;

/** The one of a list that is most like what was read, and how much of it is not. */
function among(list: readonly string[], text: string): { readonly name: string; readonly wrong: number } | null {
  const said = letters(text);
  if (said.length < 3) return null;
  const [best, ...others] = list
    .map((name) => ({ name, wrong: distance(letters(name), said) / Math.max(letters(name).length, said.length) }))
    .sort((a, b) => a.wrong - b.wrong);
  const second = others.find(({ name }) => letters(name) !== letters(best?.name ?? ''));
  if (!best || best.wrong > mostWrong || (second && second.wrong < best.wrong + 0.1 && best.wrong > 0)) return null;
  return best;
}

const letters = (text: string): string => text.toLowerCase().replace(/[^a-z]/g, '');
