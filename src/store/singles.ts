import { AsyncLocalStorage } from 'node:async_hooks';
import type { PracticeId } from '../core/message.ts';
import { NotFound } from '../errors.ts';
import type { Db, Row } from './db.ts';
import { Where } from './where.ts';

type Guarded = 'messages' | 'deliveries' | 'referrals' | 'entries' | 'recipients' | 'misdirections' | 'emergencies';

export interface Singles {
  onBehalfOf<T>(practices: readonly PracticeId[] | null, run: () => T): T;
  /** Id and sealed body.
   *  @throws NotFound for another practice's as for what does not exist: it is not opened, and takes as long. */
  rowOf(table: Guarded, id: string): Promise<Row>;
  /** The document with its message and practice, under the same rule. */
  documentOf(id: string): Promise<Row>;
}

/** Things asked for by their id. PostgreSQL holds people to their practices by its rows' own rules; for an engine that
 *  cannot, the practices are a part of the question. */
export function singles(db: Db): Singles {
  const asker = new AsyncLocalStorage<readonly PracticeId[] | null>();

  async function one(select: string, key: string, practice: string, id: string): Promise<Row> {
    const where = new Where();
    where.equal(key, id);
    where.only(practice, asker.getStore() ?? null);
    const [row] = await db.all(`${select} where ${where.sql}`, where.params);
    if (!row) throw new NotFound(`${id} not found`);
    return row;
  }

  return {
    onBehalfOf: (practices, run) => (db.onBehalfOf ? db.onBehalfOf(practices, run) : asker.run(practices, run)),
    rowOf: (table, id) => one(`select id, body from ${table}`, 'id', 'practice', id),
    documentOf: (id) =>
      one(
        'select d.id, d.body, d.message, m.practice from documents d left join messages m on m.id = d.message',
        'd.id',
        'm.practice',
        id,
      ),
  };
}
