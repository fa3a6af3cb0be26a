import { readdirSync, readFileSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { ConfigError, Conflict, Duplicate } from '../errors.ts';
import type { Db, Row, Statement, Value } from './db.ts';

const migrations = new URL('migrations/', import.meta.url);

interface Waiting {
  readonly statements: readonly Statement[];
  readonly resolve: () => void;
  readonly reject: (cause: unknown) => void;
}

/** One connection, one owner. Changes that arrive in the same turn share one fsync (group commit);
 *  each stands in its own savepoint, so that one refusal does not touch its neighbours. */
export function openSqlite(file: string): Db {
  const db = new DatabaseSync(file, { timeout: 2_000 });
  prepareEngine(db, file);
  migrate(db);
  proveDurability(db);

  const prepared = new Map<string, StatementSync>();
  function statement(sql: string): StatementSync {
    const known = prepared.get(sql);
    if (known) return known;
    // SQLite numbers its parameters ?1, ?2; the rest of the world writes $1, $2.
    const made = db.prepare(sql.replaceAll(/\$(\d+)/g, '?$1'));
    prepared.set(sql, made);
    return made;
  }

  function perform({ sql, params, must }: Statement): void {
    const { changes } = statement(sql).run(...params);
    if (must !== undefined && changes === 0) {
      throw must === 'conflict' ? new Conflict('changed by somebody else') : new Duplicate('is here already');
    }
  }

  let waiting: Waiting[] = [];

  function flush(): void {
    const batch = waiting;
    waiting = [];
    const done: Waiting[] = [];
    try {
      db.exec('begin immediate');
      for (const one of batch) {
        if (applyOne(one)) done.push(one);
      }
      db.exec('commit');
    } catch (cause) {
      if (db.isTransaction) db.exec('rollback');
      for (const { reject } of batch) reject(cause);
      return;
    }
    for (const { resolve } of done) resolve();
  }

  function applyOne({ statements, reject }: Waiting): boolean {
    db.exec('savepoint one');
    try {
      for (const each of statements) perform(each);
      db.exec('release one');
      return true;
    } catch (cause) {
      // A full disk rolls everything back by itself; then there is no savepoint to return to.
      if (!db.isTransaction) throw cause;
      db.exec('rollback to one; release one');
      reject(cause);
      return false;
    }
  }

  return {
    all: (sql, params = []) => Promise.resolve().then(() => statement(sql).all(...params) as unknown as Row[]),
    apply: (statements) =>
      new Promise<void>((resolve, reject) => {
        if (waiting.length === 0) setImmediate(flush);
        waiting.push({ statements, resolve, reject });
      }),
    close: () =>
      new Promise((resolve) => {
        setImmediate(() => {
          if (waiting.length > 0) flush();
          db.close();
          resolve();
        });
      }),
  };
}

function prepareEngine(db: DatabaseSync, file: string): void {
  try {
    // Exclusive: two gateways on one file would each believe that the other's leases are dead.
    db.exec('pragma locking_mode = exclusive');
    db.exec('pragma journal_mode = wal');
    db.exec('pragma synchronous = full');
    db.exec('pragma foreign_keys = on');
    db.exec('begin immediate; commit');
  } catch (cause) {
    db.close();
    throw /locked|busy/i.test(String(cause)) ? new ConfigError([`store: ${file} is in use by another gateway`]) : cause;
  }
}

/** WAL alone silently drops to NORMAL after the first write: read the setting back then, or promise nothing. */
function proveDurability(db: DatabaseSync): void {
  const setting = db.prepare('pragma synchronous').get() as { synchronous: Value } | undefined;
  if (setting?.synchronous !== 2)
    throw new Error('SQLite does not keep synchronous=FULL: commits would not be durable');
}

function migrate(db: DatabaseSync): void {
  db.exec('create table if not exists migrations (number integer primary key, name text not null) strict');
  const files = readdirSync(migrations)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  const { last } = db.prepare('select coalesce(max(number), 0) as last from migrations').get() as { last: number };
  if (last > files.length) {
    db.close();
    throw new ConfigError([
      `store: its schema (${last}) is newer than this gateway (${files.length}): run the newer gateway`,
    ]);
  }
  for (const [index, name] of files.entries()) {
    if (index < last) continue;
    db.exec('begin immediate');
    db.exec(readFileSync(new URL(name, migrations), 'utf8'));
    db.prepare('insert into migrations (number, name) values (?, ?)').run(index + 1, name);
    db.exec('commit');
  }
}
