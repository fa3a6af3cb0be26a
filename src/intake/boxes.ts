import { distance } from 'fastest-levenshtein';
import type { Box, CheckBox, Word } from '../core/page.ts';
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
  const beside = boxes.map((box) => labelOf(page.words, box, boxes));
  const free = page.words.filter((word) => !beside.some((words) => words.includes(word)));
  return boxes.map((box, at) => {
    const words = beside[at]?.length ? beside[at] : wrapped(free, box, boxes);
    return { label: textOf(words), words, box, ticked: box.ink >= needed };
  });
}

function labelOf(words: readonly Word[], { box }: CheckBox, boxes: readonly CheckBox[]): Word[] {
  const right = box.x + box.width;
  const next = Math.min(
    Infinity,
    ...boxes.filter((each) => level(each.box, box) && each.box.x > right).map((each) => each.box.x),
  );
  const beside = words.filter((word) => level(word.box, box) && word.box.x > right - 4 && word.box.x < next - 4);
  return run(beside, box.height, right, 2.2);
}

/** The label of a box that ends its line: it begins the next one, before whatever box stands there. */
function wrapped(free: readonly Word[], { box }: CheckBox, boxes: readonly CheckBox[]): Word[] {
  const row = boxes.filter((each) => level(each.box, box));
  if (row.length < 2 || row.some((each) => each.box.x > box.x)) return [];
  const left = Math.min(...row.map((each) => each.box.x)) - box.height * 3;
  const below = ({ y, height }: Box): boolean =>
    y + height / 2 > box.y + box.height && y + height / 2 < box.y + box.height * 2.6;
  const end = Math.min(box.x, ...boxes.filter((each) => below(each.box)).map((each) => each.box.x));
  const words = free.filter((word) => below(word.box) && word.box.x > left && word.box.x < end);
  return run(words, box.height, left, 6);
}

const level = (a: Box, b: Box): boolean =>
  Math.abs(a.y + a.height / 2 - b.y - b.height / 2) < Math.max(a.height, b.height) * 0.6;

/** Words that follow each other from `edge` on, four at most.
 *  @param first the widest gap before them, in heights of the box */
function run(words: readonly Word[], height: number, edge: number, first: number): Word[] {
  const kept: Word[] = [];
  for (const word of words.toSorted((a, b) => a.box.x - b.box.x)) {
    if (word.box.x - edge > height * (kept.length === 0 ? first : 1.1)) break;
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

/** One letter may be wrong: beside a box stands a choice. Too many words are like "stat". */
function urgencyOf(text: string): Value | null {
  const said = text.toLowerCase().replace(/[^a-z]/g, '');
  const near = urgencies.filter((each) => each.length > 4 && distance(said, each) === 1);
  return readUrgency(text) ?? (near[0] === undefined ? null : { value: near[0], worth: 0.75 });
}

const asked = [
  ['service.urgency', urgencyOf],
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
