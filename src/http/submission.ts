import type { z } from '@hono/zod-openapi';
import type { Channel } from '../core/channel.ts';
import { Invalid } from '../errors.ts';
import { addressFaults } from './addresses.ts';
import type { Submission } from './actions.ts';
import { strictJson } from './json.ts';
import type { Part } from './multipart.ts';
import { referralRequest } from './requests.ts';

const maxFiles = 100;

/** Documented here, read by `multipart` and validated with the very schema that it refers to. */
export const submissionBody = {
  required: true,
  content: {
    'multipart/form-data': {
      schema: {
        type: 'object' as const,
        required: ['referral', 'document'],
        properties: {
          referral: { $ref: '#/components/schemas/ReferralRequest' },
          document: {
            type: 'array' as const,
            maxItems: maxFiles,
            items: { type: 'string' as const, format: 'binary' as const },
          },
        },
      },
      encoding: { referral: { contentType: 'application/json' } },
    },
  },
};

/** @throws Invalid with the parts and fields at fault */
export function submission(
  parts: readonly Part[],
  channels: ReadonlyMap<string, Channel>,
): Pick<Submission, 'referral' | 'documents'> {
  const fields: Record<string, string> = {};
  const referrals = parts.filter(({ name }) => name === 'referral');
  const files = parts.filter(({ name }) => name === 'document');
  for (const { name } of parts) if (name !== 'referral' && name !== 'document') fields[name] = 'is not known here';
  if (referrals.length !== 1) fields['referral'] = referrals.length === 0 ? 'is missing' : 'is given twice';
  if (files.length === 0) fields['document'] = 'at least one file is needed';
  if (files.length > maxFiles) fields['document'] = `at most ${maxFiles} files in one referral`;
  if (Object.keys(fields).length > 0) throw new Invalid('some parts are wrong; nothing was sent', fields);
  const referral = parsedReferral(Buffer.from(referrals[0]?.bytes ?? []).toString('utf8'));
  const faults = addressFaults(channels, referral.recipient.endpoints, 'referral.recipient.endpoints');
  if (Object.keys(faults).length > 0) throw new Invalid('it cannot go there; nothing was sent', faults);
  return {
    referral,
    documents: files.map(({ fileName, mediaType, bytes }) => ({ name: fileName ?? '', mediaType, bytes })),
  };
}

function parsedReferral(text: string): z.infer<typeof referralRequest> {
  const result = referralRequest.safeParse(strictJson(text));
  if (result.success) return result.data;
  const fields = result.error.issues.map(({ path, message }) => [['referral', ...path].map(String).join('.'), message]);
  throw new Invalid('some fields are wrong; nothing was sent', Object.fromEntries(fields) as Record<string, string>);
}
