import type { Event } from '../core/change.ts';
import type { Db, Row, Statement } from './db.ts';
import { bytes, text } from './lists.ts';
import { recorded } from './record.ts';
import type { Factor, Factors, Tickets } from './store.ts';
import type { Vault } from './vault.ts';

/** Second factors: secrets of authenticators are sealed, recovery codes are hashes. */
export function factors(db: Db, vault: Vault): Factors {
  async function write(statements: readonly Statement[], event?: Event): Promise<void> {
    await vault.ready();
    await db.apply(statements, event ? [recorded(event, vault)] : []);
  }
  const asFactor = (row: Row): Factor => ({
    id: text(row['id']),
    user: text(row['name']),
    kind: row['kind'] as Factor['kind'],
    label: text(row['label']),
    madeAt: row['made_at'] as number,
    usedAt: row['used_at'] as number | null,
    counter: row['counter'] as number,
    secret: vault.openJson(bytes(row['body']), `factors:${text(row['id'])}`) as string,
  });

  return {
    of: async (user) =>
      (await db.all('select * from factors where name = $1 order by made_at, id', [user])).map(asFactor),
    byId: async (id) => {
      const [row] = await db.all('select * from factors where id = $1', [id]);
      return row ? asFactor(row) : null;
    },
    async add({ id, user, kind, label, madeAt, counter, secret }, recovery, session, event) {
      await vault.ready();
      await write(
        [
          {
            sql: `insert into factors (id, name, kind, label, made_at, counter, body) values ($1, $2, $3, $4, $5, $6, $7)
              on conflict do nothing`,
            params: [id, user, kind, label, madeAt, counter, vault.sealJson(secret, `factors:${id}`)],
            must: 'duplicate',
          },
          ...(recovery === null ? [] : codes(user, recovery)),
          { sql: 'update sessions set strong = 1 where hash = $1', params: [session] },
          { sql: 'delete from sessions where name = $1 and hash <> $2', params: [user, session] },
        ],
        event,
      );
    },
    // A passkey that does not count says zero each time (WebAuthn 6.1.1).
    use: ({ id, counter }, at) =>
      write([
        {
          sql: `update factors set counter = $2, used_at = $3
            where id = $1 and (counter < $2 or (kind = 'passkey' and counter = 0))`,
          params: [id, counter, at],
          must: 'conflict',
        },
      ]),
    remove: (id, event) => write([{ sql: 'delete from factors where id = $1', params: [id], must: 'conflict' }], event),
    forget: (user, event) =>
      write(
        ['factors', 'recovery_codes', 'sessions'].map((table) => ({
          sql: `delete from ${table} where name = $1`,
          params: [user],
        })),
        event,
      ),
    recoveryCodes: async (user) => {
      const [row] = await db.all('select count(*) as n from recovery_codes where name = $1', [user]);
      return row?.['n'] as number;
    },
    useRecoveryCode: (user, hash, event) =>
      write(
        [
          {
            sql: 'delete from recovery_codes where name = $1 and hash = $2',
            params: [user, hash],
            must: 'conflict',
          },
        ],
        event,
      ),
    replaceRecoveryCodes: (user, hashes, event) => write(codes(user, hashes), event),
  };
}

const codes = (user: string, hashes: readonly string[]): Statement[] => [
  { sql: 'delete from recovery_codes where name = $1', params: [user] },
  ...hashes.map((hash) => ({ sql: 'insert into recovery_codes (name, hash) values ($1, $2)', params: [user, hash] })),
];

export function tickets(db: Db, vault: Vault): Tickets {
  return {
    async put(hash, { kind, expiresAt, body }) {
      await vault.ready();
      const lifeMs = 60 * 60_000;
      await db.apply([
        // Those that nobody came back for.
        { sql: 'delete from tickets where expires_at < $1', params: [expiresAt - lifeMs] },
        {
          sql: 'insert into tickets (hash, kind, expires_at, body) values ($1, $2, $3, $4)',
          params: [hash, kind, expiresAt, vault.sealJson(body, `tickets:${hash}`)],
        },
      ]);
    },
    find: async (hash, kind, now) => {
      const [row] = await db.all('select body from tickets where hash = $1 and kind = $2 and expires_at > $3', [
        hash,
        kind,
        now,
      ]);
      return row ? vault.openJson(bytes(row['body']), `tickets:${hash}`) : null;
    },
    take: async (hash) => {
      await db.apply([{ sql: 'delete from tickets where hash = $1', params: [hash], must: 'conflict' }]);
    },
  };
}
