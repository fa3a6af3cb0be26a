import type { FieldName } from '../core/entry.ts';

/** Written by bench/intake/fit.ts: do not change by hand. */
export const slopes: readonly number[] = [0.1704, -3.561, 0.7991, 0, 0.8927, -2.1114, 2.8249, -0.9107, 0];
export const offsets: Readonly<Record<FieldName, number>> = {
  'patient.name': -1.3106,
  'patient.birthDate': -0.251,
  'patient.sex': -0.0464,
  'patient.phone': -0.6318,
  'patient.address': 0.1144,
  'patient.mrn': -0.7812,
  'coverage.payer': -0.6615,
  'coverage.memberId': -1.2705,
  'coverage.group': -0.7788,
  'referrer.name': -1.4049,
  'referrer.npi': 0.3109,
  'referrer.practice': 0.3634,
  'referrer.phone': 0.1417,
  'referrer.fax': 0.4202,
  'service.specialty': -0.099,
  'service.reason': 0.53,
  'service.urgency': -0.0903,
  'service.date': 0.4845,
  'service.authorization': -0.894,
  'service.diagnoses': -1.4734,
};
export const sureFrom = 0.9861;
