import { existsSync } from 'node:fs';
import { ConfigError } from '../errors.ts';
import type { Db } from './db.ts';
import type { StoreConfig } from './open.ts';
import { openPostgres } from './postgres.ts';
import { openEngine } from './sqlite-engine.ts';
import { chained } from './sqlite-record.ts';

/** The data of a gateway that may be running, for verbs of the command line: short transactions of their own.
 *  @throws ConfigError when there is no data, or its schema is too old or too new for this version. */
export async function openBeside({ url, file }: Pick<StoreConfig, 'url' | 'file'>): Promise<Db> {
  if (url !== null) return openPostgres(url);
  if (!existsSync(file)) throw new ConfigError([`store: there is no data at ${file}`]);
  const engine = openEngine(file, 'guest');
  return {
    skipLocked: '',
    settled: 'true',
    all: (sql, params = []) => Promise.try(() => engine.all(sql, params)),
    apply: (statements, lines = []) =>
      Promise.try(() => {
        const [verdict] = engine.group([[...statements, ...lines.flatMap(chained)]]);
        if (!verdict || 'refused' in verdict) throw verdict?.refused;
        return verdict.rows;
      }),
    close: () =>
      Promise.try(() => {
        engine.close();
      }),
  };
}
