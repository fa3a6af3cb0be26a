import type { Lessons } from '../core/lesson.ts';
import type { Db, Row, Statement } from './db.ts';
import { bytes, text } from './lists.ts';
import type { Store } from './store.ts';
import type { Vault } from './vault.ts';
import { Where } from './where.ts';

export function lessonStore(db: Db, vault: Vault): Pick<Store, 'lessonsOf' | 'lessonsIn'> {
  const opened = (row: Row): Lessons => vault.openJson(bytes(row['body']), `lessons:${text(row['id'])}`) as Lessons;
  return {
    async lessonsOf(practice, sender) {
      await vault.ready();
      const id = vault.term(`lessons:${practice}:${sender}`);
      const [row] = await db.all('select id, body from lessons where id = $1', [id]);
      return row ? opened(row) : { id, practice, sender, forms: [], last: null, at: 0, version: 0 };
    },
    async lessonsIn(practices) {
      const where = new Where();
      where.in('practice', practices);
      const sql = `select id, body from lessons where ${where.sql} order by practice, id`;
      return (await db.all(sql, where.params)).map(opened);
    },
  };
}

/** Kept as they are now; without any form they are forgotten. Of two people who teach at once one is heard: a lesson must
 *  not stand in the way of a decision. */
export function putLessons(lessons: Lessons, vault: Vault): Statement {
  const { id, practice, forms, last, version } = lessons;
  if (forms.length === 0 && last === null) return { sql: 'delete from lessons where id = $1', params: [id] };
  return {
    sql: `insert into lessons (id, practice, body, version) values ($1, $2, $3, $4)
          on conflict (id) do update set body = excluded.body, version = excluded.version
          where lessons.version = excluded.version - 1`,
    params: [id, practice, vault.sealJson(lessons, `lessons:${id}`), version],
  };
}
