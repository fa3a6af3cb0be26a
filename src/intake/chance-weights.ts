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
    slopes: [0.7725, -1.4857, 2.3481, 0, 0.8742, -3.6654, 4.2705, 0, 0, 0],
    offsets: {
      'patient.name': -2.5972,
      'patient.birthDate': -2.6789,
      'patient.sex': 0,
      'patient.phone': -2.9691,
      'patient.address': -2.8123,
      'patient.mrn': -3.8942,
      'coverage.payer': 0,
      'coverage.memberId': -3.6462,
      'coverage.group': -2.9256,
      'referrer.name': -2.7902,
      'referrer.npi': -2.6924,
      'referrer.practice': -1.6353,
      'referrer.phone': -4.2978,
      'referrer.fax': -4.1093,
      'service.specialty': 0,
      'service.reason': -2.3047,
      'service.urgency': 0,
      'service.date': -3.5848,
      'service.authorization': -3.0407,
      'service.diagnoses': -4.2644,
    },
  },
  penOfFew: {
    slopes: [0, 0, 0, 0, 0.718, -7.1698, 0, -2.2863, 0, -3.6807],
    offsets: {
      'patient.name': 0,
      'patient.birthDate': 0,
      'patient.sex': 6.6967,
      'patient.phone': 0,
      'patient.address': 0,
      'patient.mrn': 0,
      'coverage.payer': 6.86,
      'coverage.memberId': 0,
      'coverage.group': 0,
      'referrer.name': 0,
      'referrer.npi': 0,
      'referrer.practice': 0,
      'referrer.phone': 0,
      'referrer.fax': 0,
      'service.specialty': 6.9585,
      'service.reason': 0,
      'service.urgency': 6.084,
      'service.date': 0,
      'service.authorization': 0,
      'service.diagnoses': 0,
    },
  },
};
export const sureFrom = 0.9628;
export const penFrom = 0.733;
