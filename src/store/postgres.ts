import { AsyncLocalStorage } from 'node:async_hooks';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import {
  Client,
  DatabaseError,
  Pool,
  TypeOverrides,
  type ClientBase,
  type PoolClient,
  type QueryConfig,
  type QueryResult,
} from 'pg';
import { ConfigError, Conflict, Duplicate, GatewayError, Unavailable } from '../errors.ts';
import type { Db, RecordLine, Row, Statement, Value } from './db.ts';
import { inGroups, type Asked } from './grouped.ts';
import { record } from './postgres-record.ts';
import { migrate, peopleRole } from './postgres-schema.ts';

const oldest = 15;
const connections = 10;
const connectMs = 5_000;
const statementMs = 15_000;
/** The server may be gone without a word: then nobody ends the statement but us. */
const silenceMs = 20_000;
/** A frozen process must not hold rows, and with them the rest of the record, for longer. */
const idleInTransactionMs = 10_000;
/** Who needs a row that somebody holds for longer leaves his group, and lets the others pass. */
const lockMs = 2_000;
/** Connections for those who left their groups: however many wait for a lock, the others have some. */
const apartAtOnce = 4;
/** A server that restarts is waited for, as long as it is certain that nothing was written. */
const patienceMs = 10_000;
const againMs = 200;

/** Counts and times come as numbers: none of ours is beyond what JavaScript counts exactly. */
const types = new TypeOverrides();
types.setTypeParser(20, Number);

type Must = Statement['must'];

/** PostgreSQL, shared by any number of gateways.
 *
 *  What certainly was not written is tried again for a while, so that a restart of the server is a pause and no failure.
 *  A commit whose answer was lost is neither reported as done nor sent again: it is rejected as Unavailable, which says
 *  that it may or may not have happened. Whoever asked loads again, and finds out by what the store holds: versions turn
 *  a repeated step into a Conflict, names of arrivals and receipts into a Duplicate, leases into nothing at all. (Asking
 *  the server by transaction id would not do: after a crash it can give the same id to somebody else.)
 *  @throws ConfigError when the server cannot be reached, is too old, or would lose what it confirmed. */
export async function openPostgres(url: string): Promise<Db> {
  const settings = {
    connectionString: url,
    application_name: 'loopgate',
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
    types,
  };
  await prepare(new Client(settings));
  const pooled = {
    ...settings,
    max: connections,
    // One write does not wait for the answer to the one before.
    pipeline: true,
    statement_timeout: statementMs,
    query_timeout: silenceMs,
    lock_timeout: lockMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    // The server may have been started anew with other settings.
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the pool waits for it; its types do not say so
    onConnect: proveDurability,
  };
  const pool = new Pool(pooled);
  const people = new Pool({ ...pooled, options: `-c role=${peopleRole}` });
  // A lost connection is told by the statement that was waiting on it; one that nobody waits on is dropped by the pool.
  for (const each of [pool, people]) {
    each.on('error', quietly);
    each.on('connect', (client) => client.on('error', quietly));
  }
  const asker = new AsyncLocalStorage<readonly string[] | null>();
  const name = names();
  const asked = ({ sql, params }: Pick<Statement, 'sql' | 'params'>): QueryConfig => ({
    name: name(sql),
    text: sql,
    values: params.map(storable),
  });

  let closed = false;

  async function once<T>(use: (client: PoolClient) => Promise<T>, from = pool): Promise<T> {
    let client: PoolClient | null = null;
    try {
      client = await from.connect().catch(rethrown(undone));
      const result = await use(client);
      client.release();
      return result;
    } catch (cause) {
      // A refusal leaves the connection clean; after anything else nobody knows what it is in the middle of.
      client?.release(!isRefusal(cause));
      throw errorOf(cause);
    }
  }

  async function patiently<T>(attempt: () => Promise<T>, since = performance.now()): Promise<T> {
    const end = since + patienceMs;
    for (;;) {
      try {
        return await attempt();
      } catch (cause) {
        if (!(cause instanceof Undone) || closed || performance.now() > end) throw cause;
        await sleep(againMs);
      }
    }
  }

  const spoken = (statements: readonly Statement[], lines: readonly RecordLine[]) => (client: PoolClient) =>
    transaction(
      client,
      statements.map(asked),
      statements.map(({ must }) => must),
      record(lines),
    );

  const inTurn = pLimit(apartAtOnce);
  async function apart({ statements, lines }: Asked, since: number): Promise<readonly Row[]> {
    const attempt = async (): Promise<Row[][]> => {
      // Whoever asked has been told to come back, or is about to be.
      if (performance.now() > since + patienceMs) throw new Undone('PostgreSQL makes too many wait');
      return once(spoken(statements, lines));
    };
    return (await patiently(() => inTurn(attempt), since)).flat();
  }

  async function together(group: readonly Asked[]): Promise<readonly (readonly Row[])[]> {
    const statements = group.flatMap((each) => each.statements);
    const lines = group.flatMap((each) => each.lines);
    const rows = await once(spoken(statements, lines));
    let from = 0;
    return group.map((each) => rows.slice(from, (from += each.statements.length)).flat());
  }

  const grouped = inGroups(together, apart, worthATry);

  return {
    skipLocked: 'for update skip locked',
    settled: 'seq < event_horizon()',
    all(sql, params = []) {
      const practices = asker.getStore() ?? null;
      const query = asked({ sql, params });
      return practices === null
        ? patiently(() => once(async (client) => (await client.query<Row>(query).catch(rethrown(undone))).rows))
        : patiently(() => once((client) => asPerson(client, practices, query), people));
    },
    onBehalfOf: (practices, run) => asker.run(practices, run),
    // Nothing to gain for a single statement: it is its own transaction.
    apply: async (statements, lines = []) =>
      statements.length === 1 && lines.length === 0
        ? (await patiently(() => once(spoken(statements, lines)))).flat()
        : grouped({ statements, lines }),
    close() {
      closed = true;
      return Promise.all([pool.end(), people.end()]).then(() => undefined);
    },
  };
}

