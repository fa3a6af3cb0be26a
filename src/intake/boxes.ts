import { distance } from 'fastest-levenshtein';
import type { CheckBox, Word } from '../core/page.ts';
import { candidate, type Candidate, type Sheet } from './sheet.ts';
import { textOf } from './rows.ts';
import { readSex, readSpecialty, readUrgency, type Value } from './readers.ts';

export interface Ticked {
  readonly label: string;
  readonly words: readonly Word[];
  readonly box: CheckBox;
  readonly ticked: boolean;
}

/** The boxes of a page with the words right of them, and whether they are ticked: by ink against the empty ones. */
export function tickedOn({ page }: Pick<Sheet, 'page'>): Ticked[] {
  const boxes = page.boxes ?? [];
  const empty = boxes.map(({ ink }) => ink).sort((a, b) => a - b)[Math.floor(boxes.length / 3)] ?? 0;
  const needed = Math.max(0.09, Math.min(0.2, empty * 2 + 0.05));
  return boxes.map((box) => {
    const words = labelOf(page.words, box, boxes);
    return { label: textOf(words), words, box, ticked: box.ink >= needed };
  });
}

function labelOf(words: readonly Word[], { box }: CheckBox, boxes: readonly CheckBox[]): Word[] {
  const right = box.x + box.width;
  const level = (each: { readonly y: number; readonly height: number }): boolean =>
    Math.abs(each.y + each.height / 2 - box.y - box.height / 2) < Math.max(box.height, each.height) * 0.6;
  const next = Math.min(
    Infinity,
    ...boxes.filter((each) => level(each.box) && each.box.x > right).map((each) => each.box.x),
  );
  const beside = words
    .filter((word) => level(word.box) && word.box.x > right - 4 && word.box.x < next - 4)
    .sort((a, b) => a.box.x - b.box.x);
  const kept: Word[] = [];
  let edge = right;
  for (const word of beside) {
    if (word.box.x - edge > box.height * (kept.length === 0 ? 2.2 : 1.1)) break;
    kept.push(word);
    edge = word.box.x + word.box.width;
  }
  return kept.slice(0, 4);
}

/** Where the next box was not found, its label stands behind this one's. */
function choiceOf({ label, words }: Ticked, read: (text: string) => Value | null): Value | null {
  const [first, next] = words.flatMap(({ text }) => read(text) ?? []);
  if (first && next) return first;
  return words.length <= 3 ? read(label) : null;
}

/** The choices on the same line beside which no box was found: a bold mark breaks the square that we look for, so when
 *  all others are empty it is the one. */
function boxless(
  { page }: Sheet,
  group: readonly Choice[],
  read: (text: string) => Value | null,
): { readonly word: Word; readonly value: Value }[] {
  const row = group[0]?.words[0]?.box;
  if (!row) return [];
  const known = new Set(group.map(({ value }) => value.value));
  return page.words.flatMap((word) => {
    if (Math.abs(word.box.y - row.y) > row.height * 0.8) return [];
    const value = word.text.length > 2 ? read(word.text) : null;
    return value && !known.has(value.value) ? [{ word, value }] : [];
  });
}

/** What the engine makes of a small printed box with a cross or tick in it. */
const crossed = /^[[({|]?([xX×✓✔&®@MWBK]|Bd|BM|KX|IX|DX|[BK]4)[\])}|]?$/;

/** Boxes of the letters' own size are read as letters: among choices on one line, the one behind a crossed one. */
function crossedOn(
  { rows }: Sheet,
  read: (text: string) => Value | null,
): { readonly word: Word; readonly value: Value }[] {
  return rows.flatMap(({ words }) => {
    const choices = words.flatMap((word, at) => {
      const value = word.text.length > 2 ? read(word.text) : null;
      return value ? [{ word, value, is: crossed.test(words[at - 1]?.text ?? '') }] : [];
    });
    const picked = choices.filter(({ is }) => is);
    return choices.length >= 2 && picked.length === 1 ? picked : [];
  });
}

const urgencies = ['routine', 'urgent', 'stat'];

/** The only tick, beside a word that was misread: of three urgencies the one that has no other box, if it is like it. */
function misreadBeside(
  all: readonly Ticked[],
  group: readonly Choice[],
): { readonly word: Word; readonly value: Value } | null {
  const known = group.map(({ value }) => value.value);
  const left = urgencies.filter((each) => !known.includes(each));
  const row = group[0]?.box.box;
  const level = all.filter(({ box, ticked }) => ticked && row && Math.abs(box.box.y - row.y) < row.height);
  const [only, other] = level;
  const [word, value] = [only?.words[0], left[0]];
  if (!word || value === undefined || other || left.length > 1) return null;
  const said = word.text.toLowerCase().replace(/[^a-z]/g, '');
  return distance(said, value) <= value.length / 2 ? { word, value: { value, worth: 0.6 } } : null;
}

interface Choice extends Ticked {
  readonly value: Value;
}

const asked = [
  ['service.urgency', readUrgency],
  ['patient.sex', readSex],
  ['service.specialty', readSpecialty],
] as const;

function groupOf(all: readonly Ticked[], read: (text: string) => Value | null): Choice[] {
  const group = all.flatMap((each) => {
    const value = choiceOf(each, read);
    return value ? [{ ...each, value }] : [];
  });
  return group.length < 2 ? [] : group;
}

/** The words beside boxes of which one is to be ticked: none of them is a value by itself. */
export function choicesOn(sheet: Sheet): ReadonlySet<Word> {
  const all = tickedOn(sheet);
  return new Set(asked.flatMap(([, read]) => groupOf(all, read).flatMap(({ words }) => words)));
}

/** Urgency, sex and specialty by what is ticked. Two ticks, or none, say nothing. */
export function boxCandidates(sheet: Sheet): Candidate[] {
  if (sheet.kind === 'cover') return [];
  const all = tickedOn(sheet);
  return asked.flatMap(([name, read]): Candidate[] => {
    const group = groupOf(all, read);
    const [only, other] = group.filter(({ ticked }) => ticked);
    if (only) return other ? [] : [candidate(name, only.value, sheet.index, only.words, 0.99)];
    const [letter, second] = crossedOn(sheet, read);
    if (letter)
      return second ? [] : [candidate(name, { ...letter.value, worth: 0.7 }, sheet.index, [letter.word], 0.85)];
    if (group.length === 0) return [];
    const misread = name === 'service.urgency' ? misreadBeside(all, group) : null;
    const [left, more] = misread ? [misread] : boxless(sheet, group, read);
    return left && !more ? [candidate(name, left.value, sheet.index, [left.word], 0.85)] : [];
  });
}
