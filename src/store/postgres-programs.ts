import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Client } from 'pg';
import { ConfigError } from '../errors.ts';
import type { Row } from './db.ts';
import { aboutOf, aboutSql, keysSql, restoredSql, type Manifest } from './manifest.ts';

/** For one of PostgreSQL's own programs: our environment, and this. */
export type Environment = (more: Readonly<Record<string, string>>) => NodeJS.ProcessEnv;

/** A dump in the custom format, and what the very snapshot says of itself.
 *  @throws ConfigError */
export async function dumpPostgres(
  url: string,
  file: string,
  environment: Environment,
): Promise<Pick<Manifest, 'schema' | 'counts' | 'keys'>> {
  return withClient(url, async (client) => {
    await client.query('begin isolation level repeatable read read only');
    const { rows } = await client.query<{ id: string }>('select pg_export_snapshot() as id');
    const about = await client.query<Row>(aboutSql);
    const keys = await client.query<Row>(keysSql);
    const snapshot = `--snapshot=${rows[0]?.id ?? ''}`;
    await ended(start('pg_dump', ['--format=custom', snapshot, '--schema=public', '--file', file], url, environment));
    return aboutOf(about.rows[0], keys.rows);
  });
}

/** Replace all that the database holds by a dump, and say in it that it was restored: all of it or nothing.
 *  @param mark when the backup was made, epoch ms
 *  @throws ConfigError when gateways use the database, or it holds data and `force` is not given */
export async function restorePostgres(
  url: string,
  file: string,
  { mark, at, force }: { readonly mark: number; readonly at: number; readonly force: boolean },
  environment: Environment,
): Promise<void> {
  await withClient(url, (client) => requireFree(client, force));
  const psql = start(
    'psql',
    ['--no-psqlrc', '--quiet', '--single-transaction', '--set=ON_ERROR_STOP=1'],
    url,
    environment,
  );
  const written = ended(psql);
  const script = start(
    'pg_restore',
    ['--schema=public', '--no-owner', '--no-privileges', '--file=-', file],
    null,
    environment,
  );
  const read = ended(script);
  psql.once('close', () => script.kill());
  psql.stdin?.write(emptySql);
  try {
    await Promise.all([copied(script, psql), read]);
  } catch (cause) {
    if (psql.exitCode !== null) await written;
    // It has not come to the end of its one transaction: nothing happened.
    psql.kill('SIGKILL');
    await written.catch(() => undefined);
    throw cause;
  }
  psql.stdin?.end(restoredSql(mark, at, 'public'));
  await written;
}

const emptySql = `set client_min_messages = warning;
do $$ declare found record; begin
  for found in select tablename from pg_tables where schemaname = 'public' loop
    execute format('drop table public.%I cascade', found.tablename);
  end loop;
end $$;
do $$ declare found record; begin
  for found in select oid::regprocedure as name from pg_proc f where pronamespace = 'public'::regnamespace
    and not exists (select from pg_depend d where d.objid = f.oid and d.deptype = 'e') loop
    execute format('drop function if exists %s cascade', found.name);
  end loop;
end $$;
`;

async function requireFree(client: Client, force: boolean): Promise<void> {
  const { rows: users } = await client.query(
    `select 1 from pg_stat_activity where datname = current_database() and application_name = 'loopgate'`,
  );
  if (users.length > 0) throw new ConfigError(['restore: a gateway uses this database: stop every gateway first']);
  const { rows } = await client.query<{ data: string | null }>(`select to_regclass('public.keks')::text as data`);
  if (rows[0]?.data && !force) {
    throw new ConfigError(['restore: the database holds data already; --force replaces all of it']);
  }
}

async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, application_name: 'loopgate-backup' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await use(client);
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw new ConfigError([`store.url: PostgreSQL says: ${(cause as Error).message}`]);
  } finally {
    await client.end();
  }
}

/** The password goes by the environment: arguments are everybody's to read. */
function start(program: string, words: readonly string[], url: string | null, environment: Environment): ChildProcess {
  const address = url === null ? null : new URL(url);
  const secret = decodeURIComponent(address?.password ?? '');
  if (address) address.password = '';
  const database = address === null ? [] : [`--dbname=${address.href}`];
  return spawn(program, [...words, ...database], {
    env: environment(secret === '' ? {} : { PGPASSWORD: secret }),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** @throws ConfigError with the program's own last words */
async function ended(child: ChildProcess): Promise<void> {
  const [program = ''] = child.spawnargs;
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)));
  child.stdin?.on('error', () => undefined);
  const [code] = (await once(child, 'close').catch((cause: unknown) => {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    throw new ConfigError([
      code === 'ENOENT'
        ? `${program} is not installed: install PostgreSQL's client programs (Debian: postgresql-client)`
        : `${program} cannot be started (${code})`,
    ]);
  })) as [number | null];
  if (code !== 0) throw new ConfigError([said.trim().split('\n').at(-1) || `${program} failed`]);
}

async function copied(from: ChildProcess, to: ChildProcess): Promise<void> {
  for await (const chunk of from.stdout ?? []) {
    if (to.exitCode !== null || !to.stdin) return;
    if (!to.stdin.write(chunk)) await Promise.race([once(to.stdin, 'drain'), once(to, 'close')]);
  }
}
