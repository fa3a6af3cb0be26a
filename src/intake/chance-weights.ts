import type { FieldName } from '../core/entry.ts';
import type { Kind } from './chance.ts';

interface Model {
  readonly slopes: readonly number[];
  readonly offsets: Readonly<Record<FieldName, number>>;
}

/** Written by bench/intake/fit.ts: do not change by hand. */
export const models: Readonly<Record<Kind, Model>> = {
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
    slopes: [0.3041, -3.022, 4.0837, 0, 0.9769, -1.9629, 2.4847, 0, 0, -0.1581],
    offsets: {
      'patient.name': -2.4177,
      'patient.birthDate': -2.7029,
      'patient.sex': 0,
      'patient.phone': -3.235,
      'patient.address': -0.7772,
      'patient.mrn': -3.282,
      'coverage.payer': 0,
      'coverage.memberId': -3.3134,
      'coverage.group': -3.3141,
      'referrer.name': -2.2116,
      'referrer.npi': -2.1329,
      'referrer.practice': -0.8677,
      'referrer.phone': -3.2542,
      'referrer.fax': -3.1156,
      'service.specialty': 0,
      'service.reason': -1.3506,
      'service.urgency': 0,
      'service.date': -3.0646,
      'service.authorization': -2.7,
      'service.diagnoses': -3.4338,
    },
  },
  penOfFew: {
    slopes: [0.1, -8.6177, 1.4241, 0, 0, -13.9993, 3.7136, 0, 0, -0.3981],
    offsets: {
      'patient.name': 0,
      'patient.birthDate': 0,
      'patient.sex': 1.9467,
      'patient.phone': 0,
      'patient.address': 0,
      'patient.mrn': 0,
      'coverage.payer': 1.9105,
      'coverage.memberId': 0,
      'coverage.group': 0,
      'referrer.name': 0,
      'referrer.npi': 0,
      'referrer.practice': 0,
      'referrer.phone': 0,
      'referrer.fax': 0,
      'service.specialty': 1.1697,
      'service.reason': 0,
      'service.urgency': 1.8256,
      'service.date': 0,
      'service.authorization': 0,
      'service.diagnoses': 0,
    },
  },
};
export const sureFrom = 0.9628;
export const penFrom = 0.8278;
