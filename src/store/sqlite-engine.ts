import { createHash } from 'node:crypto';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { ConfigError, Conflict, Duplicate, StorageBroken, StorageFull } from '../errors.ts';
import type { Row, Statement, Value } from './db.ts';
import { migrationTable, missingMigrations, sqlOf, type Migration } from './migrations.ts';

/** A store for tests: only the thread that opened it can see it. */
export const inMemory = ':memory:';

/** What became of one change of a group: its rows, or why it was left out. */
export type Verdict = { readonly rows: readonly Row[] } | { readonly refused: unknown };

/** SQLite as it is: synchronous, one connection, one owner. */
export interface Engine {
  all(sql: string, params: readonly Value[]): Row[];
  /** One durable transaction for all of them (group commit); each stands in its own savepoint, so that one
   *  refusal does not touch its neighbours.
   *  @throws when nothing at all was written. */
  group(changes: readonly (readonly Statement[])[]): Verdict[];
  close(): void;
}

/** `owner`: nobody else has the file, and its schema is brought up to date. `guest`: beside a gateway that may be
 *  running, for short transactions.
 *  @throws ConfigError when another gateway has the file, or one of another version wrote it. */
export function openEngine(file: string, as: 'owner' | 'guest' = 'owner'): Engine {
  const held = as === 'owner' ? lock(file) : null;
  const db = new DatabaseSync(file, { timeout: as === 'owner' ? 2_000 : 30_000 });
  prepareEngine(db);
  if (as === 'owner') migrate(db);
  else requireCurrent(db);
  proveDurability(db);
  const known = statements(db);
  let broken: StorageBroken | null = null;
  const log = checkpointer(db);

  function perform({ sql, params, must }: Statement): Row[] {
    const { statement, answers } = known(sql);
    if (answers) return statement.all(...params);
    const { changes } = statement.run(...params);
    if (must !== undefined && changes === 0) {
      throw must === 'conflict' ? new Conflict('changed by somebody else') : new Duplicate('is here already');
    }
    return [];
  }

  function one(statements: readonly Statement[]): Verdict {
    db.exec('savepoint one');
    try {
      const rows = statements.flatMap(perform);
      db.exec('release one');
      return { rows };
    } catch (refused) {
      // A full disk rolls everything back by itself; then there is no savepoint to return to.
      if (!db.isTransaction) throw refused;
      db.exec('rollback to one; release one');
      return { refused: note(refused) };
    }
  }

  function note(cause: unknown): unknown {
    const trouble = troubleOf(cause);
    if (trouble instanceof StorageBroken) broken = trouble;
    return trouble;
  }

  /** What was committed is in the log and stays there, whatever happens here: only the next ones are refused. */
  function shorten(changes: readonly (readonly Statement[])[]): void {
    try {
      log.grew(changes);
    } catch (cause) {
      const trouble = note(cause);
      if (!(trouble instanceof StorageFull || trouble instanceof StorageBroken)) throw trouble;
    }
  }

  return {
    all: (sql, params) => known(sql).statement.all(...params),
    group(changes) {
      if (broken) throw broken;
      try {
        db.exec('begin immediate');
        const verdicts = changes.map(one);
        db.exec('commit');
        shorten(changes);
        return verdicts;
      } catch (cause) {
        if (db.isTransaction) db.exec('rollback');
        throw note(cause);
      }
    },
    close: () => {
      db.close();
      held?.close();
    },
  };
}

const groupsBetween = 64;
const bytesBetween = 4 * 1024 * 1024;

/** Moves the write-ahead log into the database. SQLite would do it by itself, and say nothing when that sync fails: then
 *  a second try could call good what the system has thrown away, and the log with the only copy would be overwritten. */
function checkpointer(db: DatabaseSync): { grew(changes: readonly (readonly Statement[])[]): void } {
  db.exec('pragma wal_autocheckpoint = 0');
  let groups = 0;
  let bytes = 0;
  return {
    grew(changes) {
      groups += 1;
      for (const { params } of changes.flat()) {
        for (const value of params) bytes += value instanceof Uint8Array ? value.byteLength : 0;
      }
      if (groups < groupsBetween && bytes < bytesBetween) return;
      groups = bytes = 0;
      db.exec('pragma wal_checkpoint(passive)');
    },
  };
}