/** One round trip. Where the naming of the practices fails, the role sees nothing. */
async function asPerson(client: ClientBase, practices: readonly string[], query: QueryConfig): Promise<Row[]> {
  const naming = { text: `select set_config('loopgate.practices', $1, true)`, values: [practices.join(',')] };
  const read = [{ text: 'begin read only' }, naming, query, { text: 'commit' }];
  const [, , found] = await all(inOnePiece(client, read), []).catch(rethrown(undone));
  return found?.rows ?? [];
}

/** The rows of each. Three round trips: begin, all statements at once, the record with the commit. (Sent along, statements
 *  would stand alone if the begin failed.) A single one is its own transaction, and when it touched nothing there is
 *  nothing to undo. */
async function transaction(
  client: ClientBase,
  queries: readonly QueryConfig[],
  musts: readonly Must[],
  record: QueryConfig | null,
): Promise<Row[][]> {
  const alone = queries.length === 1 && !record;
  if (!alone) await client.query('begin').catch(rethrown(undone));
  // Until the commit is on its way nothing is written; alone, the statement commits itself.
  const results = await all(inOnePiece(client, queries), musts).catch(async (cause: unknown) => {
    if (!alone && isRefusal(cause)) await client.query('rollback').catch(rethrown(undone));
    throw alone ? errorOf(cause) : undone(cause);
  });
  if (!alone) await commit(client, record);
  return results.map(({ rows }) => rows);
}

/** The record takes the ends of chains, for which others wait: the commit goes with it. A commit of a transaction that had
 *  failed is answered politely, with another word. */
async function commit(client: ClientBase, record: QueryConfig | null): Promise<void> {
  const sent = inOnePiece(client, [...(record ? [record] : []), { text: 'commit' }]);
  const [done, taken] = await Promise.allSettled(sent.toReversed());
  if (taken?.status === 'rejected') throw taken.reason instanceof DatabaseError ? undone(taken.reason) : taken.reason;
  if (done?.status === 'rejected') throw done.reason;
  if (done?.value.command !== 'COMMIT') throw new Error('the server rolled back');
}

/** The driver would hand each to the system by itself, which takes longer than all the rest that it does for it. */
function inOnePiece(client: ClientBase, queries: readonly QueryConfig[]): Promise<QueryResult<Row>>[] {
  const { stream } = (client as unknown as { readonly connection: { readonly stream: Writable } }).connection;
  stream.cork();
  try {
    return queries.map((each) => client.query<Row>(each));
  } finally {
    stream.uncork();
  }
}

