import type { Db, Row, Value } from './db.ts';
import { gathered } from './gather.ts';
import type { Leased, Store } from './store.ts';

/** True of a row as long as this lease on it stands. */
export const held = 'stage = $1 and subject = $2 and generation = $3 and claims = $4';

export const lease = ({ stage, subject, generation, claims }: Leased): [string, string, number, number] => [
  stage,
  subject,
  generation,
  claims,
];

/** Keeping and ending leases: one small statement for all who ask at a time. */
export function leases(db: Pick<Db, 'all' | 'apply'>, now: () => number): Pick<Store, 'renew' | 'finish'> {
  const standing = gathered((asked: readonly Asked[]) => {
    const { values, params } = table(asked.map(({ work, until }) => [...lease(work), until]));
    const sql = `select work.stage, work.subject, work.generation from work join ${values} as kept on ${same}
      where work.leased_until >= kept.column5`;
    return db.all(sql, params);
  });
  const renewed = gathered((asked: readonly Asked[]) => {
    const { values, params } = table(asked.map(({ work, until }) => [...lease(work), until]));
    const sql = `update work set leased_until = kept.column5 from ${values} as kept where ${same}
      returning stage, subject, generation`;
    return db.apply([{ sql, params }]);
  });
  const finished = gathered((done: readonly Leased[]) => {
    const { values, params } = table(done.map(lease));
    return db.apply([{ sql: `delete from work where (stage, subject, generation, claims) in ${values}`, params }]);
  });
  return {
    async renew(work, leaseMs) {
      // Just claimed, as a rule, by whoever sent it here: to read is all that it takes.
      const long = await standing({ work, until: now() + leaseMs * freshShare });
      if (long.some(isOf(work))) return true;
      return (await renewed({ work, until: now() + leaseMs })).some(isOf(work));
    },
    async finish(work) {
      await finished(work);
    },
  };
}

interface Asked {
  readonly work: Leased;
  readonly until: number;
}

/** A lease of which so much is left needs no renewal yet. More than is left when whoever works renews it. */
const freshShare = 3 / 4;

const same = `work.stage = kept.column1 and work.subject = kept.column2 and work.generation = kept.column3
  and work.claims = kept.column4`;

const isOf =
  (work: Leased) =>
  ({ stage, subject, generation }: Row): boolean =>
    stage === work.stage && subject === work.subject && generation === work.generation;

/** Names come first, then numbers, whose type PostgreSQL cannot guess. Filled up with its first row to a power of two:
 *  each number of rows is a statement of its own, which each connection plans anew. */
function table(rows: readonly (readonly Value[])[]): { readonly values: string; readonly params: readonly Value[] } {
  const size = 2 ** Math.ceil(Math.log2(rows.length));
  const filled = Array.from({ length: size }, (_, nth) => rows[nth] ?? rows[0] ?? []);
  let param = 0;
  const cells = (row: readonly Value[]): string[] =>
    row.map((_, cell) => (cell < 2 ? `$${++param}` : `cast($${++param} as bigint)`));
  return { values: `(values ${filled.map((row) => `(${cells(row).join(', ')})`).join(', ')})`, params: filled.flat() };
}
