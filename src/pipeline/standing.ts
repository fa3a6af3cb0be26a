import { carried } from '../core/carried.ts';
import type { Attempt, Change } from '../core/change.ts';
import type { Channel, Log } from '../core/channel.ts';
import { workFor } from '../core/change.ts';
import { advance, currentRoute, type Delivery } from '../core/delivery.ts';
import type { Endpoint, PracticeId } from '../core/message.ts';
import type { Receipt } from '../core/outcome.ts';
import { barredBy, learn, type Barred } from '../core/standing.ts';
import { Conflict } from '../errors.ts';
import type { Store } from '../store/store.ts';
import { movement, progress } from './progress.ts';

interface Deps {
  readonly store: Store;
  readonly log: Log;
  readonly now: () => number;
  readonly channels: ReadonlyMap<string, Channel>;
}

/** Why a practice must not dial an endpoint now; null: it may, or nothing is dialled there. */
export async function barOf(
  { store, now, channels }: Pick<Deps, 'store' | 'now' | 'channels'>,
  practice: PracticeId,
  endpoint: Endpoint,
  firstUse: 'asked' | 'not yet',
): Promise<Barred | null> {
  const { channel, endpoint: rung } = carried(channels, endpoint);
  const dials = channel?.capabilities.dials;
  if (!dials) return null;
  const confirmFirst = firstUse === 'asked' && dials.confirmFirst;
  const standing = await store.standing(practice, rung);
  const bar = barredBy(standing, confirmFirst, now());
  const unknown = bar !== null && barredBy(standing, false, now()) === null;
  return unknown && (await isKept(store, practice, [endpoint, rung])) ? null : bar;
}

/** Somebody of the practice keeps the number with one of its recipients: that is as good as a word on it. */
async function isKept(
  store: Pick<Store, 'recipientsIn'>,
  practice: PracticeId,
  asked: readonly Endpoint[],
): Promise<boolean> {
  const recipients = await store.recipientsIn([practice]);
  return recipients.some(({ endpoints }) =>
    endpoints.some(({ channel, address }) =>
      asked.some((each) => each.channel === channel && each.address === address),
    ),
  );
}

/** True: its number may be dialled. False: it goes another way or waits for a person, and that is written down. What was
 *  planned before somebody suppressed the number must not dial it either. */
export async function mayDial(deps: Deps, planned: Delivery): Promise<boolean> {
  const { store, now, log } = deps;
  const by = await barOf(deps, planned.practice, currentRoute(planned), 'asked');
  if (by === null) return true;
  const at = now();
  const next = advance(planned, { type: 'barred', by }, at);
  const told = { message: planned.message, subject: planned.id, who: 'gateway', at };
  try {
    await store.commit({
      ...(await progress(store, planned, next, at)),
      events: [
        { ...told, what: 'delivery.barred', facts: { channel: currentRoute(planned).channel, by } },
        ...movement(planned, next, at),
      ],
    });
  } catch (cause) {
    // It moved meanwhile, and has its own next step.
    if (!(cause instanceof Conflict)) throw cause;
  }
  log.info('delivery.barred', { delivery: planned.id, channel: currentRoute(planned).channel });
  return false;
}

/** Whoever lost the race for a number waits until it is free. Nothing when the delivery itself has moved. */
export async function waitForNumber(store: Store, planned: Delivery): Promise<void> {
  const found = await store.delivery(planned.id);
  if (found.version === planned.version) await store.commit({ work: workFor(planned), events: [] });
}

/** What a call told of its number, as a change; nothing where nothing is dialled, or nothing new was told. */
export async function lesson(
  { store, now, channels }: Pick<Deps, 'store' | 'now' | 'channels'>,
  practice: PracticeId,
  { id, channel, address }: Pick<Attempt, 'id' | 'channel' | 'address'>,
  { kind, reason }: Pick<Receipt, 'kind' | 'reason'>,
): Promise<Pick<Change, 'standing'>> {
  const there = carried(channels, { channel, address });
  if (!there.channel?.capabilities.dials) return {};
  const before = await store.standing(practice, there.endpoint);
  const after = learn(before, { type: 'called', attempt: id, kind, reason }, now());
  return after === before ? {} : { standing: after };
}
