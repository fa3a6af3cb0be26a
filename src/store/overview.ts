import type { DeliveryState } from '../core/delivery.ts';
import { openStates } from '../core/delivery.ts';
import type { Db, Row } from './db.ts';
import { text } from './lists.ts';
import type { ChannelFigures, Overview, Store, WorklistKind } from './store.ts';
import { Where } from './where.ts';
import { waits } from './worklist.ts';

type Query = Parameters<Store['overview']>[0];

const open = openStates.map((state) => `'${state}'`).join(', ');

/** What needs a person now, and how each channel did since some time. Nothing sealed is opened. */
export async function overview(db: Db, query: Query): Promise<Overview> {
  const [needs, states, times, stretches] = await Promise.all([
    needed(db, query),
    statesOf(db, query),
    timesOf(db, query),
    stretchesOf(db, query),
  ]);
  return { needs, channels: figures(states, times), stretches };
}

async function needed(db: Db, { practices, now }: Query): Promise<Overview['needs']> {
  const counted = async (from: string, condition: (where: Where) => void): Promise<number> => {
    const where = new Where();
    where.in('d.practice', practices);
    condition(where);
    const [row] = await db.all(`select count(*) as n from ${from} where ${where.sql}`, where.params);
    return row?.['n'] as number;
  };
  const waiting = (kind: WorklistKind): Promise<number> =>
    counted(`${waits[kind].from} d left join tasks t on t.subject = d.id`, (where) => {
      where.add(waits[kind].condition);
      where.add(`(t.snoozed_until is null or t.snoozed_until <= ${where.param(now)})`);
    });
  const overdue = counted('deliveries d join messages m on m.id = d.message', (where) => {
    where.add(`d.state in (${open})`);
    where.compare('m.deadline', '<', now);
  });
  return {
    doubt: await waiting('doubt'),
    held: await waiting('held'),
    undeliverable: await waiting('undeliverable'),
    intake: await waiting('intake'),
    overdue: await overdue,
  };
}

// `cross` keeps SQLite from starting with all that was ever delivered.
const arrived = 'messages m cross join deliveries d';

function since({ practices, since }: Query): Where {
  const where = new Where();
  where.add('d.message = m.id');
  where.compare('m.received_at', '>=', since);
  where.in('d.practice', practices);
  return where;
}

function statesOf(db: Db, query: Query): Promise<readonly Row[]> {
  const where = since(query);
  const now = where.param(query.now);
  const missed = `case when d.state = 'delivered' and d.moved_at > m.deadline then 1
    when d.state not in ('delivered', 'cancelled') and m.deadline < ${now} then 1 else 0 end`;
  return db.all(
    `select coalesce(d.channel, '') as channel, d.state, count(*) as n, sum(${missed}) as missed,
       sum(case when d.hop > 0 then 1 else 0 end) as fallbacks
     from ${arrived} where ${where.sql} group by coalesce(d.channel, ''), d.state`,
    where.params,
  );
}

/** Nearest-rank percentiles. */
function timesOf(db: Db, query: Query): Promise<readonly Row[]> {
  const where = since(query);
  return db.all(
    `with proven as (
       select coalesce(d.channel, '') as channel, d.moved_at - m.received_at as ms,
         row_number() over (partition by d.channel order by d.moved_at - m.received_at) as place,
         count(*) over (partition by d.channel) as n
       from ${arrived} where ${where.sql} and d.state = 'delivered' and d.moved_at > 0)
     select channel, min(case when place * 2 >= n then ms end) as p50, min(case when place * 20 >= n * 19 then ms end) as p95
     from proven group by channel`,
    where.params,
  );
}

async function stretchesOf(db: Db, query: Query): Promise<Overview['stretches']> {
  const where = since(query);
  const stretch = query.stretch;
  const rows = await db.all(
    `select m.received_at / ${stretch} as stretch, d.state, count(*) as n
     from ${arrived} where ${where.sql} group by m.received_at / ${stretch}, d.state`,
    where.params,
  );
  return rows.map((row) => ({
    at: Math.floor(row['stretch'] as number) * stretch,
    state: row['state'] as DeliveryState,
    count: row['n'] as number,
  }));
}

function figures(states: readonly Row[], times: readonly Row[]): ChannelFigures[] {
  const names = [...new Set(states.map((row) => text(row['channel'])))].sort();
  return names.map((channel) => {
    const mine = states.filter((row) => row['channel'] === channel);
    const time = times.find((row) => row['channel'] === channel);
    const sum = (column: string): number => mine.reduce((total, row) => total + Number(row[column]), 0);
    return {
      channel,
      states: Object.fromEntries(mine.map((row) => [row['state'] as DeliveryState, row['n'] as number])),
      fallbacks: sum('fallbacks'),
      missed: sum('missed'),
      p50: (time?.['p50'] as number | undefined) ?? null,
      p95: (time?.['p95'] as number | undefined) ?? null,
    };
  });
}
