import type { Word } from '../core/page.ts';
import type { Label } from './labels.ts';
import type { Side } from './lexicon.ts';
import { above, below, rightOf, type LabelledRow } from './nearby.ts';
import { addressee } from './letter.ts';
import { practiceLike } from './prose.ts';
import { readCode } from './diagnoses.ts';
import * as read from './readers.ts';
import { heightOf, textOf } from './rows.ts';
import type { Sheet } from './sheet.ts';
import { sideOf } from './sides.ts';

/** What a value is by its own form, whatever announces it. */
export type Shape =
  | 'date'
  | 'sex'
  | 'phone'
  | 'npi'
  | 'codes'
  | 'specialty'
  | 'payer'
  | 'address'
  | 'practice'
  | 'clinician'
  | 'number'
  | 'text';

/** Words that stand together, apart from all others, and that no label announces. */
export interface Cell {
  readonly row: LabelledRow;
  readonly words: readonly Word[];
  readonly text: string;
  readonly shape: Shape;
  /** Whose matter it is: by what else stands in its row, else by what is printed over it. */
  readonly side: Side | null;
}

/** Widest gap within a cell, in heights of its letters. */
const widest = 1.6;
/** Scraps of a label that was not made out, and specks. */
const scrap = 0.4;

/** Every cell of a page that no label announces, from top to bottom. */
export function cellsOf(sheet: Sheet): Cell[] {
  const taken = announced(sheet);
  const others = addressee(sheet);
  return sheet.rows.flatMap((row) => {
    if (others.includes(row)) return [];
    const own = partsOf(row).map((words) => ({ words, text: textOf(words), shape: shapeOf(textOf(words), sheet) }));
    const told = own.map(({ shape }) => sideBy[shape]).filter((side) => side !== undefined);
    const [only, other] = new Set(told);
    return own
      .filter(({ words }) => !words.some((word) => taken.has(word)))
      .map((each) => ({ ...each, row, side: only && !other ? only : sideAt(sheet, row, each.words) }));
  });
}

/** What tells whose row it stands in. A specialist's address and telephone look like everybody's. */
const sideBy: Readonly<Partial<Record<Shape, Side>>> = {
  sex: 'patient',
  npi: 'referrer',
  clinician: 'referrer',
  practice: 'referrer',
  codes: 'service',
  specialty: 'service',
};

/** Words that labels announce, as far as these were made out: they have their field already, or none that we look for. */
function announced(sheet: Sheet): Set<Word> {
  const { rows, labelsUnder } = sheet;
  const of = (row: LabelledRow, label: Label): readonly Word[] => {
    if (label.section) return [];
    const beside = rightOf(row, label);
    const near = beside.filter(({ confidence }) => confidence >= scrap);
    return near.length > 0 ? near : labelsUnder ? above(rows, row, label) : below(rows, row, label);
  };
  return new Set(rows.flatMap((row) => row.labels.flatMap((label) => of(row, label))));
}

/** A row without its labels, cut where it is wide open. */
function partsOf({ words, labels }: LabelledRow): Word[][] {
  const height = heightOf(words);
  const parts: Word[][] = [];
  let last: Word | null = null;
  for (const [at, word] of words.entries()) {
    const isLabel = labels.some(({ from, to }) => at >= from && at < to);
    if (isLabel || !/[\p{L}\p{N}]/u.test(word.text)) {
      last = null;
      continue;
    }
    const near = last !== null && word.box.x - last.box.x - last.box.width <= height * widest;
    if (near) parts.at(-1)?.push(word);
    else parts.push([word]);
    last = word;
  }
  return parts.filter((part) => part.some(({ confidence }) => confidence >= scrap));
}

function sideAt(sheet: Sheet, row: LabelledRow, words: readonly Word[]): Side | null {
  const from = row.words.indexOf(words[0] as Word);
  return sideOf(sheet, row, { ...nothing, from, to: from + words.length });
}

const nothing = { field: null, side: null, worth: 0, section: false, text: '', exact: true, closed: false } as const;

/** Shapes that leave no doubt come first. The whole of a cell must have its shape. */
function shapeOf(text: string, { today }: Sheet): Shape {
  const plain = text.replace(/^[^\p{L}\p{N}(+]+|[^\p{L}\p{N})]+$/gu, '');
  const letters = plain.replace(/[^A-Za-z]/g, '').length;
  if (/^(male|female)$/i.test(plain) || /^[MF]$/.test(plain)) return 'sex';
  if (/^[12]\d{9}$/.test(plain) && read.readNpi(plain)?.worth === 1) return 'npi';
  if (/^[+(]?\d[\d() .-]{8,16}$/.test(plain) && read.readPhone(plain)?.worth === 1) return 'phone';
  if (plain.length < 24 && read.dateIn(plain, today) && (letters === 0 || /^[A-Za-z]{3,9}\.? /.test(plain)))
    return 'date';
  if (areCodes(plain.split(/[\s,;]+/))) return 'codes';
  if (read.isPayerName(plain)) return 'payer';
  if (read.readAddress(plain)?.worth === 1) return 'address';
  if (plain.split(' ').length <= 3 && read.isSpecialtyName(plain)) return 'specialty';
  if (letters > 0 && read.credentialed(text) && read.readName(text)) return 'clinician';
  if (/ /.test(plain) && practiceLike.test(plain) && !/\d/.test(plain) && plain.length < 60) return 'practice';
  return /^[A-Z]{0,4}-?\d{4,14}$/.test(plain) ? 'number' : 'text';
}

/** A code without a dot is one beside another that has it. */
function areCodes(tokens: readonly string[]): boolean {
  const codes = tokens.map(readCode);
  return codes.every((code) => code !== null) && codes.some((code) => code.dotted);
}
