import { z } from 'zod';
import type { Reason } from '../../../src/core/outcome.ts';
import { reasons } from './telnyx-reasons.ts';

const errors = z.object({
  errors: z
    .array(
      z.object({
        code: z.coerce.string().regex(/^\w{1,16}$/),
        source: z.object({ pointer: z.string().regex(/^[\w/]{1,64}$/) }).optional(),
      }),
    )
    .min(1),
});

/** A 4xx says no for good. Only codes and field names go into the detail: the texts may quote what we sent. */
export function replyReason(status: number, body: string): Reason {
  const error = firstError(body);
  const pointer = error?.source?.pointer ?? '';
  const code = reasons.errorPointer[pointer] ?? reasons.errorStatus[String(status)] ?? 'rejected';
  return { code, detail: ['telnyx', String(status), error?.code, pointer].filter(Boolean).join(' ') };
}

function firstError(body: string): z.output<typeof errors>['errors'][number] | undefined {
  try {
    return errors.safeParse(JSON.parse(body)).data?.errors[0];
  } catch {
    return undefined;
  }
}
