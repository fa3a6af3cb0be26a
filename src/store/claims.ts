import type { Stage } from '../core/change.ts';
import type { Lane } from '../core/lane.ts';
import type { Db, Row, Statement } from './db.ts';
import { deadAfter } from './dead-letters.ts';
import { held, lease } from './leases.ts';
import { text } from './lists.ts';
import type { Leased, Store } from './store.ts';
import { trafficNow, type WidthsOf } from './traffic.ts';
import { turns } from './write.ts';

/** Who gets a turn. What is due stands in one queue, urgent first. A row that its lane has no room for is parked once, in
 *  the lane's own line, and taken from there when there is room: 10,000 rows for one dead host are not looked at again
 *  by those who look for something else. */
export function claims(db: Db, now: () => number, widthsOf: WidthsOf): Store['claim'] {
  let turn = 0;
  const known = new Map<string, Texts>();
  const textsFor = (stages: readonly Stage[]): Texts => {
    const key = stages.join();
    const texts = known.get(key) ?? textsOf(stages, db.skipLocked);
    known.set(key, texts);
    return texts;
  };

  return async (stages, limit, leaseMs, only) => {
    if (limit < 1) return [];
    const at = now();
    const taken: Leased[] = [];
    turn += 1;
    const terms: Terms = {
      db,
      texts: textsFor(stages),
      at,
      until: at + leaseMs,
      widthsOf,
      turn,
      taken,
      left: () => limit - taken.length,
    };
    const { ranks, anyLine } = await dueIn(terms);
    const lines = anyLine && stages.includes('deliver') ? await standing(terms) : [];
    for (const rank of ranks) if (rank < 2) await fromQueue(terms, rank);
    await fromLines(terms, lines, true);
    if (only) return taken;
    // By turns: neither may a crowded lane wait for ever, nor the others wait for it.
    const linesFirst = turn % 2 === 1;
    if (linesFirst) await fromLines(terms, lines, false);
    if (ranks.includes(2)) await fromQueue(terms, 2);
    if (!linesFirst) await fromLines(terms, lines, false);
    return taken;
  };
}

interface Terms {
  readonly db: Db;
  readonly texts: Texts;
  readonly at: number;
  readonly until: number;
  readonly widthsOf: WidthsOf;
  /** Counts the claims. */
  readonly turn: number;
  readonly taken: Leased[];
  readonly left: () => number;
}

/** So many rows of a crowded lane are parked at once; and so often, before others get their turn again. */
const sweep = 1_000;
const rounds = 20;

/** Nobody else rings it: no call to its number is under way, and nobody is about to make one. Its own call was cut off,
 *  and finding out how far it came must not wait until that is taken to be over. */
const free = `(number = '' or (not exists (
     select 1 from calls where calls.number = work.number and calls.delivery <> work.subject)
   and not exists (select 1 from work other where other.number = work.number and other.number > ''
     and other.leased_until > $1)))`;

/** Which turns have anything due, and whether any lane has a line. Reading costs little: an idle gateway writes nothing. */
async function dueIn({ db, texts, at }: Terms): Promise<{ ranks: Rank[]; anyLine: boolean }> {
  const [row] = await db.all(texts.due, [at]);
  return { ranks: ranks.filter((rank) => row?.[`rank${rank}`] === 1), anyLine: row?.['line'] === 1 };
}

const ranks = [0, 1, 2] as const;
type Rank = (typeof ranks)[number];

const dueNow = (stages: readonly Stage[], rank: number): string =>
  `parked = '' and urgency = ${rank} and due_at <= $1 and stage in (${stages.map((stage) => `'${stage}'`).join(', ')})
   and leased_until <= $1 and claims < ${deadAfter} and ${free}`;

/** Made once for each pool: to put one together takes longer than SQLite needs to say that nothing is due. */
interface Texts {
  readonly due: string;
  /** By rank. */
  readonly take: readonly [string, string, string];
}

