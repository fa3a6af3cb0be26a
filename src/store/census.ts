import { stages } from '../core/change.ts';
import { openStates } from '../core/delivery.ts';
import { urgencies } from '../core/message.ts';
import type { Db, Row } from './db.ts';
import type { Census } from './store.ts';

const open = openStates.map((state) => `'${state}'`).join(', ');

const dueNow = `parked = '' and urgency in (0, 1, 2) and due_at <= $1`;

/** Every count is read from an index, so none grows with what is over and done.
 *  @param deadAfter claims after which work is a dead letter */
export async function census(db: Db, now: number, deadAfter: number): Promise<Census> {
  const counted = (sql: string, params: readonly number[] = []): Promise<readonly Row[]> => db.all(sql, params);
  const [deliveries, doubts, overdue, due, parked, dead, entries, emergencies] = await Promise.all([
    counted(`select state as word, count(*) as n from deliveries where state in (${open}) group by state`),
    counted(`select state as word, count(*) as n from deliveries where in_doubt > 0 group by state`),
    counted(
      `select urgency as word, count(*) as n from deliveries where state in (${open}) and deadline < $1 group by urgency`,
      [now],
    ),
    counted(
      `select stage as word, count(*) as n, min(due_at) as since from work where ${dueNow} and claims < ${deadAfter}
       group by stage`,
      [now],
    ),
    // What stands in a lane's line was due once; since when, is not kept.
    counted(`select stage as word, count(*) as n from work where parked > '' group by stage`),
    counted(
      `select stage as word, count(*) as n from work where claims >= ${deadAfter} and aside_at is null and ${dueNow} group by stage`,
      [now],
    ),
    counted(`select state as word, count(*) as n from entries where state = 'waiting' group by state`),
    counted(`select count(*) as n, max(started_at) as newest from emergencies where reviewed_at is null`),
  ]);
  return {
    deliveries: byWord(openStates, deliveries, count),
    inDoubt: byWord(openStates, doubts, count),
    overdue: byWord(urgencies, overdue, count),
    due: byWord(stages, due, (row, stage) => ({
      count: count(row) + count(parked.find((each) => each['word'] === stage)),
      since: row ? (row['since'] as number) : null,
    })),
    dead: byWord(stages, dead, count),
    waiting: count(entries[0]),
    emergencies: { count: count(emergencies[0]), newest: (emergencies[0]?.['newest'] ?? null) as number | null },
  };
}

const count = (row: Row | undefined): number => (row ? (row['n'] as number) : 0);

const byWord = <W extends string, T>(
  words: readonly W[],
  rows: readonly Row[],
  value: (row: Row | undefined, word: W) => T,
): Record<W, T> =>
  Object.fromEntries(
    words.map((word) => [
      word,
      value(
        rows.find((row) => row['word'] === word),
        word,
      ),
    ]),
  ) as Record<W, T>;
