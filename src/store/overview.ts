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
  const [needs, fates, times] = await Promise.all([needed(db, query), fatesOf(db, query), timesOf(db, query)]);
  return { needs, channels: figures(fates, times), stretches: stretchesOf(fates, query.stretch) };
}

async function needed(db: Db, { practices, now }: Query): Promise<Overview['needs']> {
  const counted = async (from: string, condition: (where: Where) => void): Promise<number> => {
    const where = new Where();
    where.only('d.practice', practices);
    condition(where);
    const [row] = await db.all(`select count(*) as n from ${from} where ${where.sql}`, where.params);
    return row?.['n'] as number;
  };
  const waiting = (kind: WorklistKind): Promise<number> =>
    counted(`${waits[kind].from} d left join tasks t on t.subject = d.id`, (where) => {
      where.add(waits[kind].condition);
      where.add(`(t.snoozed_until is null or t.snoozed_until <= ${where.param(now)})`);
    });
  const overdue = counted('deliveries d', (where) => {
    where.add(`d.state in (${open})`);
    where.compare('d.deadline', '<', now);
  });
  return {
    doubt: await waiting('doubt'),
    held: await waiting('held'),
    undeliverable: await waiting('undeliverable'),
    intake: await waiting('intake'),
    overdue: await overdue,
  };
}

function since({ practices, since }: Query): Where {
  const where = new Where();
  where.compare('received_at', '>=', since);
  where.only('practice', practices);
  return where;
}

/** How many of each fate arrived in each stretch. */
function fatesOf(db: Db, query: Query): Promise<readonly Row[]> {
  const where = since(query);
  const now = where.param(query.now);
  const missed = `case when state = 'delivered' and moved_at > deadline then 1
    when state not in ('delivered', 'cancelled') and deadline < ${now} then 1 else 0 end`;
  return db.all(
    `select received_at / ${query.stretch} as stretch, coalesce(channel, '') as channel, state, count(*) as n,
       sum(${missed}) as missed, sum(case when hop > 0 then 1 else 0 end) as fallbacks
     from deliveries where ${where.sql} group by received_at / ${query.stretch}, coalesce(channel, ''), state`,
    where.params,
  );
}

/** How many were proven within how long; times beyond ten seconds to the second, so that there are few of them. */
function timesOf(db: Db, query: Query): Promise<readonly Row[]> {
  const where = since(query);
  const took = 'moved_at - received_at';
  where.only('state', ['delivered']);
  const ms = `case when ${took} < 10000 then ${took} else (${took}) / 1000 * 1000 end`;
  return db.all(
    `select coalesce(channel, '') as channel, ${ms} as ms, count(*) as n from deliveries
     where ${where.sql} and moved_at > 0
     group by coalesce(channel, ''), ${ms} order by ms`,
    where.params,
  );
}

function stretchesOf(fates: readonly Row[], stretch: number): Overview['stretches'] {
  const found = new Map<string, Overview['stretches'][number]>();
  for (const row of fates) {
    const at = Math.floor(row['stretch'] as number) * stretch;
    const state = row['state'] as DeliveryState;
    const before = found.get(`${at} ${state}`)?.count ?? 0;
    found.set(`${at} ${state}`, { at, state, count: before + Number(row['n']) });
  }
  return [...found.values()];
}

function figures(fates: readonly Row[], times: readonly Row[]): ChannelFigures[] {
  const names = [...new Set(fates.map((row) => text(row['channel'])))].sort();
  return names.map((channel) => {
    const mine = fates.filter((row) => row['channel'] === channel);
    const proven = times.filter((row) => row['channel'] === channel);
    const states = [...new Set(mine.map((row) => row['state'] as DeliveryState))];
    return {
      channel,
      states: Object.fromEntries(
        states.map((state) => [
          state,
          sum(
            mine.filter((row) => row['state'] === state),
            'n',
          ),
        ]),
      ),
      fallbacks: sum(mine, 'fallbacks'),
      missed: sum(mine, 'missed'),
      p50: within(proven, 0.5),
      p95: within(proven, 0.95),
    };
  });
}

const sum = (rows: readonly Row[], column: string): number =>
  rows.reduce((total, row) => total + Number(row[column]), 0);

/** Nearest-rank percentile of times that come in order; null of none. */
function within(times: readonly Row[], share: number): number | null {
  const wanted = sum(times, 'n') * share;
  let seen = 0;
  const found = times.find((row) => (seen += Number(row['n'])) >= wanted);
  return found ? Number(found['ms']) : null;
}
