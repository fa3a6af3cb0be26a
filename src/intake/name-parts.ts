import type { FieldName } from '../core/entry.ts';
import type { Word } from '../core/page.ts';
import type { Label } from './labels.ts';
import { below, rightOf, type LabelledRow } from './nearby.ts';
import { readName } from './readers.ts';
import { around, heightOf, textOf } from './rows.ts';
import { candidate, type Candidate, type Sheet } from './sheet.ts';
import { sideOf } from './sides.ts';

const family = /\b(last|family) name$|\bsurname$/;
const given = /\b(first|given) name$/;

/** Rows between the two, in heights of the label. */
const mostApart = 8;

interface Part {
  readonly row: LabelledRow;
  readonly label: Label;
}

/** Names that a form asks for in two boxes: "Last name" and "First name", side by side or one under the other. */
export function partedNames(sheet: Sheet): Candidate[] {
  const parts = sheet.rows.flatMap((row) => row.labels.map((label) => ({ row, label })));
  const givens = parts.filter(({ label }) => given.test(label.text));
  return parts
    .filter(({ label }) => family.test(label.text))
    .flatMap((last) => {
      const side = sideOf(sheet, last.row, last.label) ?? 'patient';
      const name: FieldName | null = side === 'patient' || side === 'referrer' ? `${side}.name` : null;
      const first = nearest(last, givens);
      if (name === null || !first) return [];
      for (const lasts of placesOf(sheet, last))
        for (const firsts of placesOf(sheet, first)) {
          const value = readName(`${textOf(lasts)}, ${textOf(firsts)}`);
          if (value) return [candidate(name, value, sheet.index, [...firsts, ...lasts], 0.98)];
        }
      return [];
    });
}

const placesOf = ({ rows }: Sheet, { row, label }: Part): readonly (readonly Word[])[] =>
  [rightOf(row, label), below(rows, row, label)].filter((words) => words.some(({ text }) => /\p{L}{2}/u.test(text)));

function nearest(last: Part, givens: readonly Part[]): Part | undefined {
  const from = placeOf(last);
  const near = givens.map((part) => ({ part, apart: Math.abs(placeOf(part).y - from.y) }));
  return near.filter(({ apart }) => apart < from.height * mostApart).sort((a, b) => a.apart - b.apart)[0]?.part;
}

function placeOf({ row, label }: Part): { readonly y: number; readonly height: number } {
  const words = row.words.slice(label.from, label.to);
  return { y: around(words).y, height: heightOf(words) };
}
