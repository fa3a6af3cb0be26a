import type { Health } from '../../src/core/channel.ts';
import type { AttemptId } from '../../src/core/message.ts';
import type { Outcome, Reason } from '../../src/core/outcome.ts';

/** A fax company. What it says is translated here; what to do about it is decided elsewhere. */
export interface FaxProvider {
  /** Hand one fax over. Its first act is the request itself, made once and never repeated. */
  submit(fax: OutgoingFax, signal: AbortSignal): Promise<Outcome>;
  /** What became of a fax whose answer or report never came. Null: it cannot say (yet). */
  find(lost: LostFax, signal: AbortSignal): Promise<Found | null>;
  /** Judge and translate one webhook call. `raw` is the body exactly as it came. */
  read(headers: Headers, raw: Uint8Array): Reading;
  /** Prove that the account is usable. Sends nothing. */
  check(signal: AbortSignal): Promise<Health>;
}

/** Enough of a fax to know it again in the company's list. */
export interface LostFax {
  readonly family: AttemptId;
  /** E.164. */
  readonly to: string;
  /** Counted when it matters: the pages may have to be made again. */
  pages(): Promise<number>;
  readonly openedAt: number;
  /** The company's names for our other tries under the same name. */
  readonly others: readonly string[];
}

export interface Found {
  readonly outcome: Outcome;
  /** How the call ended, when it is over and the record certainly ours: null is delivered. */
  readonly report: {
    readonly reference: string;
    readonly failure: Reason | null;
    readonly evidence: Uint8Array;
  } | null;
}

export interface OutgoingFax {
  readonly family: AttemptId;
  /** E.164. */
  readonly to: string;
  /** Where the company fetches the pages, for a while. */
  readonly mediaUrl: string;
  readonly webhookUrl: string;
}

export type Reading =
  /** Not from the company: nothing of the body was believed, nor parsed. */
  | { readonly kind: 'forged' }
  /** From the company, but not in a form that we know. */
  | { readonly kind: 'unreadable' }
  /** `late`: signed too long ago to be believed, unless we know the event already. */
  | { readonly kind: 'event'; readonly late: boolean; readonly event: FaxEvent };

export type FaxEvent =
  | {
      readonly type: 'report';
      readonly id: string;
      /** The company's own name for the fax. */
      readonly fax: string;
      /** Null: not a fax of ours. */
      readonly family: AttemptId | null;
      /** Null: delivered. */
      readonly failure: Reason | null;
      readonly at: number;
    }
  | {
      readonly type: 'arrival';
      readonly id: string;
      /** The company's own name for the fax. */
      readonly fax: string;
      readonly from: string | null;
      readonly to: string;
      readonly mediaUrl: string;
      /** The company will not tell us again. */
      readonly lastCall: boolean;
    }
  | { readonly type: 'other'; readonly id: string };
