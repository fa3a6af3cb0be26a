import { workFor, type Change } from '../core/change.ts';
import type { Delivery } from '../core/delivery.ts';
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
