import { createHash } from 'node:crypto';
import type { DeliveryId } from '../../src/core/message.ts';
import type { Db } from '../../src/store/db.ts';
import { sqlStore } from '../../src/store/sql-store.ts';
import { inMemory, openEngine, type Engine } from '../../src/store/sqlite-engine.ts';
import { createVault } from '../../src/store/vault.ts';
import { hour, keysInMemory, minute } from '../harness.ts';
import { enter } from './boundary.ts';
import type { Bug } from './bugs.ts';
import { chance } from './chance.ts';
import { Clockwork } from './clockwork.ts';
import { memoryDb } from './db.ts';
import { far, type World } from './far.ts';
import { house } from './house.ts';
import { judge, watch } from './invariants.ts';
import { emptyLedgers, type Ledgers } from './ledgers.ts';
import { senders } from './senders.ts';

/** What one seed came to. */
export interface Verdict {
  readonly seed: number;
  readonly violations: readonly string[];
  /** SHA-256 over every step and every line of the record: the same seed, the same hash. */
  readonly hash: string;
  readonly counts: Counts;
  /** Simulated milliseconds. */
  readonly span: number;
}

const states = ['delivered', 'failed', 'held', 'cancelled'] as const;
const faults = ['crashes', 'freezes', 'jumps', 'lost commits'] as const;
export const countNames = ['steps', 'messages', ...faults, ...states, 'copies', 'in doubt'] as const;
export type Counts = Record<(typeof countNames)[number], number>;
export const noCounts = (): Counts => Object.fromEntries(countNames.map((name) => [name, 0])) as Counts;

/** Faults last a day; then everything behaves, and all must come to rest. */
const wildFor = 24 * hour;
const calmFor = 14 * 24 * hour;
const maxSteps = 60_000;

export interface Play {
  readonly seed: number;
  readonly db: Db;
  readonly ledgers: Ledgers;
  /** When it begins, epoch ms. */
  readonly start?: number;
  readonly bug?: Bug;
  /** See HouseParts. */
  readonly danger?: number | null;
  readonly deathAt?: (point: string) => boolean;
  /** Hears every step as it is taken, and the record at the end. */
  readonly line?: (text: string) => void;
}

/** Play one seed from the first message to rest, and judge what is left. */
export async function play({
  seed,
  db,
  ledgers,
  start = Date.UTC(2026, 10, 23, 9, 0),
  bug = {},
  danger = null,
  deathAt = () => false,
  line = () => undefined,
}: Play): Promise<Verdict> {
  const vault = createVault(db, keysInMemory(Buffer.alloc(32, 7)), () => start);
  const dice = chance(seed);
  const logged: string[] = [];
  const counts = noCounts();
  const said: string[] = [];
  const say = (text: string): void => {
    said.push(text);
    line(text);
  };
  const clockwork = new Clockwork(start, chance(seed ^ 0x5eed), {
    fate: (owner, what) => machines.fate(owner, what, world, farSides),
    moved: () => machines.look(),
    nextDue: () => machines.nextDue(),
    line: (text) => say(`${clockwork.now() - start} ${text}`),
  });
  const machines = house({ db, vault, clockwork, dice, bug, danger, deathAt, logged, counts });
  const faulty = (): boolean => clockwork.now() < start + wildFor;
  const world: World = { clockwork, chance: dice, ledgers, faulty, ask: (question) => machines.ask(question) };
  const farSides = far(world);

  enter(
    {
      timer: (ms, fire) => clockwork.timer(ms, fire),
      beat: (fire) => machines.beat(fire),
      abroad: () => clockwork.isAbroad(),
    },
    seed,
  );
  await clockwork.abroad(() => vault.ready());
  await machines.open(world, farSides);
  const messages = dice.between(2, 6);
  senders(world, () => clockwork.abroad(() => deliveriesIn(db))).begin(messages, dice.pick([minute, 20 * hour]));
  const end = await clockwork.run(start + wildFor + calmFor, maxSteps);

  const violations = await clockwork.abroad(async () => {
    for (const row of await db.all('select subject, what, who, at, facts from events order by seq'))
      say(`record ${Object.values(row).join(' ')}`);
    await tally(db, ledgers, clockwork, counts);
    return judge(sqlStore(db, vault, machines.wall), db, ledgers, logged);
  });
  if (end === 'steps') violations.push(`I12 busy: ${maxSteps} steps were not enough`);
  if (ledgers.promised.length !== messages) violations.push('I12 unanswered: a sender never heard a yes');
  const hash = createHash('sha256').update(said.join('')).digest('hex');
  return { seed, violations, hash, counts, span: clockwork.now() - start };
}

let engine: Engine | null = null;

/** One database for every run of this process, emptied: to make its tables takes a fifth of a run. */
function emptied(): Engine {
  engine ??= openEngine(inMemory);
  const tables = engine.all(`select name from sqlite_schema where type = 'table' and name <> 'migrations'`, []);
  const deletes = tables.map(({ name }) => ({ sql: `delete from ${String(name)}`, params: [] }));
  const [verdict] = engine.group([[{ sql: 'pragma defer_foreign_keys = on', params: [] }, ...deletes]]);
  if (verdict && 'refused' in verdict) throw verdict.refused;
  return engine;
}

/** The same on SQLite in memory, watched at every write. */
export async function playInMemory(
  seed: number,
  options: Omit<Play, 'seed' | 'db' | 'ledgers'> = {},
): Promise<Verdict> {
  const broken = new Set<string>();
  const own = emptied();
  const look = watch(own, (what) => {
    if (!broken.has(what)) options.line?.(`BROKEN ${what}`);
    broken.add(what);
  });
  const db = memoryDb(own, look);
  const verdict = await play({ ...options, seed, db, ledgers: emptyLedgers() });
  return { ...verdict, violations: [...broken, ...verdict.violations] };
}

const deliveriesIn = async (db: Db) =>
  (await db.all('select id, state from deliveries order by id')) as unknown as { id: DeliveryId; state: string }[];

async function tally(db: Db, ledgers: Ledgers, clockwork: Clockwork, counts: Counts): Promise<void> {
  const count = async (from: string): Promise<number> =>
    Number((await db.all(`select count(*) as n from ${from}`))[0]!['n']);
  for (const state of states) counts[state] = await count(`deliveries where state = '${state}'`);
  counts.messages = await count('messages');
  counts['in doubt'] = await count(`events where what = 'attempt.unknown'`);
  counts.steps = clockwork.steps;
  counts.copies = ledgers.read.filter(({ marked }) => marked).length;
}
