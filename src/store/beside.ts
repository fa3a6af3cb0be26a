import { existsSync } from 'node:fs';
import { ConfigError } from '../errors.ts';
import type { Db } from './db.ts';
import { openEngine } from './sqlite-engine.ts';

/** The data of a gateway that may be running, for verbs of the command line: short transactions of their own.
 *  @throws ConfigError when there is no data, or its schema is not this version's. */
export function openBeside(file: string): Db {
  if (!existsSync(file)) throw new ConfigError([`store: there is no data at ${file}`]);
  const engine = openEngine(file, 'guest');
  return {
    all: (sql, params = []) => Promise.try(() => engine.all(sql, params)),
    apply: (statements) =>
      Promise.try(() => {
        const [verdict] = engine.group([statements]);
        if (!verdict || 'refused' in verdict) throw verdict?.refused;
        return verdict.rows;
      }),
    close: () =>
      Promise.try(() => {
        engine.close();
      }),
  };
}
