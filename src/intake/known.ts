import type { Practice } from '../core/channel.ts';
import { fieldNames, type Field, type FieldName } from '../core/entry.ts';
import type { Match } from '../core/match.ts';
import type { Recipient, ReferralId } from '../core/message.ts';
import { namesAgree } from './identity.ts';
import { folded } from './lexicon.ts';
import { keyOf } from './sheet.ts';

/** A referral that a person accepted, or (without one) a practice of the directory. */
export interface Known {
  readonly referral: ReferralId | null;
  readonly at: number | null;
  /** What its form said, or a person typed. */
  readonly values: Values;
}

export type Values = Readonly<Partial<Record<FieldName, string>>>;
type Who = Match['who'];

/** What is told of whom. */
export const about: Readonly<Record<Who, readonly FieldName[]>> = {
  patient: fieldNames.filter((name) => /^(patient|coverage)\./.test(name)),
  sender: fieldNames.filter((name) => name.startsWith('referrer.')),
};

/** By these somebody is looked up; whether it is them, more than one of them must tell. */
const keyed: Readonly<Record<Who, readonly FieldName[]>> = {
  patient: ['patient.name', 'patient.birthDate', 'patient.phone', 'patient.mrn', 'coverage.memberId'],
  sender: ['referrer.npi', 'referrer.fax'],
};

export const valuesOf = (fields: readonly Field[], part: number): Values =>
  Object.fromEntries(
    fields.flatMap(({ name, value, part: its = 0 }) => (its === part && value !== '' ? [[name, value]] : [])),
  );

/** Where to look for whom these values name. `caller`: the number or address that sent them. */
export function keysFor(who: Who, values: Values, caller: string | null): string[] {
  const own = keyed[who].flatMap((name) => {
    const value = values[name];
    return value === undefined ? [] : [`${name}:${keyOf(name, value)}`];
  });
  return who === 'sender' && caller !== null ? [...own, `caller:${caller.toLowerCase()}`] : own;
}

/** The practices of the directory as senders. */
export const directory = (practices: readonly Practice[]): Known[] =>
  practices.map(({ name, npi, phone, addresses }) => ({
    referral: null,
    at: null,
    values: {
      'referrer.practice': name,
      'referrer.phone': phone,
      ...(npi === null ? {} : { 'referrer.npi': npi }),
      ...(addresses['efax']?.[0] === undefined ? {} : { 'referrer.fax': addresses['efax'][0] }),
    },
  }));

/** Somebody whom the practice refers to, as a sender; his name only where it is that of the one who is read. */
export function recipientAsSender({ name, npi, phone, endpoints }: Recipient, own: Values): Known {
  const fax = endpoints.find(({ channel }) => channel === 'efax')?.address;
  const same = name !== null && namesAgree(name, own['referrer.name'] ?? '');
  return {
    referral: null,
    at: null,
    values: {
      ...(same ? { 'referrer.name': name } : {}),
      ...(npi === null ? {} : { 'referrer.npi': npi }),
      ...(phone === null ? {} : { 'referrer.phone': phone }),
      ...(fax === undefined ? {} : { 'referrer.fax': fax }),
    },
  };
}

/** Same in both, other than slips of the reader, or otherwise; null where one of them says nothing. */
function compared(name: FieldName, own: Values, other: Values): 'same' | 'near' | 'other' | null {
  const [a, b] = [own[name], other[name]];
  if (a === undefined || b === undefined) return null;
  if (keyOf(name, a) === keyOf(name, b)) return 'same';
  return name.endsWith('.name') && namesAgree(a, b) ? 'near' : 'other';
}

/** Yes: a name and another sign agree, and nothing speaks against it. Perhaps: enough to ask a person. */
function patientFits(own: Values, other: Values): 'yes' | 'perhaps' | 'no' {
  const by = (name: FieldName) => compared(name, own, other);
  const [name, birth] = [by('patient.name'), by('patient.birthDate')];
  const more = (['patient.phone', 'patient.mrn', 'coverage.memberId'] as const).filter((each) => by(each) === 'same');
  const named = name === 'same' || name === 'near';
  if (by('patient.sex') === 'other') return named && birth === 'same' ? 'perhaps' : 'no';
  // Twins share a birth date, an address and most of their names.
  if (birth === 'same' && (name === 'same' || (name === 'near' && more.some((each) => each !== 'patient.phone'))))
    return 'yes';
  if (birth === 'same' && (named || more.length > 0)) return 'perhaps';
  return named && more.length > 0 ? 'perhaps' : 'no';
}

/** A number of ten digits that checks, and a name, are one person; a fax number is a whole practice's. */
function senderFits(own: Values, other: Values, called: boolean): 'yes' | 'perhaps' | 'no' {
  const by = (name: FieldName) => compared(name, own, other);
  const [name, npi] = [by('referrer.name'), by('referrer.npi')];
  const same = called || by('referrer.fax') === 'same' || by('referrer.phone') === 'same';
  if (npi === 'same') return name === 'other' ? 'perhaps' : 'yes';
  if (npi === 'other') return name === 'same' && same ? 'perhaps' : 'no';
  if (name === 'same' && same) return 'yes';
  if (name === 'near' && same) return 'perhaps';
  return name === null && by('referrer.practice') === 'same' && same ? 'yes' : 'no';
}

const mostShown = 3;

/** Whom the values of one referral name among those who are known. Several who fit are all uncertain. */
export function matchesOf(
  who: Who,
  part: number,
  own: Values,
  known: readonly Known[],
  isCaller: (known: Known) => boolean = () => false,
): Match[] {
  const fits = known.flatMap((each) => {
    const fit = who === 'patient' ? patientFits(own, each.values) : senderFits(own, each.values, isCaller(each));
    return fit === 'no' ? [] : [{ ...each, fit }];
  });
  const people = [...Map.groupBy(fits, ({ values }) => identityIn(who, values)).values()].flatMap(
    (same) => same.toSorted((a, b) => rank(b) - rank(a) || (b.at ?? 0) - (a.at ?? 0))[0] ?? [],
  );
  const alone = people.length === 1;
  return people
    .toSorted((a, b) => rank(b) - rank(a) || (b.at ?? 0) - (a.at ?? 0))
    .slice(0, mostShown)
    .map(({ referral, at, values, fit }) => ({
      ...{ part, who, referral, at },
      agree: about[who].filter((name) => compared(name, own, values) === 'same'),
      differ: about[who].flatMap((field) => {
        const value = values[field];
        return value === undefined || compared(field, own, values) === 'same' ? [] : [{ field, value }];
      }),
      certain: fit === 'yes' && alone,
    }));
}

const rank = ({ fit, values }: { readonly fit: string; readonly values: Values }): number =>
  (fit === 'yes' ? 100 : 0) + Object.keys(values).length;

const identityIn = (who: Who, values: Values): string =>
  who === 'patient'
    ? `${folded(values['patient.name'] ?? '')} ${values['patient.birthDate'] ?? ''}`
    : (values['referrer.npi'] ?? folded(values['referrer.name'] ?? values['referrer.practice'] ?? ''));
