import type { FieldName } from '../core/entry.ts';

/** What is known of a field's best reading. */
export interface Evidence {
  /** 0 to 1: label, validator, surest letters, agreeing pages. */
  readonly strength: number;
  /** The same of the second best value; 0 when there is none. */
  readonly rival: number;
  /** Pages that say the same. */
  readonly pages: number;
  readonly doubtful: boolean;
}

/** Values without any check of their own: a misread letter looks as good as the right one. */
const unchecked: Partial<Record<FieldName, number>> = {
  'coverage.group': 0.9,
  'coverage.memberId': 0.91,
  'service.authorization': 0.88,
  'patient.mrn': 0.94,
  'patient.phone': 0.94,
  'referrer.phone': 0.94,
  'referrer.fax': 0.94,
  'service.diagnoses': 0.92,
};

/** The chance that a reading is right. One page alone proves a number only as far as the number checks itself. */
export function chanceOf(name: FieldName, { strength, rival, pages, doubtful }: Evidence): number {
  const cap = pages > 1 ? 0.99 : (unchecked[name] ?? 0.98);
  const chance = Math.min(cap, strength * cap) * (1 - rival * 0.3) * (doubtful ? 0.75 : 1);
  return Number(chance.toFixed(3));
}
