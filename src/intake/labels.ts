import type { Word } from '../core/page.ts';
import { folded, lexicon, type Entry } from './lexicon.ts';
import { heightOf, type Row } from './rows.ts';

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

function labelAt(words: readonly Word[], from: number): Label | null {
  const height = heightOf(words);
  for (let length = Math.min(longest, words.length - from); length > 0; length--) {
    const part = words.slice(from, from + length);
    if (gapInside(part, height) || closesEarly(part)) continue;
    const text = folded(part.map((word) => word.text).join(' '));
    const match = nearest(text);
    const closed = /[:#)]['"]?$/.test(part.at(-1)?.text ?? '');
    const loose = !closed;
    if (!match || (loose && !(begins(words, from, height) && /^\W*[\p{Lu}\d]/u.test(part[0]?.text ?? '')))) continue;
    return { ...match.entry, text: match.name, exact: match.exact, closed, from, to: from + length };
  }
  return null;
}

/** A colon ends a label: in "Patient: Ada Lee" the name is no part of it. */
const closesEarly = (part: readonly Word[]): boolean => part.slice(0, -1).some(({ text }) => text.endsWith(':'));

/** A label begins a row or stands apart from what is left of it. */
function begins(words: readonly Word[], from: number, height: number): boolean {
  const [before, word] = [words[from - 1], words[from]];
  if (!before || !word) return true;
  return word.box.x - before.box.x - before.box.width > height * 0.9 || /^[|_\W]+$/.test(before.text);
}

function gapInside(part: readonly Word[], height: number): boolean {
  return part.some((word, i) => {
    const before = part[i - 1];
    return before !== undefined && word.box.x - before.box.x - before.box.width > height * 1.6;
  });
}

/** One slip of the reader for every five letters, for every four in long labels. */
function nearest(text: string): { readonly name: string; readonly entry: Entry; readonly exact: boolean } | null {
  const same = lexicon.get(text);
  if (same) return { name: text, entry: same, exact: true };
  if (text.length < 5) return null;
  for (const [name, entry] of lexicon) {
    const slips = Math.floor(name.length / (name.length < 12 ? 5 : 4));
    if (slips > 0 && Math.abs(name.length - text.length) <= slips && distance(name, text) <= slips)
      return { name, entry, exact: false };
  }
  return null;
}

/** Levenshtein distance. */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1];
    for (const [j, other] of Array.from(b).entries()) {
      const [left, up, corner] = [next[j] ?? 0, row[j + 1] ?? 0, row[j] ?? 0];
      next.push(Math.min(left + 1, up + 1, corner + (letter === other ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
