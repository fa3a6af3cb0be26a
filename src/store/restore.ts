import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ConfigError } from '../errors.ts';
import { requireWhole } from './backup.ts';
import { keep } from './durable.ts';
import { keyFile as keysIn } from './key-file.ts';
import { readManifest, restoredSql, type Manifest } from './manifest.ts';
import type { StoreConfig } from './open.ts';
import { restorePostgres, type Environment } from './postgres-programs.ts';
import { lock } from './sqlite-engine.ts';

interface Options {
  readonly now: () => number;
  /** Replace data that is there. */
  readonly force: boolean;
  readonly environment: Environment;
}

/** Put a backup in the place of the data. What it leaves says of itself that it was restored, and no gateway runs on it
 *  before its deliveries know of the gap. A database file that was there is kept beside it.
 *  @throws ConfigError, and nothing happened: the backup is damaged or of another engine, keys are missing, a gateway
 *  runs, or there is data and `force` is not given */
export async function restore(config: StoreConfig, folder: string, options: Options): Promise<Manifest> {
  const manifest = await readManifest(folder);
  const { url, file } = config;
  const wanted = url === null ? 'sqlite' : 'postgres';
  if (manifest.engine !== wanted) {
    const setting = manifest.engine === 'sqlite' ? 'leave out store.url' : 'set store.url';
    throw new ConfigError([`restore: the backup is of ${manifest.engine}: ${setting}`]);
  }
  await requireKeys(manifest, config.keyFile);
  const [mark, at] = [Date.parse(manifest.mark), options.now()];
  const copy = join(folder, manifest.file);
  if (url === null) replaceFile(file, copy, { mark, at, force: options.force });
  else await restorePostgres(url, copy, { mark, at, force: options.force }, options.environment);
  return manifest;
}

async function requireKeys({ keys }: Manifest, file: string): Promise<void> {
  const here = new Set((await keysIn(file).read()).map(({ id }) => id));
  const missing = keys.filter((id) => !here.has(id));
  if (missing.length === 0) return;
  throw new ConfigError([
    `restore: ${file} lacks the key ${missing.join(', ')}, without which the backup cannot be read: restore the key file from its own backup first`,
  ]);
}

interface Replacement {
  readonly mark: number;
  readonly at: number;
  readonly force: boolean;
}

function replaceFile(file: string, copy: string, { mark, at, force }: Replacement): void {
  if (existsSync(file) && !force) {
    throw new ConfigError([`restore: there is data at ${file}; --force puts the backup in its place`]);
  }
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const held = lock(file);
  try {
    const draft = `${file}.restoring`;
    rmSync(draft, { force: true });
    copyFileSync(copy, draft);
    markRestored(draft, mark, at);
    keep(draft);
    // The log goes with its file: left behind, it would be played into the wrong one.
    for (const ending of ['', '-wal', '-shm']) {
      if (existsSync(file + ending)) renameSync(file + ending, `${file}.before-${at}${ending}`);
    }
    renameSync(draft, file);
    keep(dirname(file));
  } finally {
    held.close();
  }
}

function markRestored(draft: string, mark: number, at: number): void {
  const db = new DatabaseSync(draft);
  try {
    requireWhole(db, draft);
    db.exec(`begin; ${restoredSql(mark, at, 'main')} commit`);
  } finally {
    db.close();
  }
}
