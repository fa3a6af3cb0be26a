import { z } from '@hono/zod-openapi';

/** A practice as the settings have it, over the wire. */

const channelNames = z.array(z.string());

const practice = z
  .object({
    id: z.string(),
    name: z.string(),
    phone: z.string(),
    npi: z.string().nullable(),
    addresses: z
      .array(
        z.object({
          channel: z.string(),
          off: z.boolean().openapi({ description: 'the channel is not switched on: nothing comes in there' }),
          own: z.array(z.string()),
          accounts: z.array(z.string()).openapi({ description: 'of ours at companies, that it sends by' }),
        }),
      )
      .openapi({ description: 'where others reach it, and what it sends by, by channel' }),
    answerSheet: z.boolean(),
    cover: z.object({ language: z.enum(['en', 'es']), ownText: z.boolean() }),
    policy: z
      .object({ stat: channelNames, urgent: channelNames, routine: channelNames })
      .openapi({ description: 'order of channels by urgency' }),
  })
  .openapi('Practice');

export const practiceList = z.object({ rows: z.array(practice) });

export type PracticeList = z.infer<typeof practiceList>;
export type PracticeView = z.infer<typeof practice>;
