import type { Change } from '../core/change.ts';
import type { Statement } from './db.ts';
import type { Vault } from './vault.ts';

/** Whose names may be searched for: recipients' by all who see the log, patients' by those who may see content. */
export type Whose = 'recipient' | 'patient';

const maxWords = 12;

/** Lower case, without accents; what stands between letters and digits parts words. */
export const wordsOf = (name: string): string[] =>
  [
    ...new Set(
      name
        .normalize('NFKD')
        .replace(/\p{M}/gu, '')
        .toLowerCase()
        .split(/[^\p{L}\p{N}]+/u)
        .filter((word) => word.length > 1),
    ),
  ].slice(0, maxWords);

export const nameTerm = (whose: Whose, word: string, vault: Vault): string => vault.term(`${whose}:${word}`);

/** A message is findable by its recipients' names from its arrival, by its patient's once a referral names one. */
export function namesOf({ received, referral }: Change, vault: Vault): Statement[] {
  const patient = referral?.version === 1 ? referral.request.patient : null;
  const named: readonly (readonly [message: string, whose: Whose, name: string])[] = [
    ...(received?.recipients ?? []).map(({ name }) => [received?.id ?? '', 'recipient', name ?? ''] as const),
    ...(referral && patient
      ? [[referral.message, 'patient', [...patient.name.given, patient.name.family].join(' ')] as const]
      : []),
  ];
  const rows = named.flatMap(([message, whose, name]) =>
    wordsOf(name).map((word) => [message, nameTerm(whose, word, vault)] as const),
  );
  if (rows.length === 0) return [];
  const values = rows.map((_, index) => `($${2 * index + 1}, $${2 * index + 2})`).join(', ');
  return [{ sql: `insert into names (message, hash) values ${values} on conflict do nothing`, params: rows.flat() }];
}
