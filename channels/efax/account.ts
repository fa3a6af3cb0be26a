import { z } from 'zod';
import type { AttemptId } from '../../src/core/message.ts';

export const e164 = z.string().regex(/^\+[1-9]\d{7,14}$/, 'an E.164 number, for instance +12125550123');

/** What every account has, whichever company it is with. */
export const common = {
  /** Our number: what the far machine prints on its pages. */
  from: e164,
  /** Whose account it is. A practice with several tries them in the order of the settings. */
  practice: z.string().min(1),
  /** What the company takes for a page; shown before a fax is sent. */
  pricePerPage: z
    .strictObject({ amount: z.number().min(0).max(100), currency: z.string().regex(/^[A-Z]{3}$/, 'like USD') })
    .nullable()
    .default(null),
};

export interface Common {
  readonly provider: string;
  readonly from: string;
  readonly practice: string;
  readonly pricePerPage?: { readonly amount: number; readonly currency: string } | null;
}

export const httpUrl = z.url({ protocol: /^https?$/ });
export const secret = z.string().min(1);

/** Our own name for a fax, as a company quotes it back; null when it is none of ours. */
export const attemptId = (text: string | null | undefined): AttemptId | null =>
  /^att_[\w-]{1,64}$/.test(text ?? '') ? (text as AttemptId) : null;
