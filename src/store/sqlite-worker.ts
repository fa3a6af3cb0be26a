import { flushCompileCache } from 'node:module';
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import { ConfigError, GatewayError } from '../errors.ts';
import { openEngine, type Engine } from './sqlite-engine.ts';
import { transferable, type Answer, type Ask, type Failure } from './sqlite-talk.ts';

/** All that waits by the time the last group is on disk is the next group: the busier, the fewer fsyncs. */
function serve(engine: Engine, port: MessagePort): void {
  port.on('message', (first: readonly Ask[]) => {
    const asks = [...first];
    for (let more = receiveMessageOnPort(port); more; more = receiveMessageOnPort(port)) {
      asks.push(...(more.message as readonly Ask[]));
    }
    // Reads before the transaction: what they see is on disk, and they need not wait for it.
    const reads = asks.flatMap((ask) => ('read' in ask ? [read(engine, ask)] : []));
    if (reads.length > 0) port.postMessage(reads, large(reads));
    const changes = asks.filter((ask) => 'change' in ask);
    if (changes.length > 0) port.postMessage(commit(engine, changes));
    const last = asks.find((ask) => 'close' in ask);
    if (last) {
      engine.close();
      port.postMessage([{ id: last.id, rows: [] }] satisfies Answer[]);
      port.close();
    }
  });
}

function read(engine: Engine, { id, read }: Extract<Ask, { read: unknown }>): Answer {
  try {
    return { id, rows: engine.all(read.sql, read.params) };
  } catch (cause) {
    return { id, failure: failureOf(cause) };
  }
}

function commit(engine: Engine, asks: readonly Extract<Ask, { change: unknown }>[]): Answer[] {
  try {
    const verdicts = engine.group(asks.map(({ change }) => change));
    return asks.map(({ id }, index) => {
      const verdict = verdicts[index] ?? { refused: new Error('no verdict') };
      return 'rows' in verdict ? { id, rows: verdict.rows } : { id, failure: failureOf(verdict.refused) };
    });
  } catch (cause) {
    const failure = failureOf(cause);
    return asks.map(({ id }) => ({ id, failure }));
  }
}

const large = (answers: readonly Answer[]): ArrayBuffer[] =>
  answers.flatMap((answer) =>
    'rows' in answer ? answer.rows.flatMap((row) => Object.values(row).flatMap((value) => transferable(value))) : [],
  );

function failureOf(cause: unknown): Failure {
  const message = cause instanceof Error ? cause.message : 'unknown';
  if (cause instanceof GatewayError) {
    return { code: cause.code, message, problems: cause instanceof ConfigError ? cause.problems : [] };
  }
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : 'unknown';
  return { code, message, problems: [] };
}

if (parentPort) {
  try {
    serve(openEngine(workerData as string), parentPort);
    parentPort.postMessage([{ id: null, failure: null }] satisfies Answer[]);
    flushCompileCache();
  } catch (cause) {
    parentPort.postMessage([{ id: null, failure: failureOf(cause) }] satisfies Answer[]);
  }
}
