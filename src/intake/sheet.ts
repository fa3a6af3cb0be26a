import type { FieldName, PageKind } from '../core/entry.ts';
import type { Page, Word } from '../core/page.ts';
import { folded } from './lexicon.ts';
import type { LabelledRow } from './nearby.ts';
import type { Value } from './values.ts';

/** One page as the search sees it. */
export interface Sheet {
  readonly page: Page;
  readonly index: number;
  readonly kind: PageKind;
  readonly rows: readonly LabelledRow[];
  /** Labels are printed under the lines that are written on. */
  readonly labelsUnder: boolean;
  /** The latest day the papers speak of, ISO. */
  readonly today: string | null;
}

export interface Candidate {
  readonly name: FieldName;
  readonly value: string;
  readonly confidence: number;
  readonly page: number;
  readonly words: readonly Word[];
  readonly doubt: string | null;
  /** How surely its least sure word was read, and how far the printed form proves it: 0 to 1. */
  readonly sure: number;
  readonly worth: number;
  /** How sure one engine was of something else than the other read, 0 to 1. */
  readonly torn: number;
  /** Written by hand, perhaps. */
  readonly pen: boolean;
}

export const hardToRead = 'the print is hard to read here, or handwriting';

export function candidate(
  name: FieldName,
  { value, worth }: Value,
  page: number,
  words: readonly Word[],
  trust: number,
): Candidate {
  const torn = Math.max(0, ...words.map((word) => contradicted(word, words)));
  const sure = words.length === 0 ? 1 : Math.min(...words.map(({ confidence }) => confidence));
  const mended = worth < 0.8 ? 'a letter or digit was hard to read and was mended' : null;
  const hard = sure < 0.6 ? hardToRead : null;
  const doubt = hard ?? (torn > tornFrom ? 'it was read in two ways' : mended);
  const confidence = worth * trust * (1 - 0.7 * (1 - sure));
  return { name, value, page, words, confidence, doubt, sure, worth, torn, pen: false };
}

const bare = (text: string): string => folded(text).replaceAll(' ', '');
/** How sure one engine was of something else than the other read, 0 to 1. One may read as a word what the other reads as
 *  several: that is nothing else. */
export function contradicted({ text, twice }: Word, beside: readonly Word[]): number {
  if (twice === undefined) return 0;
  const [own, other] = [bare(text), bare(twice.said)];
  const joined = other.includes(own) && bare(beside.map((word) => word.text).join('')).includes(other);
  return sameSigns(text, twice.said) || own === other || joined ? 0 : twice.saidSurely;
}
/** "ROO.2" and "R00.2", "lvanov" and "Ivanov": both saw the same, and only name it otherwise. */
const sameSigns = (a: string, b: string): boolean => signsOf(a) === signsOf(b);
const signsOf = (text: string): string =>
  text.replace(/[Oo]/g, '0').replace(/[Il|]/g, '1').replace(/\W/g, '').toLowerCase();
/** An engine that is less sure of something else says little. */
const tornFrom = 0.3;

/** Two readings of a field say the same. */
export function keyOf(name: FieldName, value: string): string {
  if (!name.endsWith('.name')) return bare(value);
  const parts = folded(value).split(' ');
  return `${parts[0] ?? ''} ${parts.at(-1) ?? ''}`;
}
