import { z } from '@hono/zod-openapi';
import { fieldNames, pageKinds } from '../core/entry.ts';
import { declineReasons, sheetKinds } from '../core/answer-sheet.ts';
import { document, time } from './shapes.ts';

/** What the intake queue shows. */

export const entryState = z.enum(['read', 'waiting', 'accepted', 'rejected']);
export const fieldName = z.enum(fieldNames);

const box = z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() });

export const field = z.object({
  name: fieldName,
  value: z.string(),
  confidence: z.number(),
  place: z.object({ page: z.number(), box }).nullable(),
  by: z.enum(['reading', 'person']),
  part: z.number(),
  printed: z.string().nullable(),
  doubt: z.string().nullable(),
  sure: z.boolean().openapi({ description: 'read so surely that it may stand without a look at it' }),
});

export const entryAnswer = z
  .object({
    page: z.number().openapi({ description: 'index into the pages, from 0' }),
    verdict: z.enum(['applied', 'confirmed', 'person', 'repeated', 'expired', 'forged', 'foreign', 'unreadable']),
    says: z.string(),
    kind: z.enum(sheetKinds).nullable(),
    date: z.string().nullable(),
    reasons: z.array(z.enum(declineReasons)),
    doubts: z.array(z.string()),
    sheet: z.string().nullable(),
    referral: z.string().nullable(),
    evidence: z.string().nullable().openapi({ description: 'document: the crop that shows what was ticked' }),
    report: z.array(z.number()).openapi({ description: 'the pages that follow it' }),
  })
  .openapi('EntryAnswer');

const match = z.object({
  part: z.number(),
  who: z.enum(['patient', 'sender']),
  referral: z
    .string()
    .nullable()
    .openapi({ description: 'accepted before, and names them too; null: a practice of the directory' }),
  at: time.nullable().openapi({ description: 'when that one arrived' }),
  agree: z.array(fieldName),
  differ: z.array(z.object({ field: fieldName, value: z.string() })).openapi({
    description: 'what is known of fields that are read otherwise here, or not at all: proposed, never taken by itself',
  }),
  certain: z.boolean().openapi({ description: 'false: it may be somebody else, and a person must say' }),
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
    answers: z.array(entryAnswer),
    referral: z.string().nullable(),
    accepted: z.array(z.object({ part: z.number(), referral: z.string() })),
    asked: z
      .array(z.object({ part: z.number(), fields: z.array(fieldName), message: z.string(), at: time, who: z.string() }))
      .openapi({ description: 'requests that went back to the sender' }),
    repeats: z
      .array(z.object({ entry: z.string(), pages: z.number(), whole: z.boolean() }))
      .openapi({ description: 'earlier entries that came with some of its pages, or (whole) with all of them' }),
    matches: z
      .array(match)
      .openapi({ description: 'whom its referrals name, as far as the practice knows them, with the evidence' }),
    missing: z.array(z.object({ part: z.number(), field: fieldName })),
    reason: z.string().nullable(),
    arrivedAt: time,
    version: z.number(),
  })
  .openapi('EntryLine');

export const page = z.object({
  message: z.string().openapi({ description: 'the arrival that brought it' }),
  document: z.string(),
  number: z.number(),
  width: z.number(),
  height: z.number(),
  source: z.enum(['document', 'ocr', 'none']),
  text: z.string(),
  words: z.array(z.object({ text: z.string(), box, confidence: z.number(), line: z.number() })),
  kind: z.enum(pageKinds),
  part: z.number().nullable(),
  foreign: z.boolean(),
  copyOf: z.number().nullable(),
  turn: z
    .number()
    .openapi({ description: 'degrees clockwise that a person turned it by; boxes are of the unturned page' }),
  blank: z.boolean(),
  cleaning: z
    .object({
      turn: z.number(),
      skew: z.number(),
      xdpi: z.number(),
      ydpi: z.number(),
      streaks: z.number(),
      specks: z.number(),
      rules: z.number(),
      looks: z.number(),
      again: z.number().optional().openapi({ description: 'stretches of lines that a second engine read besides' }),
    })
    .nullable(),
  boxes: z.array(z.object({ box, ink: z.number() })),
});

export const entry = entryLine
  .extend({
    from: z.string().nullable(),
    sender: z
      .object({ caller: z.string().nullable(), csid: z.string().nullable(), header: z.string().nullable() })
      .nullable()
      .openapi({
        description: 'of a fax: the number that called, what its machine calls itself, and its line over page 1',
      }),
    subject: z.string().nullable(),
    documents: z.array(document),
    sheets: z.array(page),
  })
  .openapi('Entry');

export type EntryLine = z.infer<typeof entryLine>;
export type EntryView = z.infer<typeof entry>;
