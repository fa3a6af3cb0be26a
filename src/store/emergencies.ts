import type { Db, Row } from './db.ts';
import { bytes, text } from './lists.ts';
import { recorded } from './record.ts';
import type { Singles } from './singles.ts';
import type { Emergencies, Emergency } from './store.ts';
import type { Vault } from './vault.ts';
import { Where } from './where.ts';

/** Who saw content in an emergency, why, and what its review said. */
export function emergencies(db: Db, vault: Vault, rowOf: Singles['rowOf']): Emergencies {
  const opened = (row: Row): Emergency =>
    vault.openJson(bytes(row['body']), `emergencies:${text(row['id'])}`) as Emergency;
  const sealed = (emergency: Emergency): Uint8Array => vault.sealJson(emergency, `emergencies:${emergency.id}`);

  return {
    async start(emergency, session, event) {
      await vault.ready();
      const { id, user, practice, startedAt, until } = emergency;
      await db.apply(
        [
          {
            sql: `insert into emergencies (id, name, practice, started_at, until, body) values ($1, $2, $3, $4, $5, $6)`,
            params: [id, user, practice, startedAt, until, sealed(emergency)],
          },
          { sql: 'update sessions set emergency = $2 where hash = $1', params: [session, id], must: 'conflict' },
        ],
        [recorded(event, vault)],
      );
    },
    async end(session, event) {
      await vault.ready();
      await db.apply(
        [{ sql: 'update sessions set emergency = null where hash = $1', params: [session], must: 'conflict' }],
        [recorded(event, vault)],
      );
    },
    byId: async (id) => opened(await rowOf('emergencies', id)),
    list: async (practices) => {
      const where = new Where();
      where.in('practice', practices);
      const rows = await db.all(
        `select id, body from emergencies where ${where.sql} order by id desc limit ${where.limit(200)}`,
        where.params,
      );
      return rows.map(opened);
    },
    unreviewed: async (practices) => {
      const where = new Where();
      where.in('practice', practices);
      where.add('reviewed_at is null');
      const [row] = await db.all(`select count(*) as n from emergencies where ${where.sql}`, where.params);
      return row?.['n'] as number;
    },
    async review(emergency, event) {
      await vault.ready();
      await db.apply(
        [
          {
            sql: 'update emergencies set reviewed_at = $2, body = $3 where id = $1 and reviewed_at is null',
            params: [emergency.id, emergency.review.at, sealed(emergency)],
            must: 'conflict',
          },
        ],
        [recorded(event, vault)],
      );
    },
  };
}
