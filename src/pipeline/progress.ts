import { workFor, type Change } from '../core/change.ts';
import { currentRoute, type Delivery } from '../core/delivery.ts';
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
  const next = step(referral, to, { evidence: `delivery ${after.id}`, at });
  return next === referral ? moved : { ...moved, referral: next };
}

/** The sentence for the record, when the delivery came to a new state or another route. */
export function movement(before: Delivery, after: Delivery, at: number) {
  const told = { message: after.message, subject: after.id, who: 'gateway', at };
  if (after.route !== before.route && after.state === 'pending') {
    const doubt = after.unresolved.length > 0;
    return [
      { ...told, what: 'delivery.rerouted', facts: { channel: currentRoute(after).channel, possibleDuplicate: doubt } },
    ];
  }
  if (after.state === before.state || after.state === 'pending' || after.state === 'sent') return [];
  return [{ ...told, what: `delivery.${after.state}`, facts: after.provenBy ? { provenBy: after.provenBy } : {} }];
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
