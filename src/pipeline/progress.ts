import { workFor, type Change, type Event } from '../core/change.ts';
import { currentRoute, heldBecause, isPossibleDuplicate, type Delivery } from '../core/delivery.ts';
import { step, type ReferralState } from '../core/referral.ts';
import type { Store } from '../store/store.ts';

/** What a step does to a delivery, as a change: one version on, with the work its new state asks for,
 *  and the referral moved as far as this evidence carries it: to `received` and no further. */
export async function progress(
  store: Pick<Store, 'message' | 'referral'>,
  before: Delivery,
  after: Delivery,
  at: number,
): Promise<Pick<Change, 'deliveries' | 'work' | 'referral'>> {
  const delivery = { ...after, version: before.version + 1 };
  const moved = { deliveries: [delivery], work: workFor(delivery) };
  const to = before.state === after.state ? null : referralStateOf(after);
  const message = to === null ? null : await store.message(after.message);
  if (to === null || !message?.referral) return moved;
  const referral = await store.referral(message.referral);
  const word = after.state === 'delivered' && after.provenBy === null ? "a person's word on " : '';
  const next = step(referral, to, { evidence: `${word}delivery ${after.id}`, at });
  return next === referral ? moved : { ...moved, referral: next };
}

/** The sentence for the record, when the delivery came to a new state or another route. */
export function movement(before: Delivery, after: Delivery, at: number): Event[] {
  const told = { message: after.message, subject: after.id, who: 'gateway', at };
  const [duplicateOf] = after.unresolved;
  if (after.route !== before.route && after.state === 'pending') {
    const { channel } = currentRoute(after);
    const facts = { channel, possibleDuplicate: isPossibleDuplicate(after), ...(duplicateOf ? { duplicateOf } : {}) };
    return [{ ...told, what: 'delivery.rerouted', facts }];
  }
  if (after.state === before.state || after.state === 'pending' || after.state === 'sent') return [];
  return [{ ...told, what: `delivery.${after.state}`, facts: groundsOf(after) }];
}

function groundsOf(after: Delivery): Event['facts'] {
  if (after.state === 'held') return { reason: heldBecause(after), inDoubt: after.unresolved.length };
  return after.provenBy ? { provenBy: after.provenBy } : {};
}

function referralStateOf({ state }: Delivery): ReferralState | null {
  switch (state) {
    case 'sent':
      return 'sent';
    case 'delivered':
      return 'received';
    case 'failed':
      return 'undeliverable';
    case 'pending':
    case 'sending':
    case 'held':
    case 'cancelled':
      return null;
  }
}
