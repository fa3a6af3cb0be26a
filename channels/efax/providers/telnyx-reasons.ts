import { z } from 'zod';
import type { Reason } from '../../../src/core/outcome.ts';
import { codes, meaning, tableOf } from '../reasons.ts';

/** What Telnyx's words mean, as data: https://developers.telnyx.com/docs/programmable-fax (failure_reason, errors). */
export const reasons = tableOf(
  z.strictObject({
    failureReason: codes,
    /** With pages counted, these mean that the call broke off after some of them. */
    droppedCall: z.array(z.string()),
    errorPointer: codes,
    errorStatus: codes,
  }),
  'telnyx',
);

/** The reason of a failed fax. Pages that were confirmed before the call broke make it partial, whatever broke it:
 *  sending everything again would put two copies on the far desk. */
export function failureReason(word: string | null, somePages: boolean): Reason {
  const reason = meaning('telnyx', reasons.failureReason, word);
  return somePages ? { ...reason, code: 'partial' } : reason;
}
