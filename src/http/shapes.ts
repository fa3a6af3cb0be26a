import { z } from '@hono/zod-openapi';

/** What goes over the wire. The console imports the types, the routes validate with the schemas. */

export const time = z.iso.datetime({ offset: true });
export const urgency = z.enum(['routine', 'urgent', 'stat']);
export const deliveryState = z.enum(['pending', 'sending', 'sent', 'delivered', 'failed', 'held', 'cancelled']);
export const referralState = z.enum([
  'draft',
  'sent',
  'received',
  'accepted',
  'awaiting-information',
  'scheduled',
  'no-show',
  'appointment-cancelled',
  'seen',
  'completed',
  'closed',
  'declined',
  'cancel-requested',
  'cancelled',
  'undeliverable',
]);

export const submitted = z
  .object({
    referral: z.string(),
    message: z.string(),
    deliveries: z.array(z.object({ id: z.string(), state: deliveryState })),
  })
  .openapi('Submitted');

const why = z.object({ code: z.string(), detail: z.string() });

export const attempt = z.object({
  id: z.string(),
  channel: z.string(),
  address: z.string(),
  openedAt: time,
  closedAt: time.nullable(),
  phase: z.enum(['started', 'handed']),
  outcome: z.enum(['accepted', 'deferred', 'refused', 'unknown']).nullable(),
  reason: why.nullable(),
  reference: z.string().nullable(),
});

export const receipt = z.object({
  attempt: z.string(),
  kind: z.enum(['processed', 'delivered', 'opened', 'failed']),
  reason: why.nullable(),
  evidence: z.string().nullable(),
  at: time,
});

export const route = z.object({
  channel: z.string(),
  address: z.string(),
  proof: z.enum(['acceptance', 'processed', 'receipt']),
  tries: z.number().openapi({ description: 'how often it may be tried' }),
  receiptWithinMs: z.number(),
  onSilence: z.enum(['fallback', 'hold']),
  current: z.boolean(),
});

export const rejected = z.object({
  channel: z.string(),
  address: z.string(),
  reason: z.string(),
  detail: z.string().nullable().openapi({ description: 'in the words of whoever said so' }),
});

export const verb = z.enum(['retry', 'cancel', 'hold', 'reroute', 'confirm']);

const byWord = z.boolean().openapi({ description: "delivered by a person's word: no machine confirmed it" });

export const deliveryLine = z
  .object({
    id: z.string(),
    message: z.string(),
    practice: z.string(),
    direction: z.enum(['outgoing', 'incoming']),
    recipient: z.string().nullable(),
    state: deliveryState,
    channel: z.string().nullable(),
    address: z.string().nullable(),
    tries: z.number(),
    urgency,
    receivedAt: time,
    deadline: time,
    since: time.nullable().openapi({ description: 'when it came to its state; null: not kept' }),
    dueAt: time.nullable(),
    inDoubt: z.boolean().openapi({ description: 'an attempt may have arrived without word' }),
    byWord,
    version: z.number(),
  })
  .openapi('DeliveryLine');

export const portalLink = z.object({
  code: z.string().nullable(),
  state: z.enum(['usable', 'expired', 'locked', 'revoked']),
  expiresAt: time,
  wrongCodes: z.number(),
  openedAt: time.nullable(),
  remindAt: time.nullable().openapi({ description: 'when it is reminded of, should nobody open it; null: never' }),
  remindedAt: time.nullable(),
  answer: z
    .object({
      kind: z.enum(['received', 'accepted', 'scheduled', 'information', 'declined', 'report']),
      on: z.string().nullable().openapi({ description: 'the day of the appointment' }),
      reason: z.string().nullable(),
      at: time,
    })
    .nullable(),
});

export const moment = z.object({
  at: time,
  text: z.string(),
  tone: z.enum(['plain', 'good', 'bad', 'doubt']),
  evidence: z.string().nullable(),
});

