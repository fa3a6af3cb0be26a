import type { FieldName } from '../core/entry.ts';

/** Written by bench/intake/fit.ts: do not change by hand. */
export const slopes: readonly number[] = [0.7902, -4.1778, 1.6418, 0, 0, -1.3572, 3.9562, 0, 0];
export const offsets: Readonly<Record<FieldName, number>> = {
  'patient.name': -1.7746,
  'patient.birthDate': -0.6028,
  'patient.sex': -0.2696,
  'patient.phone': -0.5543,
  'patient.address': 0.0833,
  'patient.mrn': -0.5401,
  'coverage.payer': -1.1632,
  'coverage.memberId': -1.5483,
  'coverage.group': -1.6908,
  'referrer.name': -1.3329,
  'referrer.npi': -0.2996,
  'referrer.practice': 0.1149,
  'referrer.phone': -0.615,
  'referrer.fax': -0.533,
  'service.specialty': -0.1904,
  'service.reason': -1.1544,
  'service.urgency': -0.8325,
  'service.date': -0.7689,
  'service.authorization': -0.5642,
  'service.diagnoses': -2.3528,
};
export const sureFrom = 0.9871;
