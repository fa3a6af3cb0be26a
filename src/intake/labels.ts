import { distance } from 'fastest-levenshtein';
import type { Word } from '../core/page.ts';
import { folded, lexicon, type Entry } from './lexicon.ts';
import { heightOf, textOf, type Row } from './rows.ts';

export interface Label extends Entry {
  readonly text: string;
  /** Words of the row it covers: from, and up to but without. */
  readonly from: number;
  readonly to: number;
  /** Letters matched without a slip. */
  readonly exact: boolean;
  /** Printed with a colon. */
  readonly closed: boolean;
}

const longest = 5;

/** Every label on a row, left to right, the longest match first; none overlap. */
export function labelsOf({ words }: Row): Label[] {
  const found: Label[] = [];
  for (let from = 0; from < words.length; from++) {
    const label = labelAt(words, from);
    if (!label) continue;
    found.push(label);
    from = label.to - 1;
  }
  return found;
}

/** The label that says most of what stands there: a slip costs two letters, so that no short word behind a long label is
 *  taken for slips of it ("Reason for Referral ANA …"). */
function labelAt(words: readonly Word[], from: number): Label | null {
  const height = heightOf(words);
  let best: Label | null = null;
  let most = 0;
  for (let length = Math.min(longest, words.length - from); length > 0; length--) {
    const part = words.slice(from, from + length);
    // "Essential (primary) hypertension"
    if (gapInside(part, height) || closesEarly(part) || /^\(.*\)$/.test(textOf(part))) continue;
    const match = likest(part);
    const closed = /[:;#?)]['"]?$/.test(part.at(-1)?.text ?? '');
    if (!match || !(closed || opensHere(words, from, from + length, height))) continue;
    if (!closed && isInside(words, from, from + length, height, match.slips === 0)) continue;
    if (!begins(words, from, height) && part.some((_, i) => i > 0 && begins(words, from + i, height))) continue;
    // "Family Doctors Phone:": what stands close behind other words may be theirs.
    if (length > 1 && match.slips > 0 && !begins(words, from, height) && !words[from - 1]?.text.endsWith(':')) continue;
    const said = match.letters - 2 * match.slips;
    if (best && said <= most) continue;
    most = said;
    best = { ...match.entry, text: match.name, exact: match.slips === 0, closed, from, to: from + length };
  }
  return best;
}

/** The label that words are likest to, in either engine's reading. */
function likest(part: readonly Word[]): (Nearest & { readonly letters: number }) | null {
  const found = sayings(part).flatMap((printed) => {
    const text = folded(printed);
    const numbered = printed.includes('#') ? nearest(folded(printed.replace('#', ' no '))) : null;
    const match = numbered ?? nearest(text);
    return match ? [{ ...match, letters: text.length }] : [];
  });
  return found.toSorted((a, b) => a.slips - b.slips)[0] ?? null;
}

/** What both engines read; the second one reads several words at once now and then. */
function sayings(part: readonly Word[]): string[] {
  const first = part.map(({ text }) => text).join(' ');
  if (!part.some(({ twice }) => twice)) return [first];
  // Where it read nothing it says nothing: the figures behind a label are none of it.
  const second = part.map(({ text, twice }) => (twice && twice.said !== '' ? twice.said : text));
  return [first, second.filter((text, at) => at === 0 || text !== second[at - 1]).join(' ')];
}

/** A colon ends a label: in "Patient: Ada Lee" the name is no part of it. */
const closesEarly = (part: readonly Word[]): boolean => part.slice(0, -1).some(({ text }) => text.endsWith(':'));

/** Specks and bits of ruled lines are read as letters, unsurely. */
const noise = 0.4;
/** The number of an item, as forms for the public print it before a label: "7.", "12)", "b.". */
export const itemNumber = /^\W*(\d{1,2}[a-z]?\W*|[a-z][.)])$/i;

/** Without a colon a label begins with a capital, unless its item's number says that it is one. A large I is read as a small
 *  one, and an l, where nothing follows that would make it a word of a sentence, and any letter as a small one where another
 *  word of the label has a large one. */
function opensHere(words: readonly Word[], from: number, to: number, height: number): boolean {
  const text = words[from]?.text ?? '';
  const apart = to >= words.length || begins(words, to, height);
  const risen = words.slice(from + 1, to).some((word) => /^\p{Lu}/u.test(word.text));
  const capital = /^[\W_]*[\p{Lu}\d]/u.test(text) || (apart && (risen || /^[il]/.test(text)));
  const before = words[from - 1]?.text ?? '';
  return begins(words, from, height) && (capital || /^\W+$/.test(before) || isItem(before));
}

/** Some fonts have wide spaces: what stands between words that no gap parts from it is no label, nor what is only like one
 *  behind such a word ("Lakeshore Primary Care"). */
