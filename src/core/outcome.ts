import type { AttemptId, DocumentId } from './message.ts';

/** What one attempt taught us. Four words, and nothing else, cross the channel boundary. */
export type Outcome =
  /** The far side took it. `reference` is its own name for it (queue id, fax id). */
  | { readonly kind: 'accepted'; readonly reference?: string }
  /** Provably not taken; may work later. `retryAt` is the far side's own wish, epoch ms. */
  | { readonly kind: 'deferred'; readonly reason: Reason; readonly retryAt?: number }
  /** Provably not taken; never will be, here. */
  | { readonly kind: 'refused'; readonly reason: Reason }
  /** It may have been taken. */
  | { readonly kind: 'unknown'; readonly reason: Reason };

export interface Reason {
  readonly code: ReasonCode;
  /** For the operator. Never patient data: provider codes and SMTP status text only. */
  readonly detail: string;
  /** How many calls it stands for, where the far side redialled by itself. Absent: one. */
  readonly calls?: number;
}

export const reasonCodes = [
  'unreachable',
  'busy',
  'no-answer',
  'not-a-fax',
  'throttled',
  'timeout',
  'interrupted',
  'partial',
  'negotiation',
  'bad-address',
  'no-certificate',
  'untrusted',
  'unauthorized',
  'too-large',
  'unsupported',
  'rejected',
  'silence',
] as const;

export type ReasonCode = (typeof reasonCodes)[number];

/** Proof, or its opposite, that arrives after the attempt: an MDN, a fax report, a portal opening. */
export interface Receipt {
  readonly attempt: AttemptId;
  /** `processed`: the far gateway has it, its reader may not. */
  readonly kind: 'processed' | 'delivered' | 'opened' | 'failed';
  readonly reason: Reason | null;
  /** The sealed bytes that prove it: MDN, webhook body. */
  readonly evidence: DocumentId | null;
  readonly at: number;
}

export const accepted = (reference?: string): Outcome =>
  reference === undefined ? { kind: 'accepted' } : { kind: 'accepted', reference };
export const deferred = (code: ReasonCode, detail: string, retryAt?: number): Outcome =>
  retryAt === undefined
    ? { kind: 'deferred', reason: { code, detail } }
    : { kind: 'deferred', reason: { code, detail }, retryAt };
export const refused = (code: ReasonCode, detail: string): Outcome => ({ kind: 'refused', reason: { code, detail } });
export const unknown = (code: ReasonCode, detail: string): Outcome => ({ kind: 'unknown', reason: { code, detail } });
