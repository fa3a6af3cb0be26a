import { z } from '@hono/zod-openapi';
import { deliveryState, time, urgency, verb } from './shapes.ts';

/** What the overview, the worklist and decisions on many deliveries show. */

export const worklistKind = z.enum(['doubt', 'held', 'undeliverable', 'intake']);

export const task = z
  .object({
    owner: z.string().nullable(),
    dueAt: time.nullable(),
    snoozedUntil: time.nullable(),
    version: z.number(),
  })
  .openapi('Task');

export const worklistLine = z
  .object({
    subject: z.string(),
    kind: worklistKind,
    message: z.string(),
    practice: z.string(),
    title: z.string().openapi({ description: 'the recipient, or how it arrived. No patient data' }),
    why: z.string(),
    urgency,
    since: time.nullable(),
    deadline: time,
    task,
  })
  .openapi('WorklistLine');

export const overview = z
  .object({
    since: time,
    needs: z.object({
      doubt: z.number(),
      held: z.number(),
      undeliverable: z.number(),
      intake: z.number(),
      overdue: z.number(),
      deadLetters: z.number().nullable().openapi({ description: 'null: not for callers of one practice' }),
      emergencies: z
        .number()
        .nullable()
        .openapi({ description: 'emergency accesses that nobody reviewed; null: not for this caller' }),
    }),
    channels: z.array(
      z.object({
        channel: z.string().nullable(),
        states: z.partialRecord(deliveryState, z.number()),
        fallbacks: z.number(),
        missed: z.number().openapi({ description: 'without proof by the deadline' }),
        p50Ms: z.number().nullable(),
        p95Ms: z.number().nullable(),
      }),
    ),
    stretchMs: z.number(),
    stretches: z.array(z.object({ at: time, state: deliveryState, count: z.number() })),
  })
  .openapi('Overview');

export const plan = z
  .object({
    verb,
    items: z.array(z.object({ id: z.string(), version: z.number() })),
    duplicates: z.number().openapi({ description: 'of these, an earlier copy may have arrived' }),
    skipped: z.array(z.object({ why: z.string(), count: z.number() })),
    more: z.boolean().openapi({ description: 'the filter matches more than one plan takes' }),
  })
  .openapi('Plan');

export const bulkResult = z
  .object({ results: z.array(z.object({ id: z.string(), problem: z.string().nullable() })) })
  .openapi('BulkResult');

export type WorklistKind = z.infer<typeof worklistKind>;
export type WorklistLine = z.infer<typeof worklistLine>;
export type OverviewView = z.infer<typeof overview>;
export type PlanView = z.infer<typeof plan>;
export type BulkResult = z.infer<typeof bulkResult>;
