import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { WidthsOf } from './traffic.ts';
import type { Db, Statement } from './db.ts';
import { keyFile as keysIn } from './key-file.ts';
import { sqlStore } from './sql-store.ts';
import { openSqlite } from './sqlite.ts';
import type { Store } from './store.ts';
import { createVault } from './vault.ts';

export interface StoreConfig {
  /** `postgres://…`, or null for the file. */
  readonly url: string | null;
  /** A file, or `:memory:`. */
  readonly file: string;
  /** In another folder than the data. */
  readonly keyFile: string;
}

/** @throws ConfigError when data stands there without its key, or with another key. */
export async function openStore(
  { url, file, keyFile }: StoreConfig,
  now: () => number,
  widthsOf?: WidthsOf,
): Promise<Store> {
  const db = url === null ? await openOwn(file) : await openServer(url);
  const vault = createVault(db, keysIn(keyFile), now);
  try {
    await vault.ready();
  } catch (cause) {
    await db.close();
    throw cause;
  }
  return sqlStore(db, vault, now, widthsOf);
}

/** What a start makes of the work it finds. The file is ours alone (exclusive lock), so whoever held a lease before is
 *  dead, and what it knew of lanes is old. */
export const inheritance: readonly Statement[] = [
  { sql: 'update work set leased_until = 0 where leased_until <> 0', params: [] },
  { sql: 'delete from lanes', params: [] },
];

/** What speaks to a server is loaded only where there is one. */
async function openServer(url: string): Promise<Db> {
  const { openPostgres } = await import('./postgres.ts');
  return openPostgres(url);
}

async function openOwn(file: string): Promise<Db> {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const db = openSqlite(file);
  await db.apply(inheritance);
  return db;
}