/** All answers, or the first thing that went wrong: what fails after it is its echo. (Rows that refer to one that is
 *  not taken because it is here already break their reference: that is a Duplicate all the same.) */
async function all<R extends Row>(
  sent: readonly Promise<QueryResult<R>>[],
  musts: readonly Must[],
): Promise<QueryResult<R>[]> {
  const answers = await Promise.allSettled(sent);
  return answers.map((answer, index) => {
    if (answer.status === 'rejected') throw answer.reason;
    const must = answer.value.rowCount === 0 ? musts[index] : undefined;
    if (must === 'conflict') throw new Conflict('changed by somebody else');
    if (must === 'duplicate') throw new Duplicate('is here already');
    return answer.value;
  });
}

const isRefusal = (cause: unknown): boolean => cause instanceof Conflict || cause instanceof Duplicate;

/** Nothing was written, and apart from the others, or somewhat later, it may be. */
const worthATry = (cause: unknown, members: number): boolean =>
  cause instanceof Undone || (members > 1 && (isRefusal(cause) || cause instanceof Refused));

const quietly = (): void => undefined;

async function prepare(client: Client): Promise<void> {
  client.on('error', quietly);
  try {
    await client.connect();
    await proveDurability(client);
    await migrate(client);
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw new ConfigError([`store.url: PostgreSQL says: ${(cause as Error).message}`]);
  } finally {
    await client.end();
  }
}

/** What the server is set to must keep what it confirms: else our promises are worth nothing after a power cut. */
async function proveDurability(client: ClientBase): Promise<void> {
  const { rows } = await client.query<Record<string, string>>(
    `select current_setting('server_version_num') as version, current_setting('fsync') as fsync,
       current_setting('full_page_writes') as full_page_writes, current_setting('synchronous_commit') as synchronous_commit,
       current_setting('transaction_read_only') as read_only`,
  );
  const found = rows[0] ?? {};
  const problems = [
    ...(Number(found['version']) < oldest * 10_000 ? [`PostgreSQL ${oldest} or newer is needed`] : []),
    ...['fsync', 'full_page_writes', 'synchronous_commit']
      .filter((name) => found[name] === 'off')
      .map((name) => `${name} is off on the server: what it confirms can be lost`),
    ...(found['read_only'] === 'on' ? ['the server takes no writes (a standby?)'] : []),
  ];
  if (problems.length > 0) throw new ConfigError(problems.map((problem) => `store.url: ${problem}`));
}

/** Statements are prepared once for each connection. */
function names(): (sql: string) => string {
  const known = new Map<string, string>();
  return (sql) => {
    const name = known.get(sql) ?? `s${known.size}`;
    known.set(sql, name);
    return name;
  };
}

/** PostgreSQL knows no character zero. Written and looked for in the same disguise, it is found again. */
const storable = (value: Value): Value => (typeof value === 'string' ? value.replaceAll('\0', '\ufffd') : value);

/** Certainly not written. */
class Undone extends Unavailable {}

/** Our own fault: the statement is wrong, or breaks a rule of the schema. */
class Refused extends Error {
  readonly code: string;
  constructor(code: string) {
    super(`PostgreSQL refused a statement (${code})`);
    this.code = code;
  }
}

/** Victim of a deadlock, or out of step with others: the server rolled back, whatever had been sent. */
const rolledBack = /^(?:40001|40P01)$/;
/** Connections (08), too little of something (53), the operator (57), waited too long (55P03), ended while idle (25P03). */
const outage = /^(?:08...|53...|57...|55P03|25P03)$/;

/** Messages of the server can quote values: its code is all that is passed on. */
function errorOf(cause: unknown): Error {
  if (cause instanceof GatewayError || cause instanceof Refused) return cause;
  const code = cause instanceof DatabaseError ? (cause.code ?? '') : null;
  if (code === null || outage.test(code))
    return new Unavailable(`PostgreSQL does not answer (${code ?? 'no connection'})`);
  if (rolledBack.test(code)) return new Undone(`PostgreSQL rolled back (${code})`);
  return new Refused(code);
}

/** The same, where no commit was on its way. */
function undone(cause: unknown): Error {
  const error = errorOf(cause);
  return error instanceof Unavailable ? new Undone(error.message) : error;
}

const rethrown = (as: (cause: unknown) => Error) => (cause: unknown) => {
  throw as(cause);
};
