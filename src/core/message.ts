/** Ids say what they name: a prefix of the glossary and 26 characters that sort by time. */
export type Id<P extends string> = `${P}_${string}`;
export type MessageId = Id<'msg'>;
export type DocumentId = `doc_${string}`;
export type DeliveryId = `dlv_${string}`;
export type AttemptId = `att_${string}`;
export type ReferralId = `ref_${string}`;
export type EntryId = `itk_${string}`;
export type RecipientId = `rcp_${string}`;
export type PracticeId = string;

export type Urgency = 'routine' | 'urgent' | 'stat';

export const urgencies: readonly Urgency[] = ['routine', 'urgent', 'stat'];

/** One address on one channel (FHIR's word). */
export interface Endpoint {
  readonly channel: string;
  readonly address: string;
}

/** Person, department or system that a message is meant for. `phone` is for people: codes and call-backs. */
export interface Recipient {
  readonly name: string | null;
  readonly npi: string | null;
  readonly phone: string | null;
  readonly endpoints: readonly Endpoint[];
}

/** One file of a message. Its bytes are sealed in the vault and opened by id. */
export interface Document {
  readonly id: DocumentId;
  /** As the sender called it, cleaned: no path, no control characters. Patient data in practice: sealed. */
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: number;
  /** Hex SHA-256 of the bytes. */
  readonly sha256: string;
}

/** Ways in for our own practices; everything else comes from outside. */
export const handedInBy: readonly string[] = ['api', 'edge'];

/** Where a message came from. `token` is the channel's own name for it: the same token twice is the same arrival. */
export interface Origin {
  readonly channel: string;
  readonly token: string;
  readonly from: string | null;
  /** What the channel needs again to acknowledge, for instance the original Message-ID. Sealed. */
  readonly details: Readonly<Record<string, string>>;
}

/** What a sender asked us to carry. Immutable. */
export interface Message {
  readonly id: MessageId;
  readonly practice: PracticeId;
  readonly origin: Origin;
  readonly subject: string | null;
  readonly urgency: Urgency;
  /** When proof is due, epoch ms. */
  readonly deadline: number;
  readonly referral: ReferralId | null;
  readonly recipients: readonly Recipient[];
  readonly documents: readonly Document[];
  readonly receivedAt: number;
}
