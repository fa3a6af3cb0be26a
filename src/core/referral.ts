import type { Endpoint, MessageId, PracticeId, Recipient, ReferralId, Urgency } from './message.ts';

/** The clinical hand-over that messages are about: its own axis, apart from delivery.
 *  Terms and order after BSeR 2.0 / IHE 360X (harmonised state machine). */
export type ReferralState =
  | 'draft'
  | 'sent'
  | 'received'
  | 'accepted'
  | 'awaiting-information'
  | 'scheduled'
  | 'no-show'
  | 'appointment-cancelled'
  | 'seen'
  | 'completed'
  | 'closed'
  | 'declined'
  | 'cancel-requested'
  | 'cancelled'
  | 'undeliverable';

export interface Referral {
  readonly id: ReferralId;
  readonly practice: PracticeId;
  readonly direction: 'outgoing' | 'incoming';
  readonly message: MessageId;
  readonly state: ReferralState;
  readonly request: ReferralRequest;
  readonly steps: readonly Step[];
  readonly version: number;
}

/** One thing that happened in its life, with the evidence that says so. All are kept, in order of arrival. */
export interface Step {
  readonly to: ReferralState;
  readonly at: number;
  /** Who or what says so: "portal answer", "staff", "delivery dlv_…". */
  readonly evidence: string;
  readonly reason: string | null;
  /** The state machine of BSeR/360X has no such arrow: it happened anyway, and a person should know. */
  readonly jumped: boolean;
  /** False when a later state already stood: kept, but the state did not move. */
  readonly moved: boolean;
}

/** What the sender asked for, in FHIR's words (contract.md). Sealed at rest. */
export interface ReferralRequest {
  readonly patient: {
    readonly name: { readonly family: string; readonly given: readonly string[] };
    readonly birthDate: string | null;
    readonly sex: string | null;
    readonly phone: string | null;
    readonly identifiers: readonly { readonly system: string; readonly value: string }[];
    readonly coverage: { readonly payer: string; readonly memberId: string } | null;
  } | null;
  readonly requester: {
    readonly name: string;
    readonly npi: string | null;
    readonly fax: string | null;
    readonly direct: string | null;
  } | null;
  readonly recipient: Recipient | null;
  readonly service: {
    readonly specialty: string | null;
    readonly reason: string | null;
    readonly diagnoses: readonly { readonly system: string; readonly code: string }[];
  };
  readonly urgency: Urgency;
  readonly neededBy: string | null;
  readonly replyTo: Endpoint | null;
}

const arrows: Readonly<Record<ReferralState, readonly ReferralState[]>> = {
  // Its first proof may come before we noted that it was sent; or no way may lead there.
  draft: ['sent', 'received', 'undeliverable', 'cancel-requested'],
  sent: ['received', 'undeliverable', 'cancel-requested'],
  undeliverable: ['sent', 'received', 'closed'],
  received: ['accepted', 'declined', 'awaiting-information', 'cancel-requested'],
  accepted: ['declined', 'awaiting-information', 'scheduled', 'seen', 'cancel-requested', 'completed'],
  'awaiting-information': ['accepted', 'declined', 'scheduled', 'cancel-requested'],
  scheduled: ['scheduled', 'no-show', 'appointment-cancelled', 'seen', 'cancel-requested', 'declined', 'completed'],
  'no-show': ['scheduled', 'appointment-cancelled', 'cancel-requested', 'declined'],
  'appointment-cancelled': ['scheduled', 'cancel-requested'],
  seen: ['scheduled', 'appointment-cancelled', 'seen', 'cancel-requested', 'declined', 'completed'],
  'cancel-requested': ['cancelled', 'completed'],
  completed: ['closed'],
  declined: ['closed', 'sent'],
  cancelled: ['closed'],
  closed: [],
};

/** How much a state says. What arrives late and says less is kept, but moves nothing. */
const weight: Readonly<Record<ReferralState, number>> = {
  draft: 0,
  sent: 1,
  undeliverable: 1,
  received: 2,
  'awaiting-information': 3,
  accepted: 3,
  scheduled: 4,
  'no-show': 4,
  'appointment-cancelled': 4,
  seen: 4,
  'cancel-requested': 5,
  declined: 6,
  cancelled: 6,
  completed: 6,
  closed: 7,
};

/** Record a step. Never refuses: peers skip states and repeat themselves; the step says if it jumped or came late. */
export function step(
  referral: Referral,
  to: ReferralState,
  { evidence, reason = null, at }: { readonly evidence: string; readonly reason?: string | null; readonly at: number },
): Referral {
  const known = arrows[referral.state].includes(to);
  const moved = known || weight[to] > weight[referral.state];
  if (to === referral.state && !known) return referral;
  return {
    ...referral,
    state: moved ? to : referral.state,
    steps: [...referral.steps, { to, at, evidence, reason, jumped: moved && !known, moved }],
    version: referral.version + 1,
  };
}
