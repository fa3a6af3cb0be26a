import type { Word } from '../core/page.ts';
import type { Candidate, Sheet } from './sheet.ts';

const leastValues = 3;
const leastGap = 0.25;

/** Whether a form was filled in by pen: its printed labels were read surely, the words beside them were not. A page that
 *  is poor all over is no such form. */
export function isHandFilled({ rows }: Sheet, candidates: readonly Candidate[]): boolean {
  const labels = rows.flatMap(({ words, labels }) => labels.flatMap(({ from, to }) => words.slice(from, to)));
  const values = candidates.filter(({ words }) => words.length > 0);
  if (values.length < leastValues || labels.length < leastValues) return false;
  return surenessOf(labels) - surenessOf(values.flatMap(({ words }) => words)) > leastGap;
}

const surenessOf = (words: readonly Word[]): number =>
  words.reduce((sum, { confidence }) => sum + confidence, 0) / Math.max(1, words.length);

/** What is read of handwriting is for a person to compare with the page: often wrong however sure the engine is. */
export const doubtedAsHand = (candidates: readonly Candidate[]): Candidate[] =>
  candidates.map((each) => ({ ...each, confidence: each.confidence * 0.6, doubt: handwriting }));

export const handwriting = 'handwriting';

/** Below this a guess at handwriting is not shown: on the sample's forms one in five was right, and people take over what
 *  they are shown. */
export const leastOfHand = 0.9;

/** What a person is told in its place. */
export const toBeTyped = 'handwritten: please type what the picture shows';
