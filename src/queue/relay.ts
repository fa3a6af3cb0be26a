import type { Stage } from '../core/change.ts';
import type { Log } from '../core/channel.ts';
import { doorbell } from '../core/doorbell.ts';
import type { Leased, Store } from '../store/store.ts';
import { outbox, type Outbox } from './outbox.ts';
import { openPost, type Post } from './post.ts';
import { beatMs, pools, leaseMs, renewMs, type Pool } from './running.ts';
import type { Session } from './session.ts';

export interface Relay {
  /** Publish what falls due, as long as the session lasts. Resolves when everything stands at the broker. */
  serve(session: Session): Promise<void>;
  /** Claim no more; resolves when what was claimed has been published or given back. */
  stop(): Promise<void>;
  waiting(): number;
}

/** Twice what one process works at: enough to keep it busy, not enough to let urgent work wait. */
const windowOf = (pool: Pool): number => 2 * pool.width;
/** The broker has enough of our work: how soon to look again. Consumers elsewhere do not tell us. */
const fullMs = 25;
/** So often the lease of a message is kept of which nobody knows that it is gone. Then its work falls due again. */
const maxRenewals = 60;

/** Carries due work from the store to the broker. The row stays where it is and the message only names its lease: when
 *  messages get lost, with or without their broker, leases run out and their work falls due again. */
export function relay(store: Pick<Store, 'claim' | 'renew' | 'unclaim' | 'onCommit'>, log: Log): Relay {
  const stopping = new AbortController();
  let boxes: ReadonlyMap<Stage, Outbox> = new Map();
  let pumps: Promise<unknown> = Promise.resolve();

  async function pump(pool: Pool, post: Post, end: AbortSignal): Promise<void> {
    const bell = doorbell();
    const silence = store.onCommit(({ work = [] }) => {
      if (work.some(({ stage }) => pool.stages.includes(stage))) bell.ring();
    });
    const due = { renewal: false };
    const timers = [setInterval(bell.ring, beatMs), setInterval(() => (due.renewal = true), renewMs)];
    end.addEventListener('abort', bell.ring);
    try {
      while (!end.aborted) {
        if (due.renewal) await keepLeases(pool, post);
        due.renewal = false;
        const open = await withRoom(pool, post);
        if (open.length < pool.stages.length) setTimeout(bell.ring, fullMs);
        const claimed = post.blocked() ? [] : await claim(open);
        await Promise.all(claimed.map(post.send));
        if (claimed.length === 0) await bell.rung();
      }
    } finally {
      timers.forEach((timer) => clearInterval(timer));
      silence();
    }
  }

  /** Stages with at least half a window of room: fewer would mean a claim for every row. */
  async function withRoom({ stages, width }: Pool, post: Post): Promise<[Stage, Outbox][]> {
    const all = [...boxes].filter(([stage]) => stages.includes(stage));
    for (const [stage, box] of all) {
      if (box.room() < width) await box.look(() => post.count(stage));
    }
    return all.filter(([, box]) => box.room() >= width);
  }

  async function claim(open: readonly [Stage, Outbox][]): Promise<Leased[]> {
    if (open.length === 0) return [];
    try {
      const room = Math.min(...open.map(([, box]) => box.room()));
      return await store.claim(
        open.map(([stage]) => stage),
        room,
        leaseMs,
      );
    } catch (cause) {
      log.error('work.unclaimable', {}, cause);
      return [];
    }
  }

  async function keepLeases({ stages }: Pool, post: Post): Promise<void> {
    for (const [stage, box] of boxes) {
      if (!stages.includes(stage) || box.waiting().length === 0) continue;
      await box.look(() => post.count(stage));
      await Promise.all(box.waiting().map((work) => keepLease(work, box)));
    }
  }

  const renewals = new WeakMap<Leased, number>();

  async function keepLease(work: Leased, box: Outbox): Promise<void> {
    const times = (renewals.get(work) ?? 0) + 1;
    renewals.set(work, times);
    try {
      if (times > maxRenewals || !(await store.renew(work, leaseMs))) box.drop(work);
    } catch (cause) {
      log.error('work.unrenewable', { stage: work.stage }, cause);
    }
  }

  return {
    async serve(session) {
      boxes = new Map(pools.flatMap((pool) => pool.stages.map((stage) => [stage, outbox(windowOf(pool))])));
      const post = await openPost(session, store, boxes, log);
      const end = AbortSignal.any([session.lost, stopping.signal]);
      pumps = Promise.all(pools.map((pool) => pump(pool, post, end))).catch((cause: unknown) => {
        // What a lost session interrupts is over; anything else must not stand still unseen.
        if (!end.aborted) log.error('relay.failed', {}, cause);
        session.lose('relay failed');
      });
    },
    async stop() {
      stopping.abort();
      await pumps;
    },
    waiting: () => [...boxes.values()].reduce((sum, box) => sum + box.waiting().length, 0),
  };
}
