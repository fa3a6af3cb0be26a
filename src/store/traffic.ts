import { channelOf, routineShare, type Lane, type Widths } from '../core/lane.ts';
import type { Db } from './db.ts';
import { text } from './lists.ts';

export type WidthsOf = (lane: Lane) => Widths;

interface Counted {
  readonly db: Db;
  readonly at: number;
  readonly widthsOf: WidthsOf;
}

export interface Traffic {
  room(lane: Lane, urgent: boolean): number;
  closed(lane: Lane): boolean;
  add(lane: Lane, n: number, rings: boolean): void;
}

/** Said twice, so that planners know the index that holds nothing else. */
const leased = 'leased_until <> 0 and leased_until > $1';

/** What is at work and what rings now, counted against how wide its lane and its channel are. */
export async function trafficNow({ db, at, widthsOf }: Counted): Promise<Traffic> {
  const rows = await db.all(
    `select lane, count(*) as n, 'leased' as what from work where ${leased} and lane > '' group by lane
     union all select lane, 0 as n, 'closed' as what from lanes where until > $1
     union all select lane, count(*) as n, 'calls' as what from (
       select lane, subject from work where ${leased} and number > ''
       union select lane, delivery as subject from calls) as ringing group by lane`,
    [at],
  );
  const running = new Map<string, number>();
  const closed = new Set(rows.filter((row) => row['what'] === 'closed').map((row) => text(row['lane'])));
  const count = (key: string, n: number): void => void running.set(key, (running.get(key) ?? 0) + n);
  const callsOf = (lane: Lane): string => `${lane} calls`;
  const lease = (lane: Lane, n: number): void => {
    count(lane, n);
    count(`${channelOf(lane)} *`, n);
  };
  for (const row of rows) {
    const [lane, n] = [text(row['lane']), row['n'] as number];
    if (row['what'] === 'calls') count(callsOf(lane), n);
    else lease(lane, n);
  }
  return {
    add(lane, n, rings) {
      lease(lane, n);
      if (rings) count(callsOf(lane), n);
    },
    closed: (lane) => closed.has(lane),
    room(lane, isUrgent) {
      const widths = widthsOf(lane);
      const share = (width: number): number => (isUrgent ? width : routineShare(width));
      const ofLane = share(widths.lane) - (running.get(lane) ?? 0);
      const ofChannel = share(widths.channel) - (running.get(`${channelOf(lane)} *`) ?? 0);
      // A line of a telephone is free again within minutes: none is kept for urgent work.
      const ofCalls = (widths.calls ?? Infinity) - (running.get(callsOf(lane)) ?? 0);
      return Math.max(0, Math.min(ofLane, ofChannel, ofCalls));
    },
  };
}
