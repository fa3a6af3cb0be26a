import type { Field, FieldName } from './entry.ts';

/** What no specialist can do without. */
const always: readonly FieldName[] = [
  'patient.name',
  'patient.birthDate',
  'patient.phone',
  'service.reason',
  'referrer.name',
];

/** What a specialty asks for besides: who is called, who pays, and what was found so far. */
const besides: Readonly<Record<string, readonly FieldName[]>> = {
  Cardiology: ['coverage.payer', 'coverage.memberId', 'service.diagnoses'],
  Oncology: ['coverage.payer', 'coverage.memberId', 'service.diagnoses', 'service.authorization'],
  'General Surgery': ['coverage.payer', 'coverage.memberId', 'service.diagnoses', 'service.authorization'],
  'Pain Management': ['coverage.payer', 'coverage.memberId', 'service.diagnoses', 'service.authorization'],
  Psychiatry: ['coverage.payer', 'coverage.memberId'],
};

const usual: readonly FieldName[] = ['coverage.payer', 'coverage.memberId', 'service.diagnoses'];

/** The fields that a referral to its specialty lacks. `rules` by specialty replace ours; `default` is for all others. */
export function missingIn(
  fields: readonly Field[],
  rules: Readonly<Record<string, readonly FieldName[]>> = besides,
): FieldName[] {
  const specialty = fields.find(({ name }) => name === 'service.specialty')?.value ?? '';
  const asked = [...always, ...(rules[specialty] ?? rules['default'] ?? usual)];
  return asked.filter((name) => !fields.some((field) => field.name === name));
}
