import { z } from '@hono/zod-openapi';
import { assurances } from '../core/misdirection.ts';
import { suppressedBecause } from '../core/standing.ts';
import { time } from './shapes.ts';

/** What a practice holds of the numbers that it dials, and of pages that came to the wrong place. */

export const dialled = z
  .object({
    practice: z.string(),
    channel: z.string(),
    number: z.string(),
    confirmed: z.object({ by: z.string(), at: time }).nullable(),
    reachedAt: time.nullable().openapi({ description: 'when it first took something whole' }),
    suppressed: z
      .object({
        why: z.enum(suppressedBecause),
        note: z.string().nullable(),
        by: z.string(),
        at: time,
        until: time.nullable().openapi({ description: 'null: until somebody lifts it' }),
      })
      .nullable()
      .openapi({ description: 'it must not be dialled; null also when the time of that is over' }),
    strikes: z
      .array(z.object({ attempt: z.string(), code: z.string(), at: time }))
      .openapi({ description: 'calls that spoke against the number itself' }),
    bar: z.string().nullable().openapi({ description: 'why nothing is sent there now' }),
    changedAt: time,
  })
  .openapi('Number');

export const numberDecided = z
  .object({ number: dialled, released: z.number().openapi({ description: 'held deliveries that are weighed anew' }) })
  .openapi('NumberDecided');

export const misdirection = z
  .object({
    id: z.string(),
    practice: z.string(),
    message: z.string(),
    delivery: z.string(),
    channel: z.string(),
    number: z.string(),
    sentAt: time,
    at: time,
    by: z.string(),
    reporter: z.string().openapi({ description: 'who told it, and how they are reached' }),
    assurance: z.enum(assurances).openapi({ description: 'what became of the pages, by their holder' }),
    note: z.string(),
    disclosed: z.object({
      patient: z.object({ name: z.string(), birthDate: z.string().nullable() }).nullable(),
      documents: z.array(z.object({ name: z.string(), sha256: z.string() })),
      recipient: z.string().nullable(),
    }),
  })
  .openapi('Misdirection');

export type NumberView = z.infer<typeof dialled>;
export type NumberDecided = z.infer<typeof numberDecided>;
export type MisdirectionView = z.infer<typeof misdirection>;
