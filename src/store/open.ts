import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ConfigError } from '../errors.ts';
import type { WidthsOf } from './claims.ts';
import type { Db } from './db.ts';
import { bytes } from './lists.ts';
import { openPostgres } from './postgres.ts';
import { sqlStore } from './sql-store.ts';
import { openSqlite } from './sqlite.ts';
import type { Store } from './store.ts';
import { createVault, type Vault } from './vault.ts';

export interface StoreConfig {
  /** `postgres://…`, or null for the file. */
  readonly url: string | null;
  /** A file, or `:memory:`. */
  readonly file: string;
  /** 32 bytes in hex. In another folder than the data: a stolen disk image without it is not a breach. */
  readonly keyFile: string;
}

/** @throws ConfigError when data stands there without its key, or with another key. */
export async function openStore(
  { url, file, keyFile }: StoreConfig,
  now: () => number,
  widthsOf?: WidthsOf,
): Promise<Store> {
  const db = url === null ? await openOwn(file) : await openPostgres(url);
  try {
    return sqlStore(db, await unlock(db, keyFile), now, widthsOf);
  } catch (cause) {
    await db.close();
    throw cause;
  }
}

/** The file is ours alone (exclusive lock), so whoever held a lease before is dead, and what it knew of lanes is old. */
async function openOwn(file: string): Promise<Db> {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const db = openSqlite(file);
  await db.apply([
    { sql: 'update work set leased_until = 0 where leased_until > 0', params: [] },
    { sql: 'delete from lanes', params: [] },
  ]);
  return db;
}

/** One sealed word in the store tells whether the key belongs to this data. */
async function unlock(db: Db, keyFile: string): Promise<Vault> {
  const word = async () => (await db.all('select sealed from vault_probe'))[0]?.['sealed'];
  const vault = createVault(keyIn(keyFile, (await word()) !== undefined));
  await db.apply([
    {
      sql: 'insert into vault_probe (sealed) values ($1) on conflict do nothing',
      params: [vault.seal(Buffer.from('loopgate'), 'vault_probe')],
    },
  ]);
  try {
    vault.open(bytes(await word()), 'vault_probe');
  } catch {
    throw new ConfigError([`vault.keyFile: ${keyFile} is not the key of this data`]);
  }
  return vault;
}

function keyIn(keyFile: string, needed: boolean): Uint8Array {
  if (!existsSync(keyFile)) {
    if (needed) {
      throw new ConfigError([
        `vault.keyFile: ${keyFile} is missing, but data exists. Restore the key from its own backup; without it nothing can be read`,
      ]);
    }
    makeKey(keyFile);
  }
  return Buffer.from(readFileSync(keyFile, 'utf8').trim(), 'hex');
}

/** Appears whole or not at all, and never in the place of another: two processes may start at once. */
function makeKey(keyFile: string): void {
  const draft = `${keyFile}.${randomBytes(8).toString('hex')}`;
  mkdirSync(dirname(keyFile), { recursive: true, mode: 0o700 });
  writeFileSync(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(draft, keyFile);
  } catch (cause) {
    if (!existsSync(keyFile)) throw cause;
  } finally {
    unlinkSync(draft);
  }
}
