import type { DocumentId, Endpoint, MessageId, PracticeId, Recipient, ReferralId, Urgency } from './message.ts';

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
  /** Pages that came back about it, each with the arrival that brought them. */
  readonly reports?: readonly Report[];
  readonly version: number;
}

export interface Report {
  readonly message: MessageId;
  readonly at: number;
  readonly pages: readonly { readonly document: DocumentId; readonly number: number }[];
}

/** One thing that happened in its life, with the evidence that says so. All are kept, in order of arrival. */
export interface Step {
  readonly to: ReferralState;
  readonly at: number;
  /** Who or what says so: "portal answer", "staff", "delivery dlv_…". */
  readonly evidence: string;
  readonly reason: string | null;
  /** Of the appointment, ISO date, where the evidence names one. */
  readonly date?: string;
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

interface StepEvidence {
  readonly evidence: string;
  readonly reason?: string | null;
  readonly date?: string | undefined;
  readonly at: number;
}

/** What the other side can answer: on the portal, on an answer sheet, or by a person who read it. */
export const answerKinds = ['received', 'accepted', 'scheduled', 'seen', 'information', 'declined'] as const;
export type AnswerKind = (typeof answerKinds)[number];

const answerStates: Readonly<Record<AnswerKind, ReferralState>> = {
  received: 'received',
  accepted: 'accepted',
  scheduled: 'scheduled',
  // A report that follows is filed, not judged: *completed* is for whoever has read it.
  seen: 'seen',
  information: 'awaiting-information',
  declined: 'declined',
};

/** The one way by which an answer moves a referral, whatever brought it. */
export const answered = (referral: Referral, kind: AnswerKind, evidence: StepEvidence): Referral =>
  step(referral, answerStates[kind], evidence);

/** File pages with it. Filing the pages of one arrival twice is harmless. */
export function fileReport(referral: Referral, report: Report): Referral {
  const filed = referral.reports ?? [];
  if (report.pages.length === 0 || filed.some((each) => sameReport(each, report))) return referral;
  return { ...referral, reports: [...filed, report] };
}

const sameReport = (a: Report, b: Report): boolean =>
  a.message === b.message && a.pages[0]?.document === b.pages[0]?.document && a.pages[0]?.number === b.pages[0]?.number;

/** Over, as far as the far side has a say. */
export const isOver = ({ state }: Referral): boolean => ['completed', 'cancelled', 'closed'].includes(state);

/** Record a step. Never refuses: peers skip states and repeat themselves; the step says if it jumped or came late. */
export function step(
  referral: Referral,
  to: ReferralState,
  { evidence, reason = null, date, at }: StepEvidence,
): Referral {
  const known = arrows[referral.state].includes(to);
  const moved = known || weight[to] > weight[referral.state];
  if (to === referral.state && !known) return referral;
  return {
    ...referral,
    state: moved ? to : referral.state,
    steps: [
      ...referral.steps,
      { to, at, evidence, reason, ...(date === undefined ? {} : { date }), jumped: moved && !known, moved },
    ],
    version: referral.version + 1,
  };
}
