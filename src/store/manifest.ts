import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../errors.ts';
import type { Row } from './db.ts';
import { newestSchema } from './migrations.ts';

/** What a backup is, beside the file that holds it: `manifest.json`. */
export interface Manifest {
  readonly format: 1;
  readonly engine: 'sqlite' | 'postgres';
  /** Number of the newest migration. */
  readonly schema: number;
  /** RFC 3339: everything that was committed before is in it. */
  readonly mark: string;
  readonly counts: Readonly<Record<(typeof counted)[number], number>>;
  /** The keys of the key file that it needs to be read: they are backed up apart. */
  readonly keys: readonly string[];
  readonly file: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

export const counted = ['messages', 'documents', 'deliveries', 'events'] as const;

/** What the data says of itself; to be asked in the snapshot. */
export const aboutSql = `select (select max(number) from migrations) as schema,
  ${counted.map((table) => `(select count(*) from ${table}) as ${table}`).join(', ')}`;
export const keysSql = 'select id from keks order by id';

/** Says in the data that it was restored; until a person lifts that, nothing leaves. Who had signed out is not signed in
 *  again.
 *  @param mark when the backup was made @param at now, both epoch ms */
export const restoredSql = (mark: number, at: number, schema: 'main' | 'public'): string =>
  `delete from ${schema}.restored;
insert into ${schema}.restored (mark, at, ready) values (${mark}, ${at}, 0);
delete from ${schema}.sessions;
`;

export const aboutOf = (row: Row | undefined, keys: readonly Row[]): Pick<Manifest, 'schema' | 'counts' | 'keys'> => ({
  schema: Number(row?.['schema']),
  counts: Object.fromEntries(counted.map((table) => [table, Number(row?.[table])])) as Manifest['counts'],
  keys: keys.map(({ id }) => id as string),
});

/** Read a backup's manifest and prove that its file is what was written.
 *  @throws ConfigError saying what is wrong with it */
export async function readManifest(folder: string): Promise<Manifest> {
  const manifest = parsed(join(folder, 'manifest.json'));
  const newest = newestSchema();
  if (manifest.schema > newest) {
    throw new ConfigError([
      `restore: the backup's schema (${manifest.schema}) is newer than this version's (${newest}): use the newer version`,
    ]);
  }
  const file = join(folder, manifest.file);
  const { bytes, sha256 } = await measured(file).catch(() => {
    throw new ConfigError([`restore: ${file} cannot be read`]);
  });
  if (bytes !== manifest.bytes || sha256 !== manifest.sha256) {
    throw new ConfigError([`restore: ${file} is not the file that was backed up: it was cut or altered`]);
  }
  return manifest;
}

function parsed(file: string): Manifest {
  try {
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
    if ((manifest.format as number) === 1 && /^[\w.]+$/.test(manifest.file)) return manifest;
  } catch {
    throw new ConfigError([`restore: ${file} cannot be read: is this the folder of a backup that ended?`]);
  }
  throw new ConfigError([`restore: ${file} is of another format: use the version that wrote it`]);
}

export async function measured(file: string): Promise<Pick<Manifest, 'bytes' | 'sha256'>> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return { bytes: statSync(file).size, sha256: hash.digest('hex') };
}