function textsOf(stages: readonly Stage[], skipLocked: Db['skipLocked']): Texts {
  const due = (rank: number): string => `(select 1 from work where ${dueNow(stages, rank)} limit 1) as rank${rank}`;
  // Materialized: a plan that looked twice would take more than it was asked to.
  const take = (rank: number): string =>
    `with due as materialized (
       select stage, subject from work where ${dueNow(stages, rank)} order by due_at limit $3 ${skipLocked})
     update work set leased_until = $2, claims = claims + 1
     where (stage, subject) in (select stage, subject from due) returning *`;
  const line = `(select 1 from work where parked > '' limit 1) as line`;
  return { due: `select ${[...ranks.map(due), line].join(', ')}`, take: [take(0), take(1), take(2)] };
}

async function fromQueue(terms: Terms, rank: Rank): Promise<void> {
  const { db, texts, at, until, taken, left } = terms;
  const sql = texts.take[rank];
  for (let round = 0; round < rounds && left() > 0; round++) {
    const rows = await alone(terms, (await db.apply([{ sql, params: [at, until, left()] }])).map(asTaken).sort(byTurn));
    const { mine, crowded } = await sifted(terms, rows);
    taken.push(...mine);
    if (crowded.length === 0) return;
    await park(terms, crowded);
  }
}

const byTurn = (a: Leased, b: Leased): number => rankOf(a) - rankOf(b) || a.dueAt - b.dueAt;

/** In a line, who can wait least. */
const byLatest = (a: Leased, b: Leased): number => rankOf(a) - rankOf(b) || (a.latest ?? 0) - (b.latest ?? 0);

const rankOf = ({ urgency = 'routine' }: Leased): number => turns.indexOf(urgency);

const isUrgent = (work: Leased): boolean => rankOf(work) < 2;

/** Claimed first, counted then: of two claimers in the same moment at least one sees the other's. */
async function sifted(terms: Terms, rows: readonly Taken[]): Promise<{ mine: Taken[]; crowded: Taken[] }> {
  if (!rows.some(({ lane }) => lane)) return { mine: [...rows], crowded: [] };
  const traffic = await trafficNow(terms);
  for (const { lane = '', rings } of rows) traffic.add(lane, -1, rings !== '');
  const mine: Taken[] = [];
  const crowded: Taken[] = [];
  for (const work of rows) {
    const { lane = '', latest = 0 } = work;
    const waits = !isUrgent(work) && traffic.closed(lane) && latest > terms.at;
    const goes = lane === '' || (!waits && traffic.room(lane, isUrgent(work)) > 0);
    if (goes) traffic.add(lane, 1, work.rings !== '');
    (goes ? mine : crowded).push(work);
  }
  return { mine, crowded };
}

/** Into their lanes' lines, and what stands behind them in the queue for the same lanes too. */
async function park({ db, at }: Terms, crowded: readonly Leased[]): Promise<void> {
  const lanes = new Set(crowded.filter((work) => !isUrgent(work)).map(({ lane = '' }) => lane));
  const behind = `select stage, subject from work where parked = '' and stage = 'deliver' and urgency = 2
    and due_at <= $1 and leased_until <= $1 and lane = $2 order by due_at limit ${sweep} ${db.skipLocked}`;
  await db.apply([
    ...crowded.map((work) => ({
      // A new generation: whoever slept through an older lease of the same count must not wake to this one.
      sql: `update work set parked = lane, due_at = latest, leased_until = 0, claims = claims - 1,
        generation = generation + 1 where ${held}`,
      params: lease(work),
    })),
    ...[...lanes].map((lane) => ({
      sql: `update work set parked = lane, due_at = latest where (stage, subject) in (${behind})`,
      params: [at, lane],
    })),
  ]);
}

interface Line {
  readonly lane: Lane;
  readonly closed: boolean;
  readonly hasUrgent: boolean;
  /** Routine work of a closed lane that may wait no longer. */
  readonly hasLate: boolean;
}

