import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError } from '../errors.ts';
import type { Db, Row } from './db.ts';
import type { Kek, KeyProvider } from './key-file.ts';
import { registerKek, unwrapWith, wrappedOf, wrapWith } from './keyring.ts';

/** Where wrapped keys lie, and what they are called there. */
const tables = [
  { table: 'data_keys', id: 'id' },
  { table: 'document_keys', id: 'document' },
] as const;

const batch = 500;
const againMs = 1_000;

export interface Rotated {
  readonly kek: string;
  readonly rewrapped: number;
  /** Old KEKs that nothing needs any more, and that can wrap no more. */
  readonly retired: readonly string[];
  /** Old KEKs that a running gateway still wraps with. */
  readonly needed: readonly string[];
}

interface Options {
  /** Called after each transaction: keys done, and of how many. */
  readonly progress: (done: number, all: number) => void;
  /** Running gateways get so long to notice the new KEK before the old one may wrap no more, ms. */
  readonly noticeMs: number;
  /** How long to go on when one of them has not noticed even then, ms. */
  readonly patienceMs: number;
}

/** Wrap every data key with a new KEK. May run beside gateways, may be killed at any point, and goes on where it
 *  stopped when it is called again: a rotation that did not end is ended before another begins.
 *  @throws ConfigError when a key that is needed is missing. */
export async function rotate(db: Db, provider: KeyProvider, now: () => number, options: Options): Promise<Rotated> {
  const kek = await newest(db, provider, now());
  const keks = new Map((await provider.read()).map((each) => [each.id, each]));
  let rewrapped = 0;
  const all = await waiting(db, kek.id);
  const pass = async (): Promise<void> => {
    for (const place of tables) {
      rewrapped += await rewrap(db, place, keks, kek, (done) => {
        options.progress(rewrapped + done, Math.max(all, rewrapped + done));
      });
    }
  };
  await pass();
  await sleep(options.noticeMs);
  const end = performance.now() + options.patienceMs;
  for (;;) {
    await pass();
    const { retired, needed } = await retire(db, kek.id);
    if (needed.length === 0 || performance.now() > end) return { kek: kek.id, rewrapped, retired, needed };
    await sleep(againMs);
  }
}

/** The KEK to rotate to: the one of a rotation that did not end, one that was prepared, or a new one. */
async function newest(db: Db, provider: KeyProvider, at: number): Promise<Kek> {
  const registered = await registeredKeks(db);
  const [first] = await provider.read();
  if (registered.length === 0 || !first) {
    throw new ConfigError(['keys: there is no data yet; the first key is made when the gateway starts']);
  }
  const unfinished = registered.length > 1 && registered.includes(first.id);
  if (unfinished) return first;
  const kek = registered.includes(first.id) ? await provider.add() : first;
  await db.apply([registerKek(kek.id, at)]);
  return kek;
}

async function rewrap(
  db: Db,
  { table, id }: (typeof tables)[number],
  keks: ReadonlyMap<string, Kek>,
  to: Kek,
  progress: (done: number) => void,
): Promise<number> {
  for (let done = 0, from = ''; ;) {
    const rows = await db.all(
      `select ${id} as id, kek, wrapped from ${table} where ${id} > $1 and kek <> $2 order by ${id} limit ${batch}`,
      [from, to.id],
    );
    const last = rows.at(-1);
    if (!last) return done;
    await db.apply(rows.map((row) => rewrapped(table, id, row, keks, to)));
    done += rows.length;
    from = last['id'] as string;
    progress(done);
  }
}

function rewrapped(table: string, column: string, row: Row, keks: ReadonlyMap<string, Kek>, to: Kek) {
  const id = row['id'] as string;
  const before = wrappedOf(row);
  const kek = keks.get(before.kek);
  if (!kek) throw new ConfigError([`keys: the key ${before.kek} is needed and missing; restore it from its backup`]);
  const after = wrapWith(to, id, unwrapWith(kek, id, before.wrapped));
  return {
    sql: `update ${table} set kek = $2, wrapped = $3 where ${column} = $1 and kek = $4`,
    params: [id, after.kek, after.wrapped, before.kek],
  };
}

/** The database itself refuses to let go of a KEK that anything refers to, now or in a transaction under way. */
async function retire(db: Db, newest: string): Promise<Pick<Rotated, 'retired' | 'needed'>> {
  const retired: string[] = [];
  const needed: string[] = [];
  for (const id of (await registeredKeks(db)).filter((each) => each !== newest)) {
    const uses = await usesOf(db, id);
    const gone = uses === 0 && (await remove(db, id));
    (gone ? retired : needed).push(id);
  }
  return { retired, needed };
}

/** False: somebody wrapped with it since it was counted. */
async function remove(db: Db, id: string): Promise<boolean> {
  try {
    await db.apply([{ sql: 'delete from keks where id = $1', params: [id] }]);
    return true;
  } catch (cause) {
    if ((await usesOf(db, id)) === 0) throw cause;
    return false;
  }
}

export async function registeredKeks(db: Db): Promise<string[]> {
  return (await db.all('select id from keks order by made_at')).map(({ id }) => id as string);
}

/** How many data keys a KEK wraps. */
export async function usesOf(db: Db, kek: string): Promise<number> {
  return count(db, 'kek = $1', kek);
}

const waiting = (db: Db, newest: string): Promise<number> => count(db, 'kek <> $1', newest);

async function count(db: Db, where: string, kek: string): Promise<number> {
  const [row] = await db.all(
    `select (select count(*) from data_keys where ${where}) + (select count(*) from document_keys where ${where}) as n`,
    [kek],
  );
  return row?.['n'] as number;
}
