import { heldBecause } from '../core/delivery.ts';
import { follow, owesReminder, type Link } from '../core/link.ts';
import type { AttemptId } from '../core/message.ts';
import type { Outcome } from '../core/outcome.ts';
import { Conflict } from '../errors.ts';
import type { Store } from '../store/store.ts';
import { parcelOf, type DeliverDeps } from './deliver.ts';
import { waitsForPerson } from './held.ts';
import { pausing } from './pause.ts';

const againMs = 30 * 60_000;

/** Remind the reader of a portal link that nobody has opened, once, by the way it went. What certainly did not leave is
 *  tried again while the link lives; what may have left is not. */
export function remind(deps: DeliverDeps) {
  return async (id: AttemptId, signal: AbortSignal): Promise<void> => {
    const { store, now, log, channels, attemptMs } = deps;
    const attempt = await store.attempt(id);
    const link = await store.linkOf(id);
    const channel = channels.get(attempt?.channel ?? '');
    if (!attempt || !link || !channel?.remind || !(await isOwed(deps, link))) return;
    const own = { stage: 'remind' as const, subject: id, dueAt: now() };
    if (await waitsForPerson(deps, [own])) return;

    const pause = (await pausing(deps, link.practice))(attempt);
    if (pause) return store.commit({ work: [{ ...own, dueAt: pause.until }], events: [] });

    const parcel = await parcelOf(deps, attempt, false);
    const handingOver = () => mark(deps, link.token);
    const limits = AbortSignal.any([signal, AbortSignal.timeout(attemptMs)]);
    let outcome: Outcome;
    try {
      outcome = await channel.remind({ ...parcel, handingOver, taken: () => Promise.resolve() }, link, limits);
    } catch (bug) {
      log.error('reminder.crashed', { attempt: id, channel: channel.name }, bug);
      return;
    }
    log.info('reminder.closed', { attempt: id, channel: channel.name, outcome: outcome.kind });
    if (outcome.kind === 'deferred' || outcome.kind === 'refused') await failed(deps, link, outcome, [own]);
  };
}

/** Only while the link is what we wait for: not when a person stopped the delivery, or another way brought the proof. */
async function isOwed({ store, now }: Pick<DeliverDeps, 'store' | 'now'>, link: Link): Promise<boolean> {
  if (!owesReminder(link, now())) return false;
  const delivery = await store.delivery(link.delivery);
  return delivery.state === 'sent' || (delivery.state === 'held' && heldBecause(delivery) === 'in-doubt');
}

/** Written down before the first byte leaves, so that no crash makes two of it.
 *  @throws Conflict when the link was opened, answered or taken back in this very moment */
async function mark({ store, now }: Pick<DeliverDeps, 'store' | 'now'>, token: string): Promise<void> {
  const link = await store.link(token);
  if (!link || !(await isOwed({ store, now }, link))) throw new Conflict('no reminder is owed any more');
  const at = now();
  const told = { message: link.message, subject: link.delivery, who: 'gateway', at, facts: { attempt: link.attempt } };
  await store.commit({ link: follow(link, { type: 'reminded' }, at), events: [{ ...told, what: 'portal.reminded' }] });
}

async function failed(
  { store, now }: { readonly store: Store; readonly now: () => number },
  { token }: Link,
  outcome: Extract<Outcome, { kind: 'deferred' | 'refused' }>,
  work: readonly { readonly stage: 'remind'; readonly subject: string; readonly dueAt: number }[],
): Promise<void> {
  const link = await store.link(token);
  const at = now();
  if (!link || ((link.remindedAt ?? null) === null && !owesReminder(link, at))) return;
  const facts = { attempt: link.attempt, reason: outcome.reason.code };
  const told = {
    message: link.message,
    subject: link.delivery,
    what: 'portal.reminder-failed',
    who: 'gateway',
    at,
    facts,
  };
  const again = outcome.kind === 'deferred' && at + againMs < link.expiresAt;
  // A refusal is final. Nothing left, so nothing says that it did.
  const type = again ? 'not reminded' : 'unremindable';
  await store.commit({
    link: follow(link, { type }, at),
    ...(again ? { work: work.map((each) => ({ ...each, dueAt: at + againMs })) } : {}),
    events: [told],
  });
}