export const delivery = z
  .object({
    id: z.string(),
    message: z.string(),
    practice: z.string(),
    recipient: z.object({ name: z.string().nullable(), npi: z.string().nullable(), phone: z.string().nullable() }),
    state: deliveryState,
    tries: z.number(),
    dueAt: time.nullable(),
    blockedBy: z
      .enum(['circuit', 'throttled', 'rate', 'budget', 'paused'])
      .nullable()
      .openapi({ description: 'what keeps a due attempt from being made' }),
    inDoubt: z.boolean(),
    byWord,
    doubt: z
      .object({ since: time, known: z.array(moment) })
      .nullable()
      .openapi({ description: 'what is known of the attempts that may have arrived; null: none, or it is proven' }),
    summary: z.string().openapi({ description: 'what happened, in one sentence' }),
    may: z.array(verb).openapi({ description: 'decisions that apply now' }),
    routes: z.array(route),
    rejected: z.array(rejected),
    attempts: z.array(attempt),
    receipts: z.array(receipt),
    link: portalLink.nullable(),
    version: z.number(),
  })
  .openapi('Delivery');

export const document = z
  .object({
    id: z.string(),
    name: z.string().nullable(),
    mediaType: z.string(),
    bytes: z.number(),
    sha256: z.string(),
    pages: z.number(),
  })
  .openapi('Document');

export const event = z
  .object({
    cursor: z.number().nullable(),
    message: z.string().nullable(),
    subject: z.string(),
    what: z.string(),
    who: z.string(),
    at: time,
    facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    note: z.string().nullable(),
  })
  .openapi('Event');

export const message = z
  .object({
    id: z.string(),
    practice: z.string(),
    origin: z.object({ channel: z.string(), from: z.string().nullable() }),
    subject: z.string().nullable(),
    urgency,
    receivedAt: time,
    deadline: time,
    referral: z.string().nullable(),
    entry: z.string().nullable(),
    documents: z.array(document),
    proofs: z.array(document),
    deliveries: z.array(delivery),
    acknowledgements: z.array(z.object({ notice: z.string(), outcome: z.string(), at: time })),
    timeline: z.array(moment),
    events: z.array(event),
  })
  .openapi('Message');

export const explanation = z
  .object({
    delivery: z.string(),
    summary: z.string(),
    policy: z.object({ version: z.string(), urgency, order: z.array(z.string()) }),
    weighed: z.array(
      z.object({
        channel: z.string(),
        address: z.string(),
        place: z.number().nullable().openapi({ description: 'from 1; null: left out' }),
        verdict: z.string(),
      }),
    ),
    evidence: z.array(moment),
  })
  .openapi('Explanation');

export const step = z.object({
  to: referralState,
  at: time,
  evidence: z.string(),
  reason: z.string().nullable(),
  date: z.string().optional().openapi({ description: 'of the appointment' }),
  jumped: z.boolean(),
  moved: z.boolean(),
});

export const report = z.object({
  message: z.string(),
  at: time,
  pages: z.array(z.object({ document: z.string(), number: z.number() })),
});

export const referral = z
  .object({
    id: z.string(),
    practice: z.string(),
    direction: z.enum(['outgoing', 'incoming']),
    message: z.string(),
    state: referralState,
    request: z.unknown().openapi({ description: 'as ReferralRequest' }),
    steps: z.array(step),
    reports: z.array(report).openapi({ description: 'pages that came back about it' }),
    deliveries: z
      .array(z.object({ id: z.string(), state: deliveryState, byWord, recipient: z.string().nullable() }))
      .openapi({ description: 'the other axis: whether its message arrived' }),
    version: z.number(),
  })
  .openapi('Referral');

export const quarantined = z
  .object({ document: z.string(), channel: z.string(), reasons: z.array(z.string()), at: time })
  .openapi('Quarantined');

export const hold = z
  .object({
    held: z.boolean().openapi({ description: 'nothing leaves until an administrator resumes' }),
    backup: time.nullable().openapi({ description: 'when the backup was made' }),
    restoredAt: time.nullable(),
  })
  .openapi('Hold');

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number(),
    code: z.string(),
    detail: z.string().optional(),
    fields: z.record(z.string(), z.string()).optional(),
  })
  .openapi('Problem');

export const list = <T extends z.ZodType>(row: T) => z.object({ rows: z.array(row), next: z.string().nullable() });

export type DeliveryLine = z.infer<typeof deliveryLine>;
export type DeliveryView = z.infer<typeof delivery>;
export type DocumentView = z.infer<typeof document>;
export type EventView = z.infer<typeof event>;
export type Explanation = z.infer<typeof explanation>;
export type MessageView = z.infer<typeof message>;
export type Moment = z.infer<typeof moment>;
export type ProblemView = z.infer<typeof problem>;
export type ReferralView = z.infer<typeof referral>;
export type Submitted = z.infer<typeof submitted>;
export type Listed<T> = { readonly rows: readonly T[]; readonly next: string | null };
