import type { Change } from '../core/change.ts';
import type { Statement } from './db.ts';

/** Claimed so often without finishing, work is a dead letter: our own fault, and left alone. */
export const deadAfter = 20;

/** What is dead was due: the future, which is most of the table, need not be looked at. $1: now. */
export const isDead = `parked = '' and urgency in (0, 1, 2) and due_at <= $1 and claims >= ${deadAfter}`;

/** A new generation: whoever slept through the last lease of it must not end the new one. */
export function putDeadLetter({ stage, subject, word, at }: NonNullable<Change['deadLetter']>): Statement {
  const set =
    word === 'retry'
      ? 'claims = 0, leased_until = 0, due_at = $1, generation = generation + 1, failure = null, aside_at = null'
      : 'aside_at = $1';
  return {
    sql: `update work set ${set} where ${isDead} and stage = $2 and subject = $3`,
    params: [at, stage, subject],
    must: 'conflict',
  };
}
