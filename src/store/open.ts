import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ConfigError } from '../errors.ts';
import type { WidthsOf } from './claims.ts';
import type { Db } from './db.ts';
import { bytes } from './lists.ts';
import { sqlStore } from './sql-store.ts';
import { openSqlite } from './sqlite.ts';
import type { Store } from './store.ts';
import { createVault, type Vault } from './vault.ts';

export interface StoreConfig {
  /** A file, or `:memory:`. */
  readonly file: string;
  /** 32 bytes in hex. In another folder than the data: a stolen disk image without it is not a breach. */
  readonly keyFile: string;
}

/** @throws ConfigError when data stands there without its key, or with another key. */
export async function openStore(
  { file, keyFile }: StoreConfig,
  now: () => number,
  widthsOf?: WidthsOf,
): Promise<Store> {
  const vault = createVault(vaultKey(file, keyFile));
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const db = openSqlite(file);
  try {
    await proveKey(db, vault, keyFile);
    // The file is ours alone (exclusive lock), so whoever held a lease or was sending before is dead.
    await db.apply([
      { sql: 'update work set leased_until = 0 where leased_until > 0', params: [] },
      {
        sql: `update work set due_at = 0 where stage = 'settle'
              and subject in (select id from deliveries where state = 'sending')`,
        params: [],
      },
    ]);
  } catch (cause) {
    await db.close();
    throw cause;
  }
  return sqlStore(db, vault, now, widthsOf);
}

function vaultKey(file: string, keyFile: string): Uint8Array {
  if (existsSync(keyFile)) return Buffer.from(readFileSync(keyFile, 'utf8').trim(), 'hex');
  if (existsSync(file)) {
    throw new ConfigError([
      `vault.keyFile: ${keyFile} is missing, but data exists. Restore the key from its own backup; without it nothing can be read`,
    ]);
  }
  const key = randomBytes(32);
  mkdirSync(dirname(keyFile), { recursive: true, mode: 0o700 });
  writeFileSync(keyFile, `${key.toString('hex')}\n`, { mode: 0o600, flag: 'wx', flush: true });
  return key;
}

async function proveKey(db: Db, vault: Vault, keyFile: string): Promise<void> {
  const [row] = await db.all('select sealed from vault_probe');
  if (!row) {
    const sealed = vault.seal(Buffer.from('loopgate'), 'vault_probe');
    await db.apply([{ sql: 'insert into vault_probe (sealed) values ($1)', params: [sealed] }]);
    return;
  }
  try {
    vault.open(bytes(row['sealed']), 'vault_probe');
  } catch {
    throw new ConfigError([`vault.keyFile: ${keyFile} is not the key of this data`]);
  }
}
