import type { Practice } from './channel.ts';
import type { CoverStyle } from './cover-template.ts';
import type { Document, Urgency } from './message.ts';

/** Turns documents into what a fax line wants. */
export interface Press {
  /** 1728 px wide, 204×196 dpi, 1-bit, CCITT G4, multi-page TIFF: the cover first, then every page numbered.
   *  @throws Unprintable when a document cannot be rendered. */
  fax(
    cover: Cover,
    documents: readonly { readonly document: Document; readonly bytes: Uint8Array }[],
  ): Promise<{ readonly tiff: Uint8Array; readonly pages: number }>;
  /** One page in place of the documents: where they are to be seen.
   *  @throws Unprintable when it does not fit on one page */
  link(cover: Cover, link: SheetLink): Promise<{ readonly tiff: Uint8Array; readonly pages: number }>;
  /** The same pages as `fax` makes, to look at.
   *  @throws Unprintable when a document cannot be rendered. */
  preview(
    cover: Cover,
    documents: readonly { readonly document: Document; readonly bytes: Uint8Array }[],
  ): Promise<readonly SheetPreview[]>;
}

export type SheetWarning = 'dark' | 'blank' | 'small-print';

/** A page as the far machine prints it. */
export interface SheetPreview {
  /** About 100 dots an inch. */
  readonly png: Uint8Array;
  /** Coded bytes, which the call takes its time for. */
  readonly bytes: number;
  readonly warnings: readonly SheetWarning[];
  /** A cover sheet or answer sheet: not the sender's. */
  readonly ours: boolean;
}

/** A fax that nobody has sent yet. */
export interface Draft {
  readonly practice: Practice;
  readonly to: Cover['to'];
  readonly urgency: Urgency;
  readonly documents: readonly { readonly document: Document; readonly bytes: Uint8Array }[];
}

export interface Preview {
  readonly pages: readonly SheetPreview[];
  /** How long the call would take, by estimate. */
  readonly seconds: number;
  /** What it would cost by each account whose price is known. */
  readonly prices: readonly { readonly account: string; readonly amount: number; readonly currency: string }[];
}

/** What stands on the cover sheet. No patient data. */
export interface Cover {
  readonly style?: CoverStyle;
  readonly from: { readonly name: string; readonly phone: string; readonly fax: string | null };
  readonly to: { readonly name: string | null; readonly fax: string };
  readonly urgency: Urgency;
  readonly reference: string;
  readonly possibleDuplicate: boolean;
  readonly at: number;
  /** Page 2 asks for an answer: the token of the sheet, and the number to fax it back to. */
  readonly answer?: { readonly token: string; readonly fax: string };
}

/** What a page says of a portal link, besides its cover. The code is not among it. */
export interface SheetLink {
  readonly url: string;
  /** Epoch ms. */
  readonly until: number;
}

/** A document that no page can be made of. The detail is safe to show. */
export class Unprintable extends Error {
  readonly detail: string;
  constructor(detail: string) {
    super(detail);
    this.detail = detail;
  }
}
