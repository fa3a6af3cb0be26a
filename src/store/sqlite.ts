import { getCompileCacheDir } from 'node:module';
import { Worker } from 'node:worker_threads';
import { ConfigError, Conflict, Duplicate, StorageBroken, StorageFull } from '../errors.ts';
import type { Db, Row, Statement, Value } from './db.ts';
import { chained } from './sqlite-record.ts';
import { inMemory, openReader, type Reader } from './sqlite-engine.ts';
import { transferable, type Answer, type Ask, type Failure } from './sqlite-talk.ts';

/** SQLite, written by a thread of its own, so that the gateway goes on while the disk works; reading needs no thread.
 *  Opens at once: if the file cannot be used, everything asked of it is rejected with the reason (ConfigError). */
export function openSqlite(file: string): Db {
  let reader: Reader | null = null;
  const writer = startWriter(file, () => {
    if (file !== inMemory) reader = openReader(file);
  });
  return {
    // There is one writer: nobody to skip, and lines are numbered in the order of their commits.
    skipLocked: '',
    settled: 'true',
    // async: what goes wrong is a rejection, here as there.
    all: async (sql, params = []) => (reader ? reader.all(sql, params) : writer.ask({ read: { sql, params } })),
    apply: (statements, lines = []) => writer.ask({ change: [...statements, ...lines.flatMap(chained)].map(alone) }),
    async close() {
      reader?.close();
      reader = null;
      await writer.close();
    },
  };
}

type Question = { readonly read: Statement } | { readonly change: readonly Statement[] } | { readonly close: true };

interface Asker {
  readonly resolve: (rows: readonly Row[]) => void;
  readonly reject: (cause: unknown) => void;
}

interface Writer {
  ask(question: Question): Promise<readonly Row[]>;
  /** Resolves when the thread is gone, whatever became of it. */
  close(): Promise<void>;
}

function startWriter(file: string, opened: () => void): Writer {
  const compiled = getCompileCacheDir();
  const worker = new Worker(new URL('./sqlite-worker.ts', import.meta.url), {
    workerData: file,
    // A thread finds what is compiled by this alone.
    env: compiled === undefined ? {} : { NODE_COMPILE_CACHE: compiled },
  });
  const waiting = new Map<number, Asker>();
  let last = 0;
  let outbox: Ask[] = [];
  let dead: Error | null = null;

  function die(cause: Error): void {
    dead ??= cause;
    for (const { reject } of waiting.values()) reject(dead);
    waiting.clear();
  }

  function take(answer: Answer): void {
    if (answer.id === null) {
      if (answer.failure) die(errorOf(answer.failure));
      else opened();
      return;
    }
    const asker = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('rows' in answer) asker?.resolve(answer.rows);
    else asker?.reject(errorOf(answer.failure));
  }

  function post(): void {
    const asks = outbox;
    outbox = [];
    if (!dead) worker.postMessage(asks, asks.flatMap(handedOver));
  }

  worker.on('message', (answers: readonly Answer[]) => {
    answers.forEach(take);
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
    ask,
    async close() {
      await ask({ close: true }).catch(() => undefined);
      await gone;
    },
  };
}

const handedOver = (ask: Ask): ArrayBuffer[] =>
  'change' in ask ? ask.change.flatMap(({ params }) => params.flatMap(transferable)) : [];

/** A small view of a shared pool would take the whole pool along. */
const alone = (statement: Statement): Statement => ({ ...statement, params: statement.params.map(compact) });

const compact = (value: Value): Value =>
  value instanceof Uint8Array && value.byteLength < value.buffer.byteLength ? new Uint8Array(value) : value;

function errorOf({ code, message, problems }: Failure): Error {
  if (code === 'config') return new ConfigError(problems);
  if (code === 'conflict') return new Conflict(message);
  if (code === 'duplicate') return new Duplicate(message);
  if (code === 'storage-full') return new StorageFull(message);
  if (code === 'storage-broken') return new StorageBroken(message);
  return Object.assign(new Error(message), { code });
}
