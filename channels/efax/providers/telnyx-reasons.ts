import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Reason } from '../../../src/core/outcome.ts';

const code = z.enum([
  'unreachable',
  'busy',
  'no-answer',
  'not-a-fax',
  'throttled',
  'interrupted',
  'bad-address',
  'unauthorized',
  'too-large',
  'unsupported',
  'rejected',
]);
const table: unknown = JSON.parse(readFileSync(new URL('./telnyx-reasons.json', import.meta.url), 'utf8'));

const codes = z.record(z.string(), code);

/** What Telnyx's words mean, as data: https://developers.telnyx.com/docs/programmable-fax (failure_reason, errors). */
export const reasons = z
  .strictObject({
    failureReason: codes,
    /** With pages counted, these mean that the call broke off after some of them. */
    droppedCall: z.array(z.string()),
    errorPointer: codes,
    errorStatus: codes,
  })
  .parse(table);

/** The reason of a failed fax. Pages that were confirmed before the call broke make it partial, whatever broke it:
 *  sending everything again would put two copies on the far desk. */
export function failureReason(word: string | null, somePages: boolean): Reason {
  const known = word !== null && /^[a-z0-9_]{1,64}$/.test(word) ? word : 'without a reason';
  const meaning = reasons.failureReason[known] ?? 'rejected';
  return { code: somePages ? 'partial' : meaning, detail: `telnyx ${known}` };
}