function isInside(words: readonly Word[], from: number, to: number, height: number, exact: boolean): boolean {
  const spoken = (at: number): boolean => /^\p{L}{3,}$/u.test(words[at]?.text ?? '');
  const end = exact ? to + 1 : to;
  return spoken(from - 1) && (!exact || spoken(to)) && !gapInside(words.slice(from - 1, end), height);
}

/** Its figures are small, and read as letters: "U1,", "Il.". */
const isItem = (text: string): boolean => itemNumber.test(text) || /^\W*[\dIlUOS]{1,2}[.,)]$/.test(text);

/** A label begins a row, stands apart from what is left of it, or has its item's number before it. */
function begins(words: readonly Word[], from: number, height: number): boolean {
  const [before, word] = [words[from - 1], words[from]];
  if (!before || !word) return true;
  const apart = word.box.x - before.box.x - before.box.width > height * 0.9;
  const numbered = isItem(before.text) && begins(words, from - 1, height);
  return apart || /^[|_\W]+$/.test(before.text) || before.confidence < noise || numbered;
}

function gapInside(part: readonly Word[], height: number): boolean {
  return part.some((word, i) => {
    const before = part[i - 1];
    return before !== undefined && word.box.x - before.box.x - before.box.width > height * 1.6;
  });
}

/** Labels by how many letters they have, each with the letters in it as bits. */
const byLength = Map.groupBy(
  [...lexicon].map(([name, entry]) => ({ name, entry, letters: lettersOf(name) })),
  ({ name }) => name.length,
);
const slipsIn = (length: number): number => Math.floor(length / (length < 12 ? 5 : 4));
const mostSlips = slipsIn(Math.max(...byLength.keys()));

interface Nearest {
  readonly name: string;
  readonly entry: Entry;
  readonly slips: number;
}

/** One slip of the reader for every five letters, for every four in long labels. */
function nearest(text: string): Nearest | null {
  const same = lexicon.get(text);
  if (same) return { name: text, entry: same, slips: 0 };
  if (text.length < 5) return null;
  const letters = lettersOf(text);
  let best: Nearest | null = null;
  for (let length = Math.max(5, text.length - mostSlips); length <= text.length + mostSlips; length++) {
    const most = slipsIn(length);
    if (Math.abs(length - text.length) > most) continue;
    for (const { name, entry, letters: own } of byLength.get(length) ?? []) {
      // A slip changes one letter into another at most: two bits. Most labels are ruled out here.
      if (bits(own ^ letters) > most * 2) continue;
      const slips = distance(name, text);
      if (slips <= most && (!best || slips < best.slips) && alikeByWord(name, text)) best = { name, entry, slips };
    }
  }
  return best ?? asksWhy(text);
}

const asked = ['referral', 'consultation', 'visit'];

/** "Reacen fur relereai": the whole says what its words, each read badly, do not. */
function asksWhy(text: string): Nearest | null {
  const [first = '', middle = '', last = '', ...others] = text.split(' ');
  const entry = lexicon.get('reason for referral');
  if (!entry || others.length > 0 || distance(first, 'reason') > 2 || !/^[ft][a-z]{1,2}$/.test(middle)) return null;
  const slips = Math.min(
    ...asked.map((word) => (distance(last, word) <= word.length / 2 ? distance(last, word) : Infinity)),
  );
  return slips < Infinity ? { name: 'reason for referral', entry, slips: slips + 1 } : null;
}

/** Slips lie scattered: where a whole word is another one it is another label ("order information", "payor information"). */
function alikeByWord(name: string, text: string): boolean {
  const [a, b] = [name.split(' '), text.split(' ')];
  return a.length !== b.length || a.every((word, i) => distance(word, b[i] ?? '') <= Math.ceil(word.length / 3));
}

/** Whether a text is nothing but the name of something that forms ask for. */
export const isLabel = (text: string): boolean => nearest(folded(text)) !== null;

/** Whether a short text is like such a name, its item's number before it: what stands beside a label may be the next one,
 *  hardly read. */
export function likeLabel(text: string): boolean {
  const words = folded(text).replace(/^\w{1,2} /, '');
  const slips = Math.floor(words.length / 3);
  const near = (name: string): boolean =>
    Math.abs(name.length - words.length) <= slips && distance(name, words) <= slips;
  return words.length >= 6 && words.length <= 14 && [...lexicon.keys()].some(near);
}

/** Which letters and digits a folded text has, as bits; digits share six of them. */
function lettersOf(text: string): number {
  let found = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    found |= 1 << (code >= 97 ? code - 97 : 26 + (code % 6));
  }
  return found;
}

function bits(value: number): number {
  let count = 0;
  for (let rest = value; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
