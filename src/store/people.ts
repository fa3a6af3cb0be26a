import type { Event } from '../core/change.ts';
import type { Right, Role } from '../core/role.ts';
import type { Db, Row, Statement, Value } from './db.ts';
import { emergencies } from './emergencies.ts';
import { factors, tickets } from './factors.ts';
import { text } from './lists.ts';
import { recorded } from './record.ts';
import type { Singles } from './singles.ts';
import type { ApiKey, People, Session, User } from './store.ts';
import type { Vault } from './vault.ts';

/** Users, keys and sessions: hashes only. What is changed about them is on record in the same transaction. */
export function people(db: Db, vault: Vault, rowOf: Singles['rowOf']): People {
  async function write(statements: readonly Statement[], event?: Event): Promise<void> {
    await vault.ready();
    await db.apply(statements, event ? [recorded(event, vault)] : []);
  }
  const one = async <T>(sql: string, param: Value, as: (row: Row) => T): Promise<T | null> => {
    const [row] = await db.all(sql, [param]);
    return row ? as(row) : null;
  };

  return {
    addUser: ({ name, practice, role, password, disabledAt }, event) =>
      write(
        [
          {
            sql: `insert into users (name, practice, role, password, disabled_at) values ($1, $2, $3, $4, $5)
              on conflict do nothing`,
            params: [name, practice, role, password, disabledAt],
            must: 'duplicate',
          },
        ],
        event,
      ),
    changeUser: ({ name, practice, role, password, disabledAt, oidcSubject }, event, keep) =>
      write(
        [
          {
            sql: `update users set practice = $2, role = $3, password = $4, disabled_at = $5, oidc_subject = $6
              where name = $1`,
            params: [name, practice, role, password, disabledAt, oidcSubject],
            must: 'conflict',
          },
          { sql: 'delete from sessions where name = $1 and hash <> $2', params: [name, keep ?? ''] },
        ],
        event,
      ),
    userByName: (name) => one('select * from users where name = $1', name, asUser),
    users: async () => (await db.all('select * from users order by name')).map(asUser),
    addKey: ({ hash, label, practice, role, scopes, madeAt }, event) =>
      write(
        [
          {
            sql: `insert into api_keys (hash, label, practice, role, scopes, made_at) values ($1, $2, $3, $4, $5, $6)`,
            params: [hash, label, practice, role, scopes && JSON.stringify(scopes), madeAt],
          },
        ],
        event,
      ),
    keyByHash: (hash) => one('select * from api_keys where hash = $1', hash, asKey),
    keys: async () => (await db.all('select * from api_keys order by label, hash')).map(asKey),
    useKey: (hash, at) => write([{ sql: 'update api_keys set used_at = $2 where hash = $1', params: [hash, at] }]),
    revokeKey: (hash, at, event) =>
      write(
        [
          {
            sql: 'update api_keys set revoked_at = $2 where hash = $1 and revoked_at is null',
            params: [hash, at],
            must: 'conflict',
          },
        ],
        event,
      ),
    addSession: ({ hash, user, startedAt, seenAt, strong }, event) =>
      write(
        [
          {
            sql: 'insert into sessions (hash, name, started_at, seen_at, strong) values ($1, $2, $3, $4, $5)',
            params: [hash, user, startedAt, seenAt, strong ? 1 : 0],
          },
        ],
        event,
      ),
    sessionByHash: (hash) => one(`${sessionsSql} where s.hash = $1`, hash, asSession),
    sessions: async () => (await db.all(`${sessionsSql} order by s.started_at desc, s.hash`)).map(asSession),
    touchSession: (hash, at) =>
      write([{ sql: 'update sessions set seen_at = $2 where hash = $1', params: [hash, at] }]),
    endSession: (hash, event) => write([{ sql: 'delete from sessions where hash = $1', params: [hash] }], event),
    factors: factors(db, vault),
    tickets: tickets(db, vault),
    emergencies: emergencies(db, vault, rowOf),
  };
}

const sessionsSql = `select s.*, e.practice, e.until from sessions s left join emergencies e on e.id = s.emergency`;

const asUser = (row: Row): User => ({
  name: text(row['name']),
  practice: row['practice'] as string | null,
  role: row['role'] as Role,
  password: text(row['password']),
  disabledAt: row['disabled_at'] as number | null,
  oidcSubject: row['oidc_subject'] as string | null,
});

const asKey = (row: Row): ApiKey => ({
  hash: text(row['hash']),
  label: text(row['label']),
  practice: row['practice'] as string | null,
  role: row['role'] as Role,
  scopes: row['scopes'] === null ? null : (JSON.parse(text(row['scopes'])) as Right[]),
  madeAt: row['made_at'] as number | null,
  usedAt: row['used_at'] as number | null,
  revokedAt: row['revoked_at'] as number | null,
});

const asSession = (row: Row): Session => ({
  hash: text(row['hash']),
  user: text(row['name']),
  startedAt: row['started_at'] as number,
  seenAt: row['seen_at'] as number,
  strong: row['strong'] === 1,
  emergency:
    row['emergency'] === null
      ? null
      : { id: text(row['emergency']), practice: text(row['practice']), until: row['until'] as number },
});
