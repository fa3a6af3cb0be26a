import type { FieldName } from '../core/entry.ts';
import { cellsOf, type Cell, type Shape } from './cells.ts';
import { readDiagnoses } from './diagnoses.ts';
import { readValue } from './read-value.ts';
import * as read from './readers.ts';
import { candidate, type Candidate, type Sheet } from './sheet.ts';

/** Small print is lost on the way where what was filled in is not: on a form, what a value is by its own form and by what
 *  stands beside it. Only what nothing on the page announces, and of each kind the only one. */
export function byShape(sheet: Sheet, found: readonly Candidate[]): Candidate[] {
  if (sheet.kind !== 'referral') return [];
  const cells = cellsOf(sheet).filter(
    ({ words }) => !found.some((each) => each.words.some((word) => words.includes(word))),
  );
  const guesses = [plainly, numbers, days, insured, called, why].flatMap((each) => each(cells, sheet));
  return guesses.flatMap(({ name, cell, trust }) => {
    if (found.some((each) => each.name === name)) return [];
    const value = valueOf(name, cell, sheet);
    if (!value) return [];
    const own = candidate(name, value, sheet.index, cell.words, trust);
    return [{ ...own, doubt: own.doubt ?? unannounced }];
  });
}

/** The doubt of a value whose label was not made out. */
export const unannounced = 'no label announces it here: known by its form alone';

interface Guess {
  readonly name: FieldName;
  readonly cell: Cell;
  readonly trust: number;
}

const valueOf = (name: FieldName, { text }: Cell, { today }: Sheet): read.Value | null =>
  name === 'service.diagnoses' ? readDiagnoses(text, true) : readValue(name, text, today);

const alone = (cells: readonly Cell[]): Cell | null => {
  const [only] = cells;
  return only && cells.every(({ text }) => text === only.text) ? only : null;
};

const plain: readonly (readonly [Shape, FieldName, number])[] = [
  ['sex', 'patient.sex', 0.85],
  ['codes', 'service.diagnoses', 0.9],
  ['payer', 'coverage.payer', 0.9],
  ['specialty', 'service.specialty', 0.9],
  ['clinician', 'referrer.name', 0.85],
  ['practice', 'referrer.practice', 0.85],
];

/** What can be one thing only, wherever it stands: but a specialist has a name, and a practice, as well. */
const plainly = (cells: readonly Cell[]): Guess[] =>
  plain.flatMap(([shape, name, trust]) => {
    const cell = alone(cells.filter((each) => each.shape === shape && each.side !== 'recipient'));
    return cell ? [{ name, cell, trust }] : [];
  });

/** Telephones and addresses are everybody's: the patient's where what is his stands around, the sender's likewise, who gives
 *  his fax behind his telephone. */
function numbers(cells: readonly Cell[]): Guess[] {
  const of = (shape: Shape, side: Cell['side']): Cell[] =>
    cells.filter((each) => each.shape === shape && each.side === side);
  const own = alone(of('phone', 'patient'));
  const home = alone(of('address', 'patient'));
  const [phone, fax, more] = of('phone', 'referrer');
  return [
    ...(own ? [{ name: 'patient.phone', cell: own, trust: 0.8 } as const] : []),
    ...(home ? [{ name: 'patient.address', cell: home, trust: 0.9 } as const] : []),
    ...(phone && fax && !more && phone.row === fax.row
      ? ([
          { name: 'referrer.phone', cell: phone, trust: 0.8 },
          { name: 'referrer.fax', cell: fax, trust: 0.8 },
        ] as const)
      : []),
  ];
}

const isDay = (cell: Cell): boolean => cell.shape === 'date';
/** All cells of its row, itself among them. */
const mates = (cells: readonly Cell[], cell: Cell): Cell[] => cells.filter(({ row }) => row === cell.row);

/** A birth date stands in a row with a sex or a name, a day of the referral beside its specialty or codes. */
function days(cells: readonly Cell[], { today }: Sheet): Guess[] {
  const dates = cells.filter(isDay);
  const beside = (shapes: readonly Shape[]) => (cell: Cell) =>
    mates(cells, cell).some((mate) => shapes.includes(mate.shape));
  const dayOf = ({ text }: Cell): string => read.dateIn(text, today)?.value ?? '';
  const born = alone(dates.filter((cell) => cell.side === 'patient' && dayOf(cell) !== today));
  const asked = alone(
    dates.filter((cell) => cell !== born && (cell.side === 'service' || beside(['specialty', 'codes'])(cell))),
  );
  return [
    ...(born ? [{ name: 'patient.birthDate', cell: born, trust: 0.85 } as const] : []),
    ...(asked && (!born || dayOf(asked) > dayOf(born))
      ? [{ name: 'service.date', cell: asked, trust: 0.85 } as const]
      : []),
  ];
}

/** The numbers that follow a payer in its row: the member's, then the group's. */
function insured(cells: readonly Cell[]): Guess[] {
  const payer = alone(cells.filter(({ shape }) => shape === 'payer'));
  const behind = payer ? mates(cells, payer).slice(mates(cells, payer).indexOf(payer) + 1) : [];
  const [member, group] = behind.filter(({ shape }) => shape === 'number' || shape === 'npi');
  return [
    ...(member ? [{ name: 'coverage.memberId', cell: member, trust: 0.8 } as const] : []),
    ...(group ? [{ name: 'coverage.group', cell: group, trust: 0.8 } as const] : []),
  ];
}

/** The name that a birth date follows in its row. */
function called(cells: readonly Cell[]): Guess[] {
  const date = alone(cells.filter((cell) => isDay(cell) && cell.side === 'patient'));
  const before = date ? mates(cells, date).slice(0, mates(cells, date).indexOf(date)) : [];
  const name = alone(before.filter(({ shape, text }) => shape === 'text' && / /.test(text)));
  return name ? [{ name: 'patient.name', cell: name, trust: 0.8 }] : [];
}

const isPhrase = ({ shape, words, text }: Cell): boolean =>
  shape === 'text' &&
  words.length >= 4 &&
  words.filter(({ text: word }) => /^\p{Ll}+\W*$/u.test(word)).length >= words.length * 0.6 &&
  Math.min(...words.map(({ confidence }) => confidence)) >= wellRead &&
  !/[:;]$/.test(text);
const wellRead = 0.6;

/** The one phrase among the matters of the referral, first in its row. */
function why(cells: readonly Cell[]): Guess[] {
  const phrase = alone(
    cells.filter((cell) => isPhrase(cell) && cell.side === 'service' && mates(cells, cell)[0] === cell),
  );
  return phrase ? [{ name: 'service.reason', cell: phrase, trust: 0.8 }] : [];
}
