import type { Label } from './labels.ts';
import type { Side } from './lexicon.ts';
import type { LabelledRow } from './nearby.ts';
import { around, heightOf, type Row } from './rows.ts';
import type { Sheet } from './sheet.ts';

/** Whose matter a bare "Phone" is: its section's, else that of the nearest label that says it. */
export function sideOf(sheet: Sheet, row: LabelledRow, label: Label): Side | null {
  const at = sheet.rows.indexOf(row);
  const here = placeOf(row, label);
  let [best, nearest]: [Side | null, number] = [null, Infinity];
  for (let index = at; index >= 0; index--) {
    const other = sheet.rows[index];
    if (!other) continue;
    const heads = other.labels.filter((each) => each.section && placeOf(other, each).x <= here.x + here.height * 3);
    for (const each of other.labels) {
      if (each === label || !tells(each) || (index === at && each.from > label.from)) continue;
      const place = placeOf(other, each);
      // What stands in the same line is nearer than it looks, unless something stands right over it.
      const across = index === at ? 0.15 : 0.5;
      const [down, aside] = [Math.abs(here.y - place.y), Math.abs(here.x - place.x)];
      // What begins right under it is of its column.
      const distance = down * (aside < here.height ? 0.8 : 1) + aside * across;
      if (distance < nearest) [best, nearest] = [each.side, distance];
    }
    const head = heads.at(-1);
    if (head) return best ?? head.side;
  }
  return best ?? (sheet.kind === 'facesheet' ? 'patient' : sheet.kind === 'insurance_card' ? 'coverage' : null);
}

/** "Provider" and "Specialty" stand among the sender's matters and among the specialist's. */
const tells = ({ side, field, text }: Label): boolean =>
  side !== null && (field === null || typeof field === 'string') && text !== 'specialty';

/** Whose matter the row right under this one is, when it says one thing only. */
export function sideBelow({ rows }: Sheet, row: LabelledRow): Side | null {
  const next = rows[rows.indexOf(row) + 1];
  const apart = next ? around(next.words).y - around(row.words).y : Infinity;
  const [only, other] = next?.labels ?? [];
  return apart < heightOf(row.words) * 2.5 && only && !other ? only.side : null;
}

const placeOf = (row: Row, label: Label) => {
  const words = row.words.slice(label.from, label.to);
  return { ...around(words), height: heightOf(words) };
};
