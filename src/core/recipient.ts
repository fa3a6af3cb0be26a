import type { Asked } from './asked.ts';
import type { PracticeId, Recipient, RecipientId } from './message.ts';
import type { ReferralRequest } from './referral.ts';

/** Whom a practice refers to, as it keeps him: a referral may name him by id or NPI instead of by endpoints. */
export interface KnownRecipient extends Recipient {
  readonly id: RecipientId;
  readonly practice: PracticeId;
  readonly changedAt: number;
  readonly by: string;
  readonly version: number;
}

/** What is asked for a referral: its recipient by endpoints, or by who he is. */
export interface RequestedReferral extends Omit<ReferralRequest, 'recipient'> {
  readonly recipient: (Recipient & { readonly id?: RecipientId | null }) | null;
}

/** The most that one practice keeps; they are read at once. */
export const mostRecipients = 10_000;

/** `version`: what the asker saw; null when he saw none. */
export interface RecipientWord extends Asked {
  /** Null: a new one. */
  readonly id: RecipientId | null;
  readonly practice: PracticeId;
  readonly recipient: Recipient;
  readonly version: number | null;
}
