import { carried } from '../core/carried.ts';
import { workFor, type Attempt, type Event } from '../core/change.ts';
import type { Inbox, Question } from '../core/channel.ts';
import { advance, currentRoute, hasArrived, type Delivery } from '../core/delivery.ts';
import { membersOf, referenceOf } from '../core/family.ts';
import type { DeliveryId } from '../core/message.ts';
import { deferred, unknown, type Outcome } from '../core/outcome.ts';
import { Conflict } from '../errors.ts';
import { close, parcelOf, type DeliverDeps } from './deliver.ts';
import { movement, progress } from './progress.ts';

export interface SettleDeps extends DeliverDeps {
  readonly inbox: Inbox;
}

/** Bring a delivery up to date with the receipts on file and with the clock. */
export function settle(deps: SettleDeps) {
  return async (id: DeliveryId, signal: AbortSignal): Promise<void> => {
    for (let conflicts = 0; ;) {
      try {
        const known = (await deps.store.receiptsOf(id)).length;
        await settleOnce(deps, id, signal);
        // A receipt that came meanwhile asked to be settled, and our own timer took the place of its request.
        if ((await deps.store.receiptsOf(id)).length === known) return;
      } catch (cause) {
        // Somebody moved the delivery, or its referral, between load and commit: look again.
        if (!(cause instanceof Conflict) || conflicts++ === 3) throw cause;
      }
    }
  };
}

async function settleOnce(deps: SettleDeps, id: DeliveryId, signal: AbortSignal): Promise<void> {
  const { store, now } = deps;
  const before = await store.delivery(id);
  const at = now();
  const receipts = await store.receiptsOf(id);
  const heard = receipts.reduce((d, receipt) => advance(d, { type: 'receipt', receipt }, at), before);
  const overdue = heard.dueAt !== null && heard.dueAt <= at;

  if (heard === before && !overdue && waits(before)) {
    // The receipt that called us took the place of the timer, and changed nothing: set the timer again.
    await store.commit({ work: workFor(before), events: [] });
    return;
  }
  if (heard.state === 'sending' && heard === before) {
    await interrupted(deps, before, signal);
    return;
  }
  if (heard.state === 'sent' && overdue) return silent(deps, before, heard, signal);
  if (heard === before) return;
  await store.commit({ ...(await progress(store, before, heard, at)), events: movement(before, heard, at) });
}

/** No evidence came in time. The far side is asked before its silence is believed; then the attempt is repeated where
 *  that is harmless, takes another way where it is urgent, or waits for a person. */
async function silent(deps: SettleDeps, before: Delivery, heard: Delivery, signal: AbortSignal): Promise<void> {
  const { store, now } = deps;
  const attempt = await latest(deps, heard);
  // Of a link that arrived, its carrier has said all that it knows: whether anybody opens it is not for it to say.
  const spent = hasArrived(heard) && currentRoute(heard).opening !== undefined;
  if (!spent && (await answered(deps, before, heard, attempt, signal))) return;
  const at = now();
  const { channel } = carried(deps.channels, attempt);
  const repeatable = at < attempt.openedAt + (channel?.capabilities.repeatWithin ?? 0);
  const after = advance(heard, { type: 'overdue', repeatable }, at);
  const told = { message: heard.message, subject: heard.id, who: 'gateway', at };
  const facts = { attempt: attempt.id, channel: attempt.channel };
  const events: Event[] = [{ ...told, what: 'receipt.overdue', facts }];
  if (!spent && channel?.inquire) events.push({ ...told, what: 'doubt.asked', facts });
  if (after.state === 'pending' && after.route === heard.route) events.push({ ...told, what: 'doubt.repeated', facts });
  await store.commit({
    ...(await progress(store, before, after, at)),
    events: [...events, ...movement(before, after, at)],
  });
}

/** Its timer is the settling itself. */
const waits = ({ state }: Delivery): boolean => state === 'sending' || state === 'sent';

/** The process died mid-attempt, or froze. Before the hand-over nothing can have arrived; after it, the far side is
 *  asked, unless its yes is on file. */
async function interrupted(deps: SettleDeps, delivery: Delivery, signal: AbortSignal): Promise<void> {
  const attempt = await latest(deps, delivery);
  await close(deps, attempt, async ({ phase, outcome }) =>
    phase === 'started'
      ? deferred('interrupted', 'the process ended before anything was handed over', deps.now())
      : (outcome ??
        (await inquiry(deps, attempt, signal)) ??
        unknown('interrupted', 'the process ended while handing over')),
  );
}

/** True: the far side was asked, it knew, and that is written down. */
async function answered(
  deps: SettleDeps,
  before: Delivery,
  delivery: Delivery,
  attempt: Attempt,
  signal: AbortSignal,
): Promise<boolean> {
  const { store, now } = deps;
  const heard = await store.receiptsOf(delivery.id);
  const outcome = await inquiry(deps, attempt, signal);
  // A receipt that the question brought in has scheduled its own settling.
  if ((await store.receiptsOf(delivery.id)).length > heard.length) return true;
  const doubtful = delivery.unresolved.includes(attempt.id);
  if (!outcome || outcome.kind === 'unknown' || (outcome.kind === 'accepted' && !doubtful)) return false;
  const at = now();
  // The doubt is settled: the delivery stands where it stood, and hears the answer as if it had come in time.
  const unresolved = delivery.unresolved.filter((id) => id !== attempt.id);
  const after = advance(
    { ...delivery, state: 'sending', unresolved },
    { type: 'outcome', attempt: attempt.id, outcome, deadline: at },
    at,
  );
  // The name stays: what still comes under it must not be taken for news of a later try.
  const reference = referenceOf(attempt);
  await store.commit({
    ...(await progress(store, before, after, at)),
    attempt: { ...attempt, closedAt: at, outcome, ...(reference === null ? {} : { reference }) },
    events: [
      {
        message: delivery.message,
        subject: delivery.id,
        what: 'attempt.clarified',
        who: 'gateway',
        at,
        facts: { attempt: attempt.id, channel: attempt.channel, outcome: outcome.kind },
      },
      ...movement(delivery, after, at),
    ],
  });
  return true;
}

async function inquiry(deps: SettleDeps, attempt: Attempt, signal: AbortSignal): Promise<Outcome | null> {
  const { channel } = carried(deps.channels, attempt);
  if (!channel?.inquire) return null;
  const others = membersOf(await deps.store.attemptsOf(attempt.delivery), attempt.family).flatMap((each) => {
    const reference = each.id === attempt.id ? null : referenceOf(each);
    return reference === null ? [] : [reference];
  });
  const question: Question = {
    ...(await parcelOf(deps, attempt, false)),
    openedAt: attempt.openedAt,
    reference: referenceOf(attempt),
    others,
  };
  try {
    return await channel.inquire(question, deps.inbox, AbortSignal.any([signal, AbortSignal.timeout(deps.attemptMs)]));
  } catch (bug) {
    deps.log.error('inquiry.failed', { attempt: attempt.id, channel: attempt.channel }, bug);
    return null;
  }
}

async function latest({ store }: SettleDeps, delivery: Delivery): Promise<Attempt> {
  const attempt = delivery.attempt === null ? null : await store.attempt(delivery.attempt);
  if (!attempt) throw new Error(`${delivery.id} has no attempt on file`);
  return attempt;
}
