import type { Db, Statement } from './db.ts';
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
export function leases(db: Pick<Db, 'apply'>, now: () => number): Pick<Store, 'renew' | 'finish'> {
  const renewed = gathered((asked: readonly { readonly work: Leased; readonly until: number }[]) =>
    db.apply([
      {
        sql: `update work set leased_until = kept.column5 from (values ${rows(asked.length, 5)}) as kept
          where work.stage = kept.column1 and work.subject = kept.column2 and work.generation = kept.column3
            and work.claims = kept.column4
          returning stage, subject, generation`,
        params: asked.flatMap(({ work, until }) => [...lease(work), until]),
      },
    ]),
  );
  const finished = gathered((done: readonly Leased[]) => db.apply([ending(done)]));
  return {
    async renew(work, leaseMs) {
      const kept = await renewed({ work, until: now() + leaseMs });
      return kept.some(
        ({ stage, subject, generation }) =>
          stage === work.stage && subject === work.subject && generation === work.generation,
      );
    },
    async finish(work) {
      await finished(work);
    },
  };
}

const ending = (done: readonly Leased[]): Statement => ({
  sql: `delete from work where (stage, subject, generation, claims) in (values ${rows(done.length, 4)})`,
  params: done.flatMap(lease),
});

/** Names come first, then numbers, whose type PostgreSQL cannot guess. */
const rows = (count: number, width: number): string =>
  Array.from({ length: count }, (_, row) => {
    const cells = Array.from({ length: width }, (_, cell) => {
      const param = `$${row * width + cell + 1}`;
      return cell < 2 ? param : `cast(${param} as bigint)`;
    });
    return `(${cells.join(', ')})`;
  }).join(', ');
