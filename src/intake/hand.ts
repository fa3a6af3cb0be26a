import type { Word } from '../core/page.ts';
import { qualityOf } from './chance.ts';
import { hardToRead, type Candidate, type Sheet } from './sheet.ts';
import { asWritten } from './written.ts';

const leastValues = 3;
/** How much less sure values must be than labels: on average, and as the share of unsure words, at fine resolution and at
 *  standard, which spoils small print more than large, however it was filled in. */
const gap = 0.25;
const shares = { fine: { perhaps: 0.15, surely: 0.2 }, coarse: { perhaps: 0.2, surely: 0.45 } };

/** Whether a form was filled in by pen: its printed labels were read surely, the words beside them were not. A page that
 *  is poor all over is no such form. */
export function filledByHand(sheet: Sheet, candidates: readonly Candidate[]): 'no' | 'perhaps' | 'surely' {
  const labels = sheet.rows.flatMap(({ words, labels: own }) => own.flatMap(({ from, to }) => words.slice(from, to)));
  const values = candidates.filter(({ words }) => words.length > 0);
  if (values.length < leastValues || labels.length < leastValues) return 'no';
  const printed = labels.map(atFirst);
  const filled = values.flatMap(({ words }) => words.map(atFirst));
  const share = unsure(filled) - unsure(printed);
  const { perhaps, surely } = shares[qualityOf(sheet.page).coarse ? 'coarse' : 'fine'];
  if (mean(printed) - mean(filled) > gap || share > surely) return 'surely';
  return share > perhaps ? 'perhaps' : 'no';
}

/** How sure the engine was that knows print alone: the second one reads pens as well. */
const atFirst = ({ confidence, twice }: Word): number => twice?.first ?? confidence;
const mean = (shares: readonly number[]): number =>
  shares.reduce((sum, each) => sum + each, 0) / Math.max(1, shares.length);
const unsure = (words: readonly number[]): number => mean(words.map((sure) => Number(sure < 0.9)));

/** What is read of handwriting is for a person to compare with the page, however sure the engine is. */
export const doubtedAsHand = (candidates: readonly Candidate[]): Candidate[] =>
  candidates.map((each) => asWritten({ ...each, confidence: each.confidence * 0.6, doubt: handwriting, pen: true }));

/** Nothing on a page that may be written by hand is taken unseen: pens make of a nine what both engines take for a four. */
export const doubted = (candidates: readonly Candidate[]): Candidate[] =>
  candidates.map((each) => ({ ...each, doubt: each.doubt ?? hardToRead }));

export const handwriting = 'handwriting';

/** What a person is told in its place. */
export const toBeTyped = 'handwritten: please type what the picture shows';
