import type { Misdirection } from '../core/misdirection.ts';
import { unknownEndpoint, type Standing } from '../core/standing.ts';
import type { Db, Row } from './db.ts';
import { bytes, page, text } from './lists.ts';
import type { Singles } from './singles.ts';
import type { Store } from './store.ts';
import type { Vault } from './vault.ts';
import { Where } from './where.ts';
import { endpointTerm } from './write-numbers.ts';

type Numbers = Pick<Store, 'standing' | 'standings' | 'misdirection' | 'misdirections'>;

/** What is held of the numbers that are dialled, and of pages that came to the wrong place. */
export function numbers(db: Db, vault: Vault, rowOf: Singles['rowOf']): Numbers {
  const opened = (row: Row): Misdirection =>
    vault.openJson(bytes(row['body']), `misdirections:${text(row['id'])}`) as Misdirection;

  return {
    standing: async (practice, endpoint) => {
      await vault.ready();
      const [row] = await db.all(
        'select practice, endpoint, body from standings where practice = $1 and endpoint = $2',
        [practice, endpointTerm(endpoint, vault)],
      );
      return row ? asStanding(row, vault) : unknownEndpoint(practice, endpoint);
    },

    standings: async ({ practices, only, now, cursor, limit }) => {
      await vault.ready();
      const where = new Where();
      where.in('practice', practices);
      if (only === 'suppressed') where.compare('suppressed_until', '>', now);
      if (only === 'doubtful') where.add('strikes > 0');
      if (cursor !== undefined) {
        const [at, term = ''] = cursor.split(' ');
        where.add(`(changed_at, endpoint) < (${where.param(Number(at))}, ${where.param(term)})`);
      }
      const rows = await db.all(
        `select practice, endpoint, changed_at, body from standings where ${where.sql}
         order by changed_at desc, endpoint desc limit ${where.limit(limit, 1)}`,
        where.params,
      );
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      return {
        rows: shown.map((row) => asStanding(row, vault)),
        next: rows.length > limit && last ? `${String(last['changed_at'])} ${text(last['endpoint'])}` : null,
      };
    },

    misdirection: async (id) => opened(await rowOf('misdirections', id)),

    misdirections: async ({ practices, delivery, cursor, limit }) => {
      const where = new Where();
      where.in('practice', practices);
      where.equal('delivery', delivery);
      where.compare('id', '<', cursor);
      const rows = await db.all(
        `select id, body from misdirections where ${where.sql} order by id desc limit ${where.limit(limit, 1)}`,
        where.params,
      );
      return page(rows, limit, opened);
    },
  };
}

const asStanding = (row: Row, vault: Vault): Standing =>
  vault.openJson(bytes(row['body']), `standings:${text(row['practice'])}:${text(row['endpoint'])}`) as Standing;
