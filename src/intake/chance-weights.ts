import type { FieldName } from '../core/entry.ts';

interface Model {
  readonly slopes: readonly number[];
  readonly offsets: Readonly<Record<FieldName, number>>;
}

/** Written by bench/intake/fit.ts: do not change by hand. */
export const models: Readonly<Record<'print' | 'pen', Model>> = {
  print: {
    slopes: [0.5708, -2.4632, 2.779, -1.1737, 0.4834, -0.6181, 1.0839, -1.2217, 0, 0],
    offsets: {
      'patient.name': 0.7814,
      'patient.birthDate': 1.4243,
      'patient.sex': 1.6754,
      'patient.phone': 1.2595,
      'patient.address': 2.1173,
      'patient.mrn': 0.7742,
      'coverage.payer': 1.0627,
      'coverage.memberId': 0.1829,
      'coverage.group': 0.9916,
      'referrer.name': 1.0738,
      'referrer.npi': 1.6636,
      'referrer.practice': 1.3841,
      'referrer.phone': 1.1001,
      'referrer.fax': 1.4888,
      'service.specialty': 1.8526,
      'service.reason': 1.573,
      'service.urgency': 1.952,
      'service.date': 2.0171,
      'service.authorization': 1.3155,
      'service.diagnoses': 0.4637,
    },
  },
  pen: {
    slopes: [0.0255, -6.6231, 2.6456, 0, 1.0472, -2.8275, 2.2317, -0.3488, 0, -0.3637],
    offsets: {
      'patient.name': -1.4016,
      'patient.birthDate': -0.9685,
      'patient.sex': -1.0841,
      'patient.phone': -2.8023,
      'patient.address': -0.7312,
      'patient.mrn': -1.9802,
      'coverage.payer': -1.1167,
      'coverage.memberId': -2.632,
      'coverage.group': -2.1776,
      'referrer.name': -1.1068,
      'referrer.npi': -1.395,
      'referrer.practice': -1.6533,
      'referrer.phone': -1.9008,
      'referrer.fax': -2.8359,
      'service.specialty': -0.0739,
      'service.reason': -0.9893,
      'service.urgency': -0.9107,
      'service.date': -1.3457,
      'service.authorization': -2.4324,
      'service.diagnoses': -2.6912,
    },
  },
};
export const sureFrom = 0.9628;
export const penFrom = 0.8984;
