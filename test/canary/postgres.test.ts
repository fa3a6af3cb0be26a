import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { loopgate } from '../e2e/command.ts';
import { neighbourhood, type Neighbourhood } from '../e2e/neighbourhood.ts';
import { postgres, program } from '../services/postgres.ts';
import { foundIn, formsOf } from './forms.ts';
import { everythingHappens, filesUnder, words } from './story.ts';

/** The same story on PostgreSQL: whoever gets the server's disk, its log or a backup finds nobody, in no code. The server
 *  writes down every statement with its parameters, as one that somebody set up to look for trouble. */

const talkative = {
  log_statement: 'all',
  log_min_duration_statement: '0',
  log_parameter_max_length: '-1',
  log_parameter_max_length_on_error: '-1',
  log_error_verbosity: 'verbose',
};

const server = postgres(talkative);
const forms = formsOf(words);
let town: Neighbourhood;
let url: string;
beforeAll(async () => {
  url = await server.url();
  town = await neighbourhood({ store: { url } });
  await town.start();
  await everythingHappens(town);
});
afterAll(async () => {
  await town.close();
  await server.stop();
});

/** A list of the system's tables that a connection writes under its own number, and then gives its name. */
const isInTheMaking = (file: string): boolean => /pg_internal\.init\.\d+$/.test(file);

/** What lies on the server's disk once it has shut down in good order and come again. */
async function onDisk(): Promise<{ readonly file: string; readonly bytes: Buffer }[]> {
  await server.restart(talkative);
  const folder = await server.folder();
  return filesUnder(folder)
    .filter((file) => !isInTheMaking(file))
    .map((file) => ({ file: file.slice(folder.length + 1), bytes: readFileSync(file) }));
}

const hits = (files: readonly { readonly file: string; readonly bytes: Buffer }[]): string[] =>
  files.flatMap(({ file, bytes }) => foundIn(bytes, forms).map((found) => `${file}: ${found}`));

describe('no patient stands', () => {
  test('in a backup, packed or unpacked', async () => {
    const backup = join(town.folder, 'backup');
    const { status, stderr } = await loopgate(['backup', backup], join(town.folder, 'config.mjs'));
    expect([status, stderr]).toEqual([0, '']);
    const dump = join(backup, 'loopgate.dump');
    const unpacked = execFileSync(program('pg_restore'), ['--file=-', dump], { maxBuffer: 1 << 30 });
    expect(unpacked.toString('latin1')).toMatch(/COPY public\.messages /);
    const all = filesUnder(backup).map((file) => ({ file, bytes: readFileSync(file) }));
    expect(hits([...all, { file: 'unpacked', bytes: unpacked }])).toEqual([]);
  });

  test('in the files of the database, its write-ahead log and its own log', async () => {
    const files = await onDisk();
    const kinds = ['base/', 'pg_wal/', 'server.log'].map((kind) => files.filter(({ file }) => file.startsWith(kind)));
    for (const kind of kinds) expect(kind.length).toBeGreaterThan(0);
    const log = kinds[2]?.[0]?.bytes.toString('latin1') ?? '';
    // Parameters are in it, of statements that were refused, too.
    expect(log).toMatch(/DETAIL:.*[Pp]arameters: /);
    expect(log).toMatch(/insert into messages/);
    expect(hits(files)).toEqual([]);
  });

  test('and one who did would be found, in each of the forms', async () => {
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query('create table open_words (form text, bytes bytea)');
    const [first] = words;
    const some = formsOf([first ?? '']);
    for (const { form, bytes } of some) await client.query('insert into open_words values ($1, $2)', [form, bytes]);
    // Divided by nothing: an error, for which the server quotes the parameter.
    const broken = client.query('select 1 / (length($1::text) - $2::int)', [first, first?.length]);
    await expect(broken).rejects.toThrow('division by zero');
    await client.end();
    const found = hits(await onDisk());
    for (const place of ['base/', 'pg_wal/'])
      for (const { form } of some)
        expect(found).toContainEqual(expect.stringMatching(new RegExp(`^${place}.*: ${first} as ${form}$`)));
    expect(found).toContain(`server.log: ${first} as UTF-8`);
  });
});
