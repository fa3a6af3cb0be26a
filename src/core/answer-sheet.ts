import type { AttemptId, DeliveryId, DocumentId, MessageId, PracticeId, ReferralId } from './message.ts';

/** A page of an outgoing fax with boxes to tick, that comes back as a fax. What stands on it leads to this row; the
 *  row says what it may still do. */
export interface AnswerSheet {
  /** 12 letters of the token that is printed on it; the other 12 are our signature and are not kept. */
  readonly id: string;
  /** The family of tries that carried it: copies of one fax carry one sheet. */
  readonly attempt: AttemptId;
  readonly delivery: DeliveryId;
  readonly message: MessageId;
  readonly practice: PracticeId;
  readonly referral: ReferralId;
  readonly expiresAt: number;
  readonly answers: readonly SheetAnswer[];
  readonly version: number;
}

/** One answer that came on it. Each kind counts once. */
export interface SheetAnswer {
  readonly kind: SheetKind;
  readonly at: number;
  /** The arrival that it came in. */
  readonly arrival: MessageId;
  /** The crop of the page that says so. */
  readonly evidence: DocumentId;
}

/** What can be ticked. */
export const sheetKinds = ['received', 'scheduled', 'seen', 'information', 'declined'] as const;
export type SheetKind = (typeof sheetKinds)[number];

export const declineReasons = ['insurance', 'specialty', 'capacity', 'unreachable', 'other'] as const;
export type DeclineReason = (typeof declineReasons)[number];

export type BoxName = SheetKind | `month-${number}` | `day-${number}` | `reason-${DeclineReason}`;

export interface BoxReading {
  readonly name: BoxName;
  readonly mark: 'empty' | 'marked' | 'doubtful';
  /** Share of ink inside, 0 to 1. */
  readonly ink: number;
}

/** An answer sheet as it was found on a page, before anybody believes it. */
export interface SheetReading {
  /** As its codes say; null when neither can be read. Nothing about it is verified yet. */
  readonly token: string | null;
  readonly boxes: readonly BoxReading[];
  /** What can be filled in, set upright: PNG in black and white. */
  readonly crop: Uint8Array;
}

/** What the boxes of one sheet say, without its token. `doubts`: why a person must look; empty when it is plain. */
export interface SheetSays {
  readonly kind: SheetKind | null;
  /** Of an appointment, ISO date. */
  readonly date: string | null;
  readonly reasons: readonly DeclineReason[];
  readonly doubts: readonly string[];
}

/** How long an answer is accepted without a person: appointments are made far ahead. */
export const sheetValidMs = 180 * 24 * 3_600_000;

/** `LG`, id, signature, in Crockford's letters (no I, L, O, U): 26, what a QR code of version 2 holds at level Q. */
export const sheetToken = /^LG([0-9A-HJKMNP-TV-Z]{12})([0-9A-HJKMNP-TV-Z]{12})$/;

export type SheetVerdict = 'applied' | 'person' | 'repeated' | 'expired';

/** What an answer may do. Pure. A kind counts once, and nothing counts after *seen*, *declined* or the end of its time;
 *  *declined* and doubts are a person's to judge, because a forged tick must never end care. */
export function judge(sheet: AnswerSheet, says: SheetSays, at: number): SheetVerdict {
  if (at >= sheet.expiresAt) return 'expired';
  if (says.kind === null || says.doubts.length > 0) return 'person';
  const given = sheet.answers.map(({ kind }) => kind);
  if (given.includes(says.kind) || given.includes('seen')) return 'repeated';
  return says.kind === 'declined' ? 'person' : 'applied';
}

export const noteAnswer = (sheet: AnswerSheet, answer: SheetAnswer): AnswerSheet => ({
  ...sheet,
  answers: [...sheet.answers, answer],
  version: sheet.version + 1,
});
