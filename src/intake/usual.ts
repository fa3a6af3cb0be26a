import { distance } from 'fastest-levenshtein';
import { fieldNames, type Field } from '../core/entry.ts';
import { about, type Values } from './known.ts';
import { keyOf } from './sheet.ts';

const leastReferrals = 3;

/** What all of these referrals say of their sender. */
function agreedIn(accepted: readonly Values[]): Values {
  const [first, ...others] = accepted;
  return Object.fromEntries(
    about.sender.flatMap((name) => {
      const value = first?.[name];
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

/** The fields of a referral with what its sender always says of himself, once there are enough referrals that people
 *  accepted, and the name that was accepted with its NPI, where it was not made out, or nearly that. A person still has to
 *  look: an office may have a new colleague. */
export function withUsual(fields: readonly Field[], part: number, accepted: readonly Values[]): Field[] {
  const npi = fields.find(({ name, part: its = 0 }) => name === 'referrer.npi' && its === part)?.value;
  const named = agreedIn(accepted.filter((each) => npi !== undefined && each['referrer.npi'] === npi))['referrer.name'];
  const always = accepted.length < leastReferrals ? {} : agreedIn(accepted);
  const usual: Values = named === undefined ? always : { ...always, 'referrer.name': named };
  const filled = fields.map((field): Field => {
    const value = usual[field.name];
    const byNpi = named !== undefined && field.name === 'referrer.name';
    if (value === undefined || (field.part ?? 0) !== part || field.by === 'person') return field;
    if ((field.sure && !byNpi) || keyOf(field.name, value) === keyOf(field.name, field.value)) return field;
    const share = byNpi ? most.nameByNpi : field.name === 'referrer.name' ? most.name : most.other;
    return isSlip(field, value, share)
      ? { ...field, value, confidence: chance, sure: false, doubt: fromBefore.mended }
      : field;
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

/** What was hardly read, or misread in that share of its letters. */
function isSlip({ name, value, confidence }: Field, usual: string, share: number): boolean {
  const [a, b] = [keyOf(name, value), keyOf(name, usual)];
  return confidence < doubtful || distance(a, b) <= Math.max(1, Math.floor(share * b.length));
}

/** The share of letters that the reader may get wrong: another's name is as near as another's number is not, unless the
 *  NPI says whose it is. */
const most = { name: 0.15, nameByNpi: 0.4, other: 0.25 } as const;
