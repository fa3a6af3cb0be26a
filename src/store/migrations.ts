import { readdirSync, readFileSync } from 'node:fs';
import { ConfigError } from '../errors.ts';

/** One step of the schema, from a file `0007_what_it_does.sql` in the subset of SQL that both engines read.
 *  Append-only, and kind to the release before (which may run beside us): new tables, new columns that are null or have
 *  a default. A step that the release before cannot live with says so in its name: `0009_contract_….sql`. */
export interface Migration {
  readonly number: number;
  readonly name: string;
}

const folder = new URL('migrations/', import.meta.url);

const known: readonly Migration[] = readdirSync(folder)
  .filter((name) => name.endsWith('.sql'))
  .sort()
  .map((name) => ({ number: parseInt(name, 10), name }));

export const newestSchema = (): number => Math.max(...known.map(({ number }) => number));

export const migrationTable = 'create table if not exists migrations (number bigint primary key, name text not null)';

export const sqlOf = ({ name }: Migration): string => readFileSync(new URL(name, folder), 'utf8');

/** What is still to be done, in order, on a schema where `done` stands in the table.
 *  @throws ConfigError when a newer gateway left something there that we cannot live with. */
export function missingMigrations(done: readonly Migration[]): Migration[] {
  const breaking = done.find(
    ({ number, name }) => !known.some((each) => each.number === number) && /^\d+_contract_/.test(name),
  );
  if (breaking) {
    throw new ConfigError([`store: its schema (${breaking.name}) is newer than this gateway: run the newer gateway`]);
  }
  const numbers = new Set(done.map(({ number }) => number));
  return known.filter(({ number }) => !numbers.has(number));
}
