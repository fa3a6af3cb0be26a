import type { Word } from '../core/page.ts';
import { base, from, slopes } from './hand-weights.ts';
import { contradicted, hardToRead, type Candidate, type Sheet } from './sheet.ts';
import { asWritten } from './written.ts';

const leastValues = 3;

/** Whether a form was filled in by pen: its printed labels were read surely, the words beside them were not. A page that
 *  is poor all over is no such form. */
export function filledByHand(sheet: Sheet, candidates: readonly Candidate[]): 'no' | 'poor' | 'perhaps' | 'surely' {
  const traits = handTraits(sheet, candidates);
  if (!traits) return 'no';
  const sum = traits.reduce((total, trait, at) => total + trait * (slopes[at] ?? 0), base);
  const chance = 1 / (1 + Math.exp(-sum));
  if (chance < from.perhaps) return 'no';
  if ((traits[0] ?? 1) < penFigures && printRead(sheet, candidates) < poorPrint) return 'poor';
  return chance >= from.surely ? 'surely' : 'perhaps';
}

/** Of a pen's figures at least every other one is read in two ways; where the print around them is lost as well and they
 *  are not, the way was poor, not the hand. Labels alone do not show it: those that are lost are none. */
const penFigures = 0.5;
const poorPrint = 0.6;

/** How much of the words that are no values was read surely. */
function printRead({ rows }: Sheet, candidates: readonly Candidate[]): number {
  const values = new Set(candidates.flatMap(({ words }) => words));
  const others = rows.flatMap(({ words }) => words.filter((word) => !values.has(word) && /\p{L}{3}/u.test(word.text)));
  return others.filter((word) => atFirst(word) >= 0.9).length / Math.max(1, others.length);
}

/** What speaks for a pen, in the order of `slopes`: of the figures beside labels those that two engines read differently, of
 *  the other words those that were hardly read, of the figures those that were read surely, and the same of the labels.
 *  Null: too little stands there. */
export function handTraits(sheet: Sheet, candidates: readonly Candidate[]): number[] | null {
  const labels = sheet.rows.flatMap(({ words, labels: own }) => own.flatMap(({ from, to }) => words.slice(from, to)));
  const values = candidates.filter(({ words }) => words.length > 0);
  if (values.length < leastValues || labels.length < leastValues) return null;
  const filled = [...new Set(values.flatMap(({ words }) => words))].filter(
    (word) => !labels.includes(word) && telling(word),
  );
  const [figures, letters] = [filled.filter(isFigure), filled.filter((word) => !isFigure(word))];
  return [
    share(figures, (word) => unsettled(word, filled), 0.03),
    share(letters, (word) => hardlyRead(word, filled), 0.05),
    share(figures, surelyRead, 0.5),
    share([...new Set(labels)].filter(telling), surelyRead, 0.8),
  ];
}

/** How sure the engine was that knows print alone: the second one reads pens as well. */
const atFirst = ({ confidence, twice }: Word): number => twice?.first ?? confidence;
const surelyRead = (word: Word): boolean => atFirst(word) >= 0.95;
/** Two engines differ, or one was unsure and the other never asked. */
const unsettled = (word: Word, beside: readonly Word[]): boolean =>
  contradicted(word, beside) > 0 || (word.twice === undefined && atFirst(word) < 0.7);
const hardlyRead = (word: Word, beside: readonly Word[]): boolean =>
  atFirst(word) < 0.9 && (contradicted(word, beside) > 0 || word.confidence <= 0.95);
const isFigure = ({ text }: Word): boolean => /\d/.test(text);

/** Neither a stroke nor a comb, whose lines between the figures are read as all kinds of strokes, nor on a dotted line. */
const telling = ({ text, twice }: Word): boolean =>
  (text.match(/[\p{L}\p{N}]/gu) ?? []).length > 1 &&
  [text, twice?.said ?? ''].every((each) => strokes(each) < 3 && !/\.{4}/.test(each));
const strokes = (text: string): number => (text.match(/[|\][(){}/\\]/g) ?? []).length;

/** Few words say little: three of the usual share are added. */
const share = (words: readonly Word[], is: (word: Word) => boolean, usual: number): number =>
  (words.filter(is).length + 3 * usual) / (words.length + 3);

/** What is read of handwriting is for a person to compare with the page, however sure the engine is. */
export const doubtedAsHand = (candidates: readonly Candidate[]): Candidate[] =>
  candidates.map((each) => asWritten({ ...each, confidence: each.confidence * 0.6, doubt: handwriting, pen: true }));

/** What may be written by hand is offered by the same measure, and never taken unseen: pens make of a nine what both
 *  engines take for a four. */
export const doubted = (candidates: readonly Candidate[]): Candidate[] =>
  candidates.map((each) => ({ ...each, doubt: each.doubt ?? hardToRead, pen: true }));

/** What hardly came through is never taken unseen. */
export const poor = (candidates: readonly Candidate[]): Candidate[] =>
  candidates.map((each) => ({ ...each, doubt: each.doubt ?? hardToRead }));

export const handwriting = 'handwriting';

/** What a person is told in its place. */
export const toBeTyped = 'handwritten: please type what the picture shows';
