import { Worker } from 'node:worker_threads';
import { ConfigError, Conflict, Duplicate } from '../errors.ts';
import type { Db, Row, Statement, Value } from './db.ts';
import { inMemory, openReader, type Reader } from './sqlite-engine.ts';
import { transferable, type Answer, type Ask, type Failure } from './sqlite-talk.ts';

interface Waiting {
  readonly resolve: (rows: readonly Row[]) => void;
  readonly reject: (cause: unknown) => void;
}

type Question = { readonly read: Statement } | { readonly change: readonly Statement[] } | { readonly close: true };

/** SQLite, written by a thread of its own, so that the gateway goes on while the disk works; reading needs no thread.
 *  Opens at once: if the file cannot be used, everything asked of it is rejected with the reason (ConfigError). */
export function openSqlite(file: string): Db {
  const worker = new Worker(new URL('./sqlite-worker.ts', import.meta.url), { workerData: file });
  const waiting = new Map<number, Waiting>();
  let last = 0;
  let outbox: Ask[] = [];
  let dead: Error | null = null;
  let reader: Reader | null = null;

  function die(cause: Error): void {
    dead ??= cause;
    for (const { reject } of waiting.values()) reject(dead);
    waiting.clear();
  }

  worker.on('message', (answers: readonly Answer[]) => {
    for (const answer of answers) {
      if (answer.id === null) {
        if (answer.failure) die(errorOf(answer.failure));
        else if (file !== inMemory) reader = openReader(file);
        continue;
      }
      const asker = waiting.get(answer.id);
      waiting.delete(answer.id);
      if ('rows' in answer) asker?.resolve(answer.rows);
      else asker?.reject(errorOf(answer.failure));
    }
  });
  worker.on('error', () => {
    die(new Error('the store has crashed'));
  });
  const gone = new Promise<void>((resolve) => {
    worker.on('exit', () => {
      die(new Error('the store is closed'));
      resolve();
    });
  });

  function post(): void {
    const asks = outbox;
    outbox = [];
    if (dead) return;
    worker.postMessage(
      asks,
      asks.flatMap((ask) => ('change' in ask ? ask.change.flatMap(({ params }) => params.flatMap(transferable)) : [])),
    );
  }

  const ask = (question: Question): Promise<readonly Row[]> =>
    new Promise((resolve, reject) => {
      if (dead) {
        reject(dead);
        return;
      }
      // What is asked in one turn goes over together.
      if (outbox.length === 0) setImmediate(post);
      const id = ++last;
      waiting.set(id, { resolve, reject });
      outbox.push({ ...question, id });
    });

  return {
    // async: what goes wrong is a rejection, here as there.
    all: async (sql, params = []) => (reader ? reader.all(sql, params) : ask({ read: { sql, params } })),
    apply: (statements) => ask({ change: statements.map(alone) }),
    async close() {
      reader?.close();
      reader = null;
      if (!dead) await ask({ close: true }).catch(() => {});
      await gone;
    },
  };
}

/** A small view of a shared pool would take the whole pool along. */
const alone = (statement: Statement): Statement => ({ ...statement, params: statement.params.map(compact) });

const compact = (value: Value): Value =>
  value instanceof Uint8Array && value.byteLength < value.buffer.byteLength ? new Uint8Array(value) : value;

function errorOf({ code, message, problems }: Failure): Error {
  if (code === 'config') return new ConfigError(problems);
  if (code === 'conflict') return new Conflict(message);
  if (code === 'duplicate') return new Duplicate(message);
  return Object.assign(new Error(message), { code });
}
