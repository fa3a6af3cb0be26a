import type { FieldName } from '../core/entry.ts';

/** Written by bench/intake/fit.ts: do not change by hand. */
export const slopes: readonly number[] = [0.4277, -3.3288, 1.9659, 0, 0.4061, -2.9237, 3.7422, 0, 0];
export const offsets: Readonly<Record<FieldName, number>> = {
  'patient.name': -2.1741,
  'patient.birthDate': -0.6453,
  'patient.sex': -0.3937,
  'patient.phone': -0.9563,
  'patient.address': -0.449,
  'patient.mrn': -0.719,
  'coverage.payer': -1.2445,
  'coverage.memberId': -1.5961,
  'coverage.group': -1.9879,
  'referrer.name': -1.279,
  'referrer.npi': -0.4145,
  'referrer.practice': -0.1113,
  'referrer.phone': -0.3302,
  'referrer.fax': -0.6983,
  'service.specialty': -0.2666,
  'service.reason': -1.2504,
  'service.urgency': -0.9318,
  'service.date': -0.9088,
  'service.authorization': -1.1867,
  'service.diagnoses': -2.2335,
};
export const sureFrom = 0.9901;
