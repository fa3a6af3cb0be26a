import { z } from '@hono/zod-openapi';
import { stages } from '../core/change.ts';
import { time } from './shapes.ts';

const deadLetter = z
  .object({
    stage: z.enum(stages as [(typeof stages)[number], ...(typeof stages)[number][]]),
    subject: z.string(),
    message: z.string().nullable(),
    since: time.openapi({ description: 'when its last try was due' }),
    tries: z.number(),
    failure: z
      .string()
      .nullable()
      .openapi({ description: 'class and place of the last error; null: its process died or froze' }),
    asideAt: time.nullable().openapi({ description: 'since when a person lets it lie' }),
  })
  .openapi('DeadLetter');

export const deadLetters = z.object({ rows: z.array(deadLetter) });

export type DeadLetterView = z.infer<typeof deadLetter>;
