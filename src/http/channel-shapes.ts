import { z } from '@hono/zod-openapi';
import { time } from './shapes.ts';

/** What each channel can do, how it fares, and what is due. */

const channel = z
  .object({
    name: z.string(),
    capabilities: z.object({
      mediaTypes: z.array(z.string()),
      maxBytes: z.number(),
      proof: z.enum(['acceptance', 'processed', 'receipt']),
      cost: z.number(),
      width: z.number(),
      perLane: z.object({ width: z.number(), perMinute: z.number().nullable() }),
    }),
    circuits: z
      .array(
        z.object({
          lane: z.string(),
          state: z.enum(['open', 'half-open']),
          why: z.enum(['circuit', 'throttled', 'rate', 'paused']),
          since: time,
          until: time,
        }),
      )
      .openapi({ description: 'far hosts and accounts that take no routine work now; all others are closed circuits' }),
    ways: z.array(z.string()).openapi({ description: 'its lanes that can be paused by themselves, without its name' }),
    farHosts: z.boolean().openapi({ description: 'its lanes are far hosts: …/lane names the one of an address' }),
    pauses: z.array(
      z.object({
        place: z.string().openapi({ description: 'the channel, or one lane of it' }),
        by: z.string(),
        reason: z.string(),
        since: time,
        until: time,
      }),
    ),
    health: z.object({ ok: z.boolean(), problem: z.string().nullable() }),
  })
  .openapi('Channel');

export const channels = z.object({
  rows: z.array(channel),
  depth: z.record(z.string(), z.number()).openapi({ description: 'work due, by stage' }),
  deadLetters: z.number().openapi({ description: 'work that our own code keeps failing at' }),
});

export type ChannelsView = z.infer<typeof channels>;
