import { distance } from 'fastest-levenshtein';
import { fieldNames, type Field, type FieldName } from '../core/entry.ts';
import { about, type Values } from './known.ts';
import { keyOf } from './sheet.ts';

const leastReferrals = 3;

/** What all referrals that a sender wrote and people accepted say of himself, once there are enough of them. */
export function usualOf(accepted: readonly Values[]): Values {
  const [first, ...others] = accepted;
  if (first === undefined || accepted.length < leastReferrals) return {};
  return Object.fromEntries(
    about.sender.flatMap((name) => {
      const value = first[name];
      const same = value !== undefined && others.every((each) => keyOf(name, each[name] ?? '') === keyOf(name, value));
      return same ? [[name, value]] : [];
    }),
  );
}

/** As long as a person has not looked. */
const chance = 0.85;

export const fromBefore = {
  unread: 'not made out here: as in what this sender wrote before',
  mended: 'hard to read here: mended by what this sender wrote before',
} as const;

/** The fields of a referral with what its sender always says of himself, where it was not made out, or nearly that. A
 *  person still has to look: an office may have a new colleague. */
export function withUsual(fields: readonly Field[], part: number, usual: Values): Field[] {
  const filled = fields.map((field): Field => {
    const value = usual[field.name];
    if (value === undefined || (field.part ?? 0) !== part || field.by === 'person' || field.sure) return field;
    if (keyOf(field.name, value) === keyOf(field.name, field.value) || !isSlip(field, value)) return field;
    return { ...field, value, confidence: chance, doubt: fromBefore.mended };
  });
  const missing = fieldNames.flatMap((name): Field[] => {
    const value = usual[name];
    const known = fields.some((field) => field.name === name && (field.part ?? 0) === part);
    if (value === undefined || known) return [];
    return [{ name, value, confidence: chance, place: null, by: 'reading', part, doubt: fromBefore.unread }];
  });
  return [...filled, ...missing];
}

const doubtful = 0.5;

/** What was hardly read, or misread in a few letters. */
function isSlip({ name, value, confidence }: Field, usual: string): boolean {
  const [a, b] = [keyOf(name, value), keyOf(name, usual)];
  return confidence < doubtful || distance(a, b) <= Math.max(1, Math.floor(slips(name) * b.length));
}

/** The share of letters that the reader may get wrong: another's name is as near as another's number is not. */
const slips = (name: FieldName): number => (name.endsWith('.name') ? 0.15 : 0.25);
