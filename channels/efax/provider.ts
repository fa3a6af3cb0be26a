import type { z } from 'zod';
import type { Health } from '../../src/core/channel.ts';
import type { AttemptId } from '../../src/core/message.ts';
import type { Outcome, Reason } from '../../src/core/outcome.ts';
import type { Common } from './account.ts';

/** A kind of fax company: what an account there is made of, and how to talk to it. One file each under providers/. */
export interface Company<Account extends Common = never> {
  readonly name: string;
  readonly account: z.ZodType<Account>;
  open(account: Account, tools: CompanyTools): FaxProvider;
}

export interface CompanyTools {
  readonly now: () => number;
}

/** One account at a fax company. What it says is translated here; what to do about it is decided elsewhere. */
export interface FaxProvider {
  readonly limits: { readonly maxBytes: number; readonly maxPages: number };
  /** Hand one fax over. Its first act that the company could mistake for a fax is the request itself, made once and
   *  never repeated. */
  submit(fax: OutgoingFax, signal: AbortSignal): Promise<Outcome>;
  /** What became of a fax whose answer or report never came. Null: it cannot say (yet). */
  find(lost: LostFax, signal: AbortSignal): Promise<Found | null>;
  /** Prove that the account is usable. Sends nothing. */
  check(signal: AbortSignal): Promise<Health>;
  /** Judge and translate one webhook call. Absent: this company calls nobody. */
  read?(call: WebhookCall): Reading | Promise<Reading>;
  /** The largest webhook it makes, bytes. Absent: 256 KB. */
  readonly maxCall?: number;
  /** It does not show our name for a fax: what becomes of ours is asked for by its own, while we remember that. */
  readonly nameless?: true;
  /** What it wants to read in the answer to a call that is kept. Absent: nothing. */
  readonly thanks?: string;
  /** One fax by the company's own record: what it says is believed, whoever rang. Null: nothing to tell (yet). */
  reread?(fax: FaxName, signal: AbortSignal): Promise<FaxEvent | null>;
  /** Received faxes that wait to be fetched. Must not mark anything as read. Null: cannot be asked now. */
  waiting?(signal: AbortSignal): Promise<readonly Arrived[] | null>;
  /** The pages of a received fax, where they come by the API and not by a link. Null: cannot be had now. */
  pages?(arrived: Arrived, signal: AbortSignal): Promise<Uint8Array | null>;
  /** Erase a received fax there. True: it is gone. */
  erase?(fax: string, signal: AbortSignal): Promise<boolean>;
}

export interface WebhookCall {
  readonly headers: Headers;
  /** The body exactly as it came. */
  readonly raw: Uint8Array;
  /** Our own public address of this webhook, as the company has it. */
  readonly url: string;
}

export interface FaxName {
  readonly fax: string;
  readonly direction: 'in' | 'out';
}

/** Enough of a fax to know it again in the company's list. */
export interface LostFax {
  readonly family: AttemptId;
  /** E.164. */
  readonly to: string;
  /** Counted when it matters: the pages may have to be made again. */
  pages(): Promise<number>;
  readonly openedAt: number;
  /** The company's own name for it, if its answer came. */
  readonly reference: string | null;
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
  /** G4, 1728 px wide, 204×196 dpi. */
  readonly tiff: Uint8Array;
  readonly pages: number;
  /** Where a company that fetches them itself finds the pages, for a while. */
  readonly mediaUrl: string;
  readonly webhookUrl: string;
  /** The machines did not agree last time: slower, and without error correction, where that can be chosen. */
  readonly gently: boolean;
}

export type Reading =
  /** Not from the company: nothing of the body was believed, nor parsed. */
  | { readonly kind: 'forged' }
  /** From the company, but not in a form that we know. */
  | { readonly kind: 'unreadable' }
  /** Somebody says that there is news of this fax. Nobody signed it: it is read anew at the company. */
  | { readonly kind: 'doorbell'; readonly name: FaxName }
  /** `late`: signed too long ago to be believed, unless we know the event already. */
  | { readonly kind: 'event'; readonly late: boolean; readonly event: FaxEvent };

export type FaxEvent =
  | {
      readonly type: 'report';
      readonly id: string;
      /** The company's own name for the fax. */
      readonly fax: string;
      /** Null: not a fax of ours, as far as the company shows. */
      readonly family: AttemptId | null;
      /** Null: delivered. */
      readonly failure: Reason | null;
      readonly at: number;
      /** What the company said, where that is not the body of its call. */
      readonly evidence?: Uint8Array;
    }
  | Arrived
  | { readonly type: 'other'; readonly id: string };

export interface Arrived {
  readonly type: 'arrival';
  readonly id: string;
  /** The company's own name for the fax. */
  readonly fax: string;
  /** The caller's number, as the telephone network gave it. */
  readonly from: string | null;
  /** What the far machine calls itself (CSID). */
  readonly csid?: string | null;
  /** The number of ours that was called. Null: the company does not say. */
  readonly to: string | null;
  /** Where the pages are: at a link, in the call itself, or to be asked for (`FaxProvider.pages`). */
  readonly media: { readonly url: string } | { readonly bytes: Uint8Array } | 'by the API';
  /** How many the company counts. */
  readonly pageCount?: number | null;
  /** The call broke: there may have been more pages. */
  readonly broken?: boolean;
  /** The company will not tell us again. */
  readonly lastCall: boolean;
  readonly evidence?: Uint8Array;
}
