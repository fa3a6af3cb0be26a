import { readFileSync } from 'node:fs';
import { DatabaseError, type Client } from 'pg';
import { ConfigError } from '../errors.ts';
import { migrationTable, missingMigrations, sqlOf, type Migration } from './migrations.ts';

/** What reads on behalf of a person run as: owns nothing, writes nothing, sees the practices that it names. */
export const peopleRole = 'loopgate_people';
const notAllowed = '42501';

/** Any number that nobody else locks in our database. */
const turn = 7_096_171;

const guards = new URL('postgres-rows.sql', import.meta.url);
const record = new URL('postgres-record.sql', import.meta.url);

/** Transaction ids start over when a dump is restored into another server; the record's numbers must not. */
const rebase = `update event_base
  set base = last / 4096 + 1 - pg_snapshot_xmax(pg_current_snapshot())::text::bigint
  from (select max(seq) as last from events) as record
  where last / 4096 >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint + base`;

/** Bring the schema up to date, one process at a time.
 *  @throws ConfigError when a newer gateway changed it beyond us. */
export async function migrate(client: Client): Promise<void> {
  // Of the session: the lock goes with the connection, whatever happens.
  await client.query('select pg_advisory_lock($1)', [turn]);
  await client.query(migrationTable);
  await client.query(readFileSync(record, 'utf8'));
  const { rows } = await client.query<Migration>('select number::int, name from migrations order by number');
  for (const migration of missingMigrations(rows)) {
    await client.query('begin');
    await client.query(asPostgres(sqlOf(migration)));
    await client.query('insert into migrations (number, name) values ($1, $2)', [migration.number, migration.name]);
    await client.query('commit');
  }
  await client.query(rebase);
  await guardRows(client);
}

/** @throws ConfigError when the gateway's user may not make the role that people's reads run under */
async function guardRows(client: Client): Promise<void> {
  try {
    await client.query(readFileSync(guards, 'utf8'));
  } catch (cause) {
    if (!(cause instanceof DatabaseError) || cause.code !== notAllowed) throw cause;
    throw new ConfigError([
      `store.url: the gateway's user may not create roles; as an administrator of PostgreSQL run once:
       create role ${peopleRole} nologin; grant ${peopleRole} to <the gateway's user>;`,
    ]);
  }
}

/** SQLite numbers the rows of such a table as they are committed; here the record's own function does. */
const asPostgres = (sql: string): string =>
  sql.replaceAll('integer primary key', 'bigint primary key default event_seq()');
