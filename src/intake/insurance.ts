import type { Word } from '../core/page.ts';
import type { LabelledRow } from './nearby.ts';
import * as read from './readers.ts';
import { textOf } from './rows.ts';
import { candidate, type Candidate, type Sheet } from './sheet.ts';

/** "Insurance: Tricare East ID 432-23-6273 Group 12", or the same in a sentence or under a heading: the payer, and the numbers
 *  that follow it in its line. */
export const insuranceLines = ({ rows, index }: Sheet): Candidate[] =>
  rows.flatMap((row, at) => {
    const words = spoken(row, rows[at - 1]);
    return words ? [...payerOf(words, row, index), ...numbersOf(words, index)] : [];
  });

const by = /^(with|by|through|under|is)$/i;

/** The words of a row that speak of an insurance; null when none do. */
function spoken(row: LabelledRow, before: LabelledRow | undefined): readonly Word[] | null {
  const label = row.labels.find(({ side }) => side === 'coverage');
  if (label) return row.words.slice(label.to);
  const told = row.words.findIndex(
    ({ text }, i) => /^insur(ed|ance)$/i.test(text) && by.test(row.words[i + 1]?.text ?? ''),
  );
  if (told >= 0) return row.words.slice(told + 2);
  const [heading] = before?.labels ?? [];
  const headed = heading?.side === 'coverage' && heading.to === before?.words.length;
  return headed && row.labels.length === 0 ? row.words : null;
}

/** A form's label gives its payer already. */
function payerOf(words: readonly Word[], { labels }: LabelledRow, index: number): Candidate[] {
  const comma = words.findIndex(({ text }) => text.endsWith(','));
  const own = words.slice(0, comma + 1);
  const payer = labels.length > 0 || comma < 0 ? null : read.readPayer(textOf(own));
  return payer ? [candidate('coverage.payer', payer, index, own, 0.9)] : [];
}

const marks = [
  ['coverage.memberId', /^([i1l|]d|member|policy|subscriber)[#:]*$/i, read.readMemberId],
  ['coverage.group', /^(group|grp)[#:]*$/i, read.readGroup],
] as const;

const numbersOf = (words: readonly Word[], index: number): Candidate[] =>
  marks.flatMap(([name, mark, readNumber]) => {
    const at = words.findIndex(({ text }) => mark.test(text));
    const after = at < 0 ? [] : words.slice(at + 1).filter(({ text }) => !/^[#:]$|^(no|number|id)[.:#]*$/i.test(text));
    const own = after.slice(0, 1);
    const value = readNumber(textOf(own));
    return value && own.length > 0 ? [candidate(name, value, index, own, 0.92)] : [];
  });
