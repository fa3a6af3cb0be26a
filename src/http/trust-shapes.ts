import { z } from '@hono/zod-openapi';
import { time } from './shapes.ts';

/** Certificates, and whom they make us trust, over the wire. */

const life = {
  subject: z.string(),
  names: z.array(z.string()),
  sha256: z.string(),
  notBefore: time,
  notAfter: time,
  state: z
    .enum(['good', 'within-30-days', 'within-7-days', 'within-1-day', 'expired', 'not-yet', 'replaced'])
    .openapi({ description: 'the nearest that applies; `replaced`: another one of ours lasts longer' }),
};

const certificate = z
  .object({
    channel: z.string(),
    use: z.enum(['own', 'partner', 'anchor']),
    ...life,
    from: z.string().nullable(),
    domains: z.array(z.string()).nullable().openapi({ description: 'our domains that trust it; null: all' }),
    direction: z.enum(['in', 'out', 'both']).nullable(),
  })
  .openapi('Certificate');

const bundle = z.object({
  url: z.string(),
  signed: z.boolean(),
  anchors: z.number(),
  fetchedAt: time.nullable(),
  failure: z.string().nullable(),
  dueAt: time,
});

const revocation = z.object({
  kind: z.enum(['list', 'responder']),
  from: z.string(),
  at: time.nullable(),
  nextUpdate: time.nullable(),
  overdue: z.boolean().openapi({ description: 'the next one was promised for a time that has passed' }),
  failure: z.string().nullable(),
});

const found = z.object({
  address: z.string(),
  at: time,
  place: z.string().nullable(),
  told: z.string().openapi({ description: 'every place that was asked, and what it said' }),
  certificates: z.array(z.object(life)),
});

export const trust = z.object({
  certificates: z.array(certificate),
  bundles: z.array(bundle),
  revocation: z.array(revocation),
  found: z
    .array(found)
    .openapi({ description: 'by asking around for recipients’ certificates, since the start of this process' }),
});

export type TrustView = z.infer<typeof trust>;
