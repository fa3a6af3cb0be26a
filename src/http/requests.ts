import { z } from '@hono/zod-openapi';
import { parsePhoneNumberFromString } from 'libphonenumber-js';
import type { FieldName } from '../core/entry.ts';
import { time, urgency } from './shapes.ts';

/** What callers send. Unknown names are refused, so that a misspelt one is not silently lost. */

const line = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[^\p{Cc}]*$/u, 'control characters are not allowed');
const prose = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^(?:[^\p{Cc}]|[\t\r\n])*$/u, 'control characters are not allowed');
const maybe = <T extends z.ZodType>(schema: T) => schema.nullable().default(null);

const npi = z.string().regex(/^\d{10}$/, 'an NPI has ten digits');
const endpoint = z.strictObject({ channel: line(40).min(1), address: line(320).min(1) });

const name = z.strictObject({ family: line(200).min(1), given: z.array(line(200)).max(10).default([]) });
const patient = z.strictObject({
  name,
  birthDate: maybe(z.iso.date('a date like 1961-04-09')),
  sex: maybe(line(40)),
  phone: maybe(line(40)),
  identifiers: z
    .array(z.strictObject({ system: line(300), value: line(300) }))
    .max(20)
    .default([]),
  coverage: maybe(z.strictObject({ payer: line(300), memberId: line(100) })),
});

const recipient = z.strictObject({
  npi: maybe(npi),
  name: maybe(line(300)),
  phone: maybe(line(40)),
  endpoints: z.array(endpoint).max(10).default([]),
});

const recipientId = z.templateLiteral(['rcp_', z.string().max(60)], { error: 'an id of a recipient, like rcp_01…' });

/** A recipient to be kept. `version`: the one that was changed; absent: whatever is there now. */
export const keptRecipient = recipient.extend({
  name: line(300).trim().min(1, 'say who it is'),
  endpoints: recipient.shape.endpoints.unwrap().min(1, 'at least one endpoint is needed'),
  version: maybe(z.int().min(1)),
});

/** contract.md, "referral JSON"; what is absent is null. */
export const referralRequest = z.strictObject({
  patient: maybe(patient),
  requester: maybe(
    z.strictObject({ name: line(300), npi: maybe(npi), fax: maybe(line(40)), direct: maybe(line(320)) }),
  ),
  recipient: recipient.extend({
    id: maybe(recipientId).openapi({
      description: 'of a recipient whom the practice keeps: stands for endpoints, as an NPI does',
    }),
  }),
  service: z
    .strictObject({
      specialty: maybe(line(200)),
      reason: maybe(prose(4000)),
      diagnoses: z
        .array(z.strictObject({ system: line(300), code: line(40) }))
        .max(50)
        .default([]),
    })
    .default({ specialty: null, reason: null, diagnoses: [] }),
  urgency: urgency.default('routine'),
  neededBy: maybe(time),
  replyTo: maybe(endpoint),
});

const phone = line(60).transform((text, context) => {
  if (text.trim() === '') return '';
  const number = parsePhoneNumberFromString(text, 'US');
  if (number?.isPossible()) return number.number;
  context.addIssue({ code: 'custom', message: 'a phone number like +12125550123' });
  return z.NEVER;
});

export const reason = prose(500).trim().min(1, 'say why');

/** What a person typed for a field, in its canonical form; the empty text takes the field away. */
export const corrections = z.strictObject({
  'patient.name': line(200).trim().optional(),
  'patient.birthDate': z
    .union([z.literal(''), z.iso.date('a date like 1961-04-09')], 'a date like 1961-04-09')
    .optional(),
  'patient.phone': phone.optional(),
  'referrer.name': line(200).trim().optional(),
  'referrer.npi': z.union([z.literal(''), npi], { error: 'an NPI has ten digits' }).optional(),
  'patient.sex': z.enum(['', 'F', 'M', 'X']).optional(),
  'patient.address': line(300).trim().optional(),
  'patient.mrn': line(60).trim().optional(),
  'coverage.payer': line(200).trim().optional(),
  'coverage.memberId': line(60).trim().optional(),
  'coverage.group': line(60).trim().optional(),
  'referrer.practice': line(200).trim().optional(),
  'referrer.phone': phone.optional(),
  'referrer.fax': phone.optional(),
  'service.specialty': line(200).trim().optional(),
  'service.reason': prose(4000).trim().optional(),
  'service.urgency': z.union([z.literal(''), urgency]).optional(),
  'service.date': z.union([z.literal(''), z.iso.date('a date like 2026-01-31')], 'a date like 2026-01-31').optional(),
  'service.authorization': line(60).trim().optional(),
  'service.diagnoses': line(600).trim().optional(),
} satisfies Record<FieldName, unknown>);

export const evidence = line(300).min(1);

export const limit = z.coerce.number().int().min(1).max(200).default(50);
export const cursor = z.string().max(500).optional();
export const search = z
  .string()
  .max(200)
  .transform((text) => text.replace(/\p{Cc}/gu, ' ').trim())
  .optional();