/** SQLite's result codes (sqlite.org/rescode.html): full, and what failing writes and syncs are called. After those, what
 *  the system holds in memory may differ from what is on disk, and the next sync may call it good (LWN 752063). */
const full = 13;
const ioError = 10;
/** Extended codes of the shared memory beside the log, which cannot grow: the disk is full, the log is untouched. */
const sharedMemory = [4874, 5386];

function troubleOf(cause: unknown): unknown {
  const code = cause instanceof Error && 'errcode' in cause ? Number(cause.errcode) : 0;
  if (code === full || sharedMemory.includes(code)) return new StorageFull('the disk is full');
  if ((code & 0xff) === ioError) return new StorageBroken('the disk failed; start again when it is sound');
  return cause;
}

/** What reads beside the writer, in another thread: never waits for it, sees what is on disk and nothing else. */
export interface Reader {
  all(sql: string, params: readonly Value[]): Row[];
  close(): void;
}

export function openReader(file: string): Reader {
  const db = new DatabaseSync(file, { readOnly: true, timeout: 2_000 });
  const known = statements(db);
  return {
    all: (sql, params) => known(sql).statement.all(...params),
    close: () => {
      db.close();
    },
  };
}

interface Known {
  readonly statement: StatementSync;
  /** It returns rows. */
  readonly answers: boolean;
}

/** Each statement is prepared once. A bare parameter as limit would make SQLite plan it anew at each run, to see whether
 *  its value helps (`sqlite3ExprIsInteger` in its expr.c): seventeen times the price of an empty claim. */
function statements(db: DatabaseSync): (sql: string) => Known {
  const prepared = new Map<string, Known>();
  return (sql) => {
    const before = prepared.get(sql);
    if (before) return before;
    // SQLite numbers its parameters ?1, ?2; the rest of the world writes $1, $2.
    const numbered = sql.replaceAll(/\$(\d+)/g, '?$1').replaceAll(/\blimit (\?\d+)/g, 'limit $1 + 0');
    const statement = db.prepare(numbered);
    const made = { statement, answers: statement.columns().length > 0 };
    prepared.set(sql, made);
    return made;
  };
}

function prepareEngine(db: DatabaseSync): void {
  db.exec('pragma journal_mode = wal');
  db.exec('pragma synchronous = full');
  db.exec('pragma foreign_keys = on');
  // Savepoints would be kept in the folder for temporary files: another disk that could be full.
  db.exec('pragma temp_store = memory');
  db.exec('begin immediate; commit');
  db.function('chained', { deterministic: true }, (before, leaf) =>
    createHash('sha256')
      .update(before as Uint8Array)
      .update(leaf as Uint8Array)
      .digest(),
  );
}

/** Two gateways on one file would each believe that the other's leases are dead. The lock is on a file of its own, so
 *  that this gateway may read while it writes; the system lifts it when the process dies. */
export function lock(file: string): DatabaseSync {
  const held = new DatabaseSync(file === inMemory ? file : `${file}.lock`, { timeout: 2_000 });
  try {
    held.exec('begin exclusive');
    return held;
  } catch (cause) {
    held.close();
    throw /locked|busy/i.test(String(cause)) ? new ConfigError([`store: ${file} is in use by another gateway`]) : cause;
  }
}

/** WAL alone silently drops to NORMAL after the first write: read the setting back then, or promise nothing. */
function proveDurability(db: DatabaseSync): void {
  const setting = db.prepare('pragma synchronous').get() as { synchronous: Value } | undefined;
  if (setting?.synchronous !== 2)
    throw new Error('SQLite does not keep synchronous=FULL: commits would not be durable');
}

function requireCurrent(db: DatabaseSync): void {
  const done = db.prepare('select number, name from migrations').all() as unknown as Migration[];
  if (missingMigrations(done).length === 0) return;
  db.close();
  throw new ConfigError(['store: its schema is older than this version: start this version of the gateway first']);
}

function migrate(db: DatabaseSync): void {
  db.exec(migrationTable);
  const done = db.prepare('select number, name from migrations order by number').all() as unknown as Migration[];
  for (const migration of missingMigrations(done)) {
    db.exec('begin immediate');
    db.exec(sqlOf(migration));
    db.prepare('insert into migrations (number, name) values (?, ?)').run(migration.number, migration.name);
    db.exec('commit');
  }
}
