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

interface Fault {
  readonly code?: string;
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
}

/** Node's codes for a certificate that did not verify. */
const badCertificate =
  /^(CERT_|ERR_TLS_CERT_|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT_IN_CHAIN$|UNABLE_TO_)|_IN_CERT$/;

export const isBadCertificate = (error: unknown): boolean =>
  faults(error).some((fault) => badCertificate.test(fault.code ?? ''));

/** The code of an error, for a detail that is safe to show. */
export const errorCode = (error: unknown): string =>
  faults(error).find((fault) => /^[A-Z][A-Z0-9_]{2,40}$/.test(fault.code ?? ''))?.code ?? 'no code';

/** An error, what caused it, and the parts of an AggregateError (several addresses tried). */
function faults(error: unknown, depth = 0): Fault[] {
  if (typeof error !== 'object' || error === null || depth > 4) return [];
  const fault: Fault = error;
  return [fault, ...[fault.cause, ...(fault.errors ?? [])].flatMap((each) => faults(each, depth + 1))];
}
