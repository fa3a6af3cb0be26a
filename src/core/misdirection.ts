import type { Asked } from './asked.ts';
import type { AttemptId, DeliveryId, Document, Endpoint, Id, MessageId, PracticeId } from './message.ts';

export type MisdirectionId = Id<'mis'>;

export const assurances = ['destroyed', 'returned', 'kept', 'unknown'] as const;

/** Pages that came to the wrong place: what a practice must be able to tell of a disclosure (45 CFR 164.404, 164.414).
 *  Names patients and people: sealed at rest, and kept when the content is erased. */
export interface Misdirection {
  readonly id: MisdirectionId;
  readonly practice: PracticeId;
  readonly message: MessageId;
  readonly delivery: DeliveryId;
  /** The tries that went there. */
  readonly attempts: readonly AttemptId[];
  readonly endpoint: Endpoint;
  /** When the first of them began, epoch ms. */
  readonly sentAt: number;
  readonly at: number;
  /** Who wrote it down. */
  readonly by: string;
  /** Who told us, and how they are reached, in words. */
  readonly reporter: string;
  /** What the one who has the pages said of them. */
  readonly assurance: (typeof assurances)[number];
  readonly note: string;
  readonly disclosed: Disclosed;
}

export interface Disclosed {
  /** Null: there is no referral that names one. */
  readonly patient: { readonly name: string; readonly birthDate: string | null } | null;
  readonly documents: readonly Pick<Document, 'name' | 'sha256'>[];
  /** For whom the pages were. */
  readonly recipient: string | null;
}

/** Somebody told us that pages came to the wrong place. */
export interface WrongPlace extends Asked {
  readonly delivery: DeliveryId;
  /** Who told us, and how they are reached. */
  readonly reporter: string;
  readonly assurance: Misdirection['assurance'];
  readonly reason: string;
}
