import { z } from '@hono/zod-openapi';
import { fieldNames } from '../core/entry.ts';
import { document, time } from './shapes.ts';

/** What the intake queue shows. */

export const entryState = z.enum(['read', 'waiting', 'accepted', 'rejected']);
export const fieldName = z.enum(fieldNames as [(typeof fieldNames)[number], ...(typeof fieldNames)[number][]]);

const box = z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() });

export const field = z.object({
  name: fieldName,
  value: z.string(),
  confidence: z.number(),
  place: z.object({ page: z.number(), box }).nullable(),
  by: z.enum(['reading', 'person']),
});

export const entryLine = z
  .object({
    id: z.string(),
    message: z.string(),
    practice: z.string(),
    state: entryState,
    channel: z.string(),
    pages: z.number(),
    fields: z.array(field),
    warnings: z.array(z.string()),
    referral: z.string().nullable(),
    reason: z.string().nullable(),
    arrivedAt: time,
    version: z.number(),
  })
  .openapi('EntryLine');

export const page = z.object({
  document: z.string(),
  number: z.number(),
  width: z.number(),
  height: z.number(),
  source: z.enum(['document', 'ocr', 'none']),
  text: z.string(),
  words: z.array(z.object({ text: z.string(), box, confidence: z.number(), line: z.number() })),
});

export const entry = entryLine
  .extend({
    from: z.string().nullable(),
    subject: z.string().nullable(),
    documents: z.array(document),
    sheets: z.array(page),
  })
  .openapi('Entry');

export type EntryLine = z.infer<typeof entryLine>;
export type EntryView = z.infer<typeof entry>;
