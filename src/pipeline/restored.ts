import type { Change } from '../core/change.ts';
import type { Practice } from '../core/channel.ts';
import { advance, type Delivery, type DeliveryState } from '../core/delivery.ts';
import { unknown } from '../core/outcome.ts';
import type { Store } from '../store/store.ts';
import { progress } from './progress.ts';
import { isOurs } from './route.ts';

interface Deps {
  readonly store: Store;
  readonly now: () => number;
  readonly practices: readonly Practice[];
}

/** How many deliveries were found in each state, and told of the gap. */
export type Doubts = Readonly<Partial<Record<DeliveryState, number>>>;

const open: readonly DeliveryState[] = ['pending', 'sending', 'sent', 'held', 'failed'];
const together = 50;

/** Tell every delivery that was not over that it may have gone out after the backup was made (docs/backup.md has the
 *  table). Before that, no gateway may run on this store. May be called again when it did not end.
 *  @param mark when the backup was made, epoch ms */
export async function admitGap(deps: Deps, mark: number): Promise<Doubts> {
  const doubts: Partial<Record<DeliveryState, number>> = {};
  for (const state of open) {
    let cursor: string | undefined;
    do {
      const { rows, next } = await deps.store.deliveries({ practices: null, state, limit: together, cursor });
      const told = await Promise.all(rows.map(({ delivery }) => tell(deps, delivery, mark)));
      doubts[state] = (doubts[state] ?? 0) + told.filter(Boolean).length;
      cursor = next ?? undefined;
    } while (cursor !== undefined);
  }
  await deps.store.commit({
    hold: 'ready',
    events: [
      { message: null, subject: 'gateway', what: 'gateway.restored', who: 'gateway', at: deps.now(), facts: { mark } },
    ],
  });
  return doubts;
}

/** False: it is none of this. What stays in the house may be done again; it is the same filing. */
async function tell({ store, now, practices }: Deps, before: Delivery, mark: number): Promise<boolean> {
  if (before.gap?.mark === mark || isOurs(practices, await store.message(before.message), before)) return false;
  const at = now();
  const after = advance(before, { type: 'restored', mark }, at);
  // What did not move has its work on file, and the day of its purge.
  const moved: Pick<Change, 'deliveries' | 'work' | 'referral'> =
    after.state === before.state ? { deliveries: [after] } : await progress(store, before, after, at);
  const attempt = before.state === 'sending' && before.attempt ? await store.attempt(before.attempt) : null;
  const cut = unknown('interrupted', 'restored from a backup that was made while it was under way');
  await store.commit({
    ...moved,
    ...(attempt ? { attempt: { ...attempt, closedAt: at, outcome: cut } } : {}),
    events: [
      {
        message: before.message,
        subject: before.id,
        what: 'delivery.restored',
        who: 'gateway',
        at,
        facts: { mark, was: before.state },
      },
    ],
  });
  return true;
}
