import type { FieldName } from '../core/entry.ts';

interface Model {
  readonly slopes: readonly number[];
  readonly offsets: Readonly<Record<FieldName, number>>;
}

/** Written by bench/intake/fit.ts: do not change by hand. */
export const models: Readonly<Record<'print' | 'pen', Model>> = {
  print: {
    slopes: [0.1704, -3.561, 0.7991, 0, 0.8927, -2.1114, 2.8249, -0.9107, 0, 0],
    offsets: {
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
    },
  },
  pen: {
    slopes: [0.3483, -15.1563, 0, 0, 0.9148, -2.5338, 2.2806, -0.3868, 0, -0.1113],
    offsets: {
      'patient.name': -1.4812,
      'patient.birthDate': -1.1322,
      'patient.sex': -0.7458,
      'patient.phone': -2.7969,
      'patient.address': -0.7251,
      'patient.mrn': -1.8844,
      'coverage.payer': -0.6108,
      'coverage.memberId': -2.8003,
      'coverage.group': -2.0057,
      'referrer.name': -1.1733,
      'referrer.npi': -1.1798,
      'referrer.practice': -1.5778,
      'referrer.phone': -1.7346,
      'referrer.fax': -2.8791,
      'service.specialty': -0.1701,
      'service.reason': -0.806,
      'service.urgency': -0.9023,
      'service.date': -1.5156,
      'service.authorization': -2.2706,
      'service.diagnoses': -2.4244,
    },
  },
};
export const sureFrom = 0.9861;
export const penFrom = 0.8112;
