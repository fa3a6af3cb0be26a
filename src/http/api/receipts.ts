import { createRoute, z } from '@hono/zod-openapi';
import { issueReceipt } from '../../audit/receipt.ts';
import type { DeliveryId } from '../../core/message.ts';
import { may, own, require } from '../access.ts';
import type { HttpDeps } from '../deps.ts';
import { time } from '../shapes.ts';
import { answers, resource } from './route.ts';

const sha256 = z.string();

const receipt = z
  .object({
    statement: z.object({
      format: z.literal('loopgate-receipt/1'),
      practice: z.string(),
      delivery: z.string(),
      message: z.string(),
      receivedAt: time,
      deliveredAt: time,
      provenBy: z.enum(['receipt', 'acceptance', 'word']),
      recipient: z.string().nullable(),
      documents: z.array(z.object({ id: z.string(), sha256, bytes: z.number() })).readonly(),
      attempts: z
        .array(
          z.object({
            id: z.string(),
            channel: z.string(),
            address: z.string(),
            openedAt: time,
            outcome: z.string().nullable(),
            proven: z.boolean(),
          }),
        )
        .readonly(),
      evidence: z.array(z.object({ kind: z.string(), at: time, sha256: sha256.nullable() })).readonly(),
    }),
    signature: z.string(),
    lines: z.array(z.object({ place: z.number(), text: z.string(), proof: z.array(z.string()).readonly() })).readonly(),
    checkpoint: z.string(),
    key: z.string(),
    evidence: z
      .array(z.object({ sha256, bytes: z.string() }))
      .readonly()
      .openapi({ description: 'the proofs, base64; for those who may see content' }),
  })
  .openapi('DeliveryReceipt');

const one = createRoute({
  method: 'get',
  path: '/api/v1/deliveries/{id}/receipt',
  tags: ['deliveries'],
  summary: 'A receipt of a delivery that anybody can verify off-line (docs/audit.md)',
  request: { params: z.object({ id: z.string() }) },
  responses: answers(receipt, 'The receipt'),
});

export function receiptRoutes(deps: HttpDeps) {
  const { store, now } = deps;
  return resource().openapi(one, async (c) => {
    const caller = c.get('caller');
    require(caller, 'log');
    const { id, message } = own(caller, await store.delivery(c.req.valid('param').id as DeliveryId));
    const issued = await issueReceipt(deps, id, may(caller, 'content'));
    const { who } = caller;
    await store.commit({ events: [{ message, subject: id, what: 'receipt.issued', who, at: now(), facts: {} }] });
    c.header('content-disposition', `attachment; filename="receipt-${id}.json"`);
    return c.json(issued, 200);
  });
}
