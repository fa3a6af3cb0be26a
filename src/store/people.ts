import type { Role } from '../core/role.ts';
import type { Db, Row, Statement, Value } from './db.ts';
import { text } from './lists.ts';
import type { ApiKey, People, Session, User } from './store.ts';

/** Users, keys and sessions: hashes only. */
export function people(db: Db): People {
  async function write(sql: string, params: readonly Value[], must?: Statement['must']): Promise<void> {
    await db.apply(must === undefined ? [{ sql, params }] : [{ sql, params, must }]);
  }

  return {
    addUser: ({ name, practice, role, password }) =>
      write(
        'insert into users (name, practice, role, password) values ($1, $2, $3, $4) on conflict do nothing',
        [name, practice, role, password],
        'duplicate',
      ),
    userByName: async (name) => {
      const [row] = await db.all('select * from users where name = $1', [name]);
      return row ? asUser(row) : null;
    },
    users: async () => (await db.all('select * from users order by name')).map(asUser),
    addKey: ({ hash, label, practice, role }) =>
      write('insert into api_keys (hash, label, practice, role) values ($1, $2, $3, $4)', [
        hash,
        label,
        practice,
        role,
      ]),
    keyByHash: async (hash) => {
      const [row] = await db.all('select * from api_keys where hash = $1', [hash]);
      return row ? asKey(row) : null;
    },
    addSession: ({ hash, user, startedAt, seenAt }) =>
      write('insert into sessions (hash, name, started_at, seen_at) values ($1, $2, $3, $4)', [
        hash,
        user,
        startedAt,
        seenAt,
      ]),
    sessionByHash: async (hash) => {
      const [row] = await db.all('select * from sessions where hash = $1', [hash]);
      return row ? asSession(row) : null;
    },
    touchSession: (hash, seenAt) => write('update sessions set seen_at = $2 where hash = $1', [hash, seenAt]),
    endSession: (hash) => write('delete from sessions where hash = $1', [hash]),
  };
}

const asUser = (row: Row): User => ({
  name: text(row['name']),
  practice: row['practice'] as string | null,
  role: row['role'] as Role,
  password: text(row['password']),
});

const asKey = (row: Row): ApiKey => ({
  hash: text(row['hash']),
  label: text(row['label']),
  practice: row['practice'] as string | null,
  role: row['role'] as Role,
});

const asSession = (row: Row): Session => ({
  hash: text(row['hash']),
  user: text(row['name']),
  startedAt: row['started_at'] as number,
  seenAt: row['seen_at'] as number,
});
