import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { migrationTable, missingMigrations, sqlOf } from '../../src/store/migrations.ts';
import type { StoreConfig } from '../../src/store/open.ts';
import { postgres } from '../services/postgres.ts';
import { report, secondsSince, sized } from './table.ts';

const kills = sized({ short: 3, change: 30, nightly: 300 });
const folder = mkdtempSync(join(tmpdir(), 'loopgate-upgrade-'));
const server = postgres();
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

/** Opens a store in a process of its own, which is killed so many milliseconds after it began; null: it may end.
 *  @returns how long it lived since then */
async function upgrade(store: StoreConfig, killAfter: number | null): Promise<number> {
  const words = ['--no-warnings', join(import.meta.dirname, 'open-store.ts'), JSON.stringify(store)];
  const child = spawn(process.execPath, words, {
    env: { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = new Promise<number | null>((done) => child.once('exit', done));
  await new Promise((begun) => child.stdout.once('data', begun));
  const begunAt = performance.now();
  if (killAfter !== null) await sleep(killAfter).then(() => child.kill('SIGKILL'));
  const code = await gone;
  if (killAfter === null && code !== 0) throw new Error(`the upgrade ended with ${code ?? 'a signal'}`);
  return performance.now() - begunAt;
}

const keyFile = (name: string): string => join(folder, `${name}-keys`, 'vault.key');
let files = 0;

interface Engine {
  readonly name: string;
  /** A store of an early schema, or of none, with something in it. */
  old(): Promise<StoreConfig>;
  /** The schema as text, and how many rows of before are whole; null: there were none. */
  look(store: StoreConfig): Promise<{ readonly schema: string; readonly steps: number; readonly kept: number | null }>;
}

const early = 3;
const rows = 500;

const sqlite: Engine = {
  name: 'SQLite',
  old() {
    const name = `store${files++}`;
    const file = join(folder, `${name}.db`);
    const db = new DatabaseSync(file);
    db.exec(`pragma journal_mode = wal; ${migrationTable}`);
    for (const step of missingMigrations([]).slice(0, early)) {
      db.exec(sqlOf(step));
      db.prepare('insert into migrations values (?, ?)').run(step.number, step.name);
    }
    db.exec(`insert into messages (id, practice, channel, token, urgency, deadline, received_at, body)
      with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rows})
      select 'msg_' || i, 'main', 'api', 'token' || i, 'routine', i, i, cast('sealed' || i as blob) from n`);
    db.close();
    return Promise.resolve({ url: null, file, keyFile: keyFile(name) });
  },
  look({ file }) {
    const db = new DatabaseSync(file, { readOnly: true });
    const all = (sql: string) => db.prepare(sql).all();
    const schema = JSON.stringify(all('select name, sql from sqlite_master order by name'));
    const steps = all('select number from migrations').length;
    const kept = all(`select id from messages where body = cast('sealed' || substr(id, 5) as blob)`).length;
    db.close();
    return Promise.resolve({ schema, steps, kept });
  },
};

const postgresql: Engine = {
  name: 'PostgreSQL',
  old: async () => ({ url: await server.url(), file: '', keyFile: keyFile(`store${files++}`) }),
  async look({ url }) {
    const client = new Client({ connectionString: url ?? '' });
    await client.connect();
    const all = async (sql: string) => (await client.query<Record<string, string>>(sql)).rows;
    const columns = `select table_name, column_name, data_type, column_default from information_schema.columns
      where table_schema = 'public' order by 1, 2`;
    const indexes = `select tablename, indexdef from pg_indexes where schemaname = 'public' order by 1, 2`;
    const policies = 'select tablename, qual from pg_policies order by 1';
    const schema = JSON.stringify([await all(columns), await all(indexes), await all(policies)]);
    const [{ there } = {}] = await all(`select to_regclass('migrations') is not null as there`);
    const steps = there ? (await all('select number from migrations')).length : 0;
    await client.end();
    return { schema, steps, kept: null };
  },
};

test.each([sqlite, postgresql])(
  'an upgrade that is killed on its way, again and again, ends as one that was not: $name',
  async ({ name, old, look }) => {
    const startedAt = performance.now();
    const whole = await old();
    const lasts = await upgrade(whole, null);
    const wanted = await look(whole);
    let [killed, struck] = [0, 0];
    // Some come too early or too late; one at least must not.
    for (; killed < kills || (struck === 0 && killed < kills + 20); killed++) {
      const store = await old();
      await upgrade(store, Math.random() * lasts);
      const { steps } = await look(store);
      if (steps < wanted.steps) struck += 1;
      await upgrade(store, null);
      expect(await look(store)).toEqual(wanted);
    }
    report({
      test: `L8 kill -9 in an upgrade, ${name}`,
      size: `${wanted.steps} steps`,
      faults: `${killed} kills, ${struck} on its way`,
      lost: wanted.kept === null ? null : rows - wanted.kept,
      duplicates: null,
      falseReceipts: null,
      inDoubt: null,
      seconds: secondsSince(startedAt),
    });
    expect(wanted.kept ?? rows).toBe(rows);
    expect(struck).toBeGreaterThan(0);
  },
  60_000 + kills * 10_000,
);
