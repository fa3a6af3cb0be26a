import type { EntryView } from '../../../src/http/intake-shapes.ts';

export type Field = EntryView['fields'][number];
export type Name = Field['name'];

export const labels: Readonly<Record<Name, string>> = {
  'patient.name': 'Patient',
  'patient.birthDate': 'Date of birth (YYYY-MM-DD)',
  'patient.sex': 'Sex (F, M or X)',
  'patient.phone': 'Phone',
  'patient.address': 'Address',
  'patient.mrn': 'Their chart number',
  'coverage.payer': 'Insurance',
  'coverage.memberId': 'Member ID',
  'coverage.group': 'Group',
  'referrer.name': 'Referring provider',
  'referrer.npi': 'Their NPI',
  'referrer.practice': 'Their practice',
  'referrer.phone': 'Their phone',
  'referrer.fax': 'Their fax',
  'service.specialty': 'Specialty',
  'service.reason': 'Reason',
  'service.urgency': 'Urgency (routine, urgent or stat)',
  'service.date': 'Date of the referral (YYYY-MM-DD)',
  'service.authorization': 'Authorization',
  'service.diagnoses': 'Diagnoses (ICD-10-CM)',
};

/** Its name without the form that it takes. */
export const short = (name: Name): string => labels[name].replace(/ \(.*/, '');

export const names = Object.keys(labels) as Name[];

/** What was read for one of the referrals in an arrival. */
export interface Read {
  readonly entry: EntryView;
  readonly part: number;
}

export const fieldOf = ({ entry, part }: Read, name: Name): Field | undefined =>
  entry.fields.find((field) => field.name === name && field.part === part);

export const sureFrom = 0.9;

/** Whose page it is decides a person, every time, however sure the reading was. */
const always: readonly Name[] = ['patient.name', 'patient.birthDate'];

/** What needs a person's eyes before it is accepted. */
export const needsEyes = (read: Read, name: Name): boolean => {
  const field = fieldOf(read, name);
  if (field?.by === 'person') return false;
  if (always.includes(name)) return true;
  return field !== undefined && field.confidence < sureFrom;
};
