import { Unavailable } from '../../src/errors.ts';
import type { Db, RecordLine, Row, Statement } from '../../src/store/db.ts';
import type { Engine } from '../../src/store/sqlite-engine.ts';
import { chained } from '../../src/store/sqlite-record.ts';
import type { Clockwork, Owner } from './clockwork.ts';

/** How a commit can go wrong. */
export interface CommitFaults {
  /** It throws, and nothing was written. */
  before(): boolean;
  /** It was written, and throws all the same: the answer got lost. */
  after(): boolean;
  /** It is on its way to the disk. */
  amid(name: string): void;
}

/** One process's way to the store: each question an await on either side of which the process may die. */
export function steppedDb(db: Db, clockwork: Clockwork, owner: Owner, faults: CommitFaults): Db {
  return {
    ...db,
    async all(sql, params) {
      await clockwork.pause(owner, 'reads');
      return clockwork.abroad(() => db.all(sql, params));
    },
    async apply(statements, lines = []) {
      const name = nameOf(statements, lines);
      await clockwork.pause(owner, `writes ${name}`);
      if (faults.before()) throw new Error('the disk does not answer');
      const writing = clockwork.abroad(() => db.apply(statements, lines));
      faults.amid(name);
      const [written] = await Promise.allSettled([writing]);
      await clockwork.pause(owner, `has written ${name}`);
      if (faults.after()) throw new Unavailable('the line to the store broke');
      if (written.status === 'rejected') throw written.reason;
      return written.value;
    },
  };
}

/** What a commit is called at its crash points: by the first line it adds to the record, or what else it is for. */
export function nameOf(statements: readonly Statement[], lines: readonly RecordLine[]): string {
  const first = (start: string): Statement | undefined =>
    statements.find(({ sql }) => sql.trimStart().startsWith(start));
  const [event] = lines;
  if (event) return event.what;
  if (first('insert into attempts')) return 'attempt.handed';
  const work = first('insert into work');
  if (work) return `work.${String(work.params[0])}`;
  if (first('with due')) return 'claim';
  return first('delete from work') ? 'finish' : 'release';
}

/** SQLite in memory, in this very thread: what the worker thread runs, without the thread. */
export function memoryDb(engine: Engine, written: (statements: readonly Statement[]) => void): Db {
  return {
    skipLocked: '',
    settled: 'true',
    all: (sql, params = []) => Promise.resolve(engine.all(sql, params)),
    apply(statements, lines = []): Promise<readonly Row[]> {
      const all = [...statements, ...lines.flatMap(chained)];
      const [verdict] = engine.group([all]);
      written(all);
      if (verdict && 'rows' in verdict) return Promise.resolve(verdict.rows);
      return Promise.reject(verdict?.refused instanceof Error ? verdict.refused : new Error('no verdict'));
    },
    close() {
      engine.close();
      return Promise.resolve();
    },
  };
}
