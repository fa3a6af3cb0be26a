import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ConfigError } from '../errors.ts';
import { keep } from './durable.ts';
import { aboutOf, aboutSql, keysSql, measured, type Manifest } from './manifest.ts';
import type { StoreConfig } from './open.ts';
import { dumpPostgres, type Environment } from './postgres-programs.ts';

type About = Pick<Manifest, 'schema' | 'counts' | 'keys'>;

/** Write a consistent copy of the data, and what it is, into a new folder; a gateway may run meanwhile. The folder is
 *  there only when the copy is whole and on disk. The keys are not in it.
 *  @throws ConfigError when there is no data, or the folder exists */
export async function backup(
  { url, file }: Pick<StoreConfig, 'url' | 'file'>,
  folder: string,
  now: () => number,
  environment: Environment,
): Promise<Manifest> {
  const target = resolve(folder);
  if (existsSync(target)) throw new ConfigError([`backup: ${target} exists already: name a new folder`]);
  const draft = `${target}.unfinished`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  const mark = new Date(now()).toISOString();
  const name = url === null ? 'loopgate.db' : 'loopgate.dump';
  const copy = join(draft, name);
  const about = url === null ? copySqlite(file, copy) : await dumpPostgres(url, copy, environment);
  chmodSync(copy, 0o600);
  keep(copy);
  const engine = url === null ? 'sqlite' : 'postgres';
  const manifest: Manifest = { format: 1, engine, mark, ...about, file: name, ...(await measured(copy)) };
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  writeFileSync(join(draft, 'manifest.json'), text, { mode: 0o600, flush: true });
  keep(draft);
  renameSync(draft, target);
  keep(dirname(target));
  return manifest;
}

/** VACUUM INTO reads one snapshot, lets the gateway write meanwhile, and leaves behind what was erased. */
function copySqlite(file: string, copy: string): About {
  if (!existsSync(file)) throw new ConfigError([`backup: there is no data at ${file}`]);
  const source = new DatabaseSync(file, { timeout: 30_000 });
  try {
    source.prepare('vacuum into ?').run(copy);
  } finally {
    source.close();
  }
  const db = new DatabaseSync(copy, { readOnly: true });
  try {
    requireWhole(db, copy);
    return aboutOf(db.prepare(aboutSql).get(), db.prepare(keysSql).all());
  } finally {
    db.close();
  }
}

/** @throws ConfigError when SQLite finds the file damaged */
export function requireWhole(db: DatabaseSync, file: string): void {
  const { quick_check: verdict } = db.prepare('pragma quick_check').get() as { quick_check: string };
  if (verdict !== 'ok') throw new ConfigError([`store: ${file} is damaged`]);
}