/** The lanes that have a line, found by leaps over the index: as many steps as there are lines, however long. */
async function standing({ db, at }: Terms): Promise<Line[]> {
  const rows = await db.all(
    `with recursive line(lane) as (
       select (select parked from work where parked > '' order by parked limit 1)
       union all
       select (select parked from work where parked > line.lane order by parked limit 1)
       from line where line.lane is not null
     )
     select line.lane, coalesce(lanes.until, 0) as closed_until,
       (select urgency from work where parked = line.lane order by urgency limit 1) as first_urgency,
       (select due_at from work where parked = line.lane and urgency = 2 order by due_at limit 1) as first_latest
     from line left join lanes on lanes.lane = line.lane where line.lane is not null`,
  );
  return rows.map((row) => ({
    lane: text(row['lane']),
    closed: (row['closed_until'] as number) > at,
    hasUrgent: (row['first_urgency'] as number) < 2,
    hasLate: row['first_latest'] !== null && (row['first_latest'] as number) <= at,
  }));
}

/** Another line is the first each time: two lanes that want the same number get it by turns. */
const turned = (lines: readonly Line[], turn: number): Line[] => {
  const first = lines.length === 0 ? 0 : turn % lines.length;
  return [...lines.slice(first), ...lines.slice(0, first)];
};

/** Of several to one number only the first: the others wait in their lanes' lines. */
async function alone(terms: Terms, rows: readonly Taken[]): Promise<Taken[]> {
  const ringing = new Set<string>();
  const spare = rows.filter(({ rings }) => {
    const again = rings !== '' && ringing.has(rings);
    ringing.add(rings);
    return again;
  });
  if (spare.length > 0) await park(terms, spare);
  return rows.filter((work) => !spare.includes(work));
}

async function fromLines(terms: Terms, lines: readonly Line[], onlyUrgent: boolean): Promise<void> {
  const fit = turned(lines, terms.turn).filter(({ closed, hasUrgent, hasLate }) =>
    onlyUrgent ? hasUrgent : !closed || hasLate,
  );
  if (fit.length === 0 || terms.left() < 1) return;
  const { db, at, until, taken } = terms;
  const traffic = await trafficNow(terms);
  let left = terms.left();
  const steps: Statement[] = [];
  for (const { lane, closed } of fit) {
    const room = Math.min(left, traffic.room(lane, onlyUrgent));
    if (room < 1) continue;
    left -= room;
    traffic.add(lane, room, false);
    const which = onlyUrgent ? 'urgency < 2' : closed ? 'urgency = 2 and due_at <= $1' : 'urgency = 2';
    const first = `select stage, subject from work where parked = $3 and ${which}
      and claims < ${deadAfter} and ${free} order by urgency, due_at limit $4 ${db.skipLocked}`;
    const sql = `with turn as materialized (${first})
      update work set parked = '', due_at = $1, leased_until = $2, claims = claims + 1
      where (stage, subject) in (select stage, subject from turn) returning *`;
    steps.push({ sql, params: [at, until, lane, room] });
  }
  if (steps.length === 0) return;
  taken.push(...(await alone(terms, (await db.apply(steps)).map(asTaken).sort(byLatest))));
}

interface Taken extends Leased {
  /** Keyed hash of the number it would ring; '' for none. */
  readonly rings: string;
}

const asTaken = (row: Row): Taken => ({ ...asLeased(row), rings: text(row['number']) });

export const asLeased = (row: Row): Leased => ({
  stage: row['stage'] as Stage,
  subject: text(row['subject']),
  dueAt: row['due_at'] as number,
  urgency: turns[row['urgency'] as number] ?? 'routine',
  lane: text(row['lane']),
  latest: row['latest'] as number,
  generation: row['generation'] as number,
  claims: row['claims'] as number,
});
