import { createRoute, z } from '@hono/zod-openapi';
import type { DeliveryId } from '../../core/message.ts';
import { own, require } from '../access.ts';
import type { HttpDeps } from '../deps.ts';
import { reason } from '../requests.ts';
import { delivery } from '../shapes.ts';
import { accountOf, deliveryView } from '../views.ts';
import { answers, json, resource } from './route.ts';

const revoke = createRoute({
  method: 'post',
  path: '/api/v1/deliveries/{id}/link/revoke',
  tags: ['deliveries'],
  summary: 'Take the portal link back: it opens nothing any more; the reason is kept',
  request: { params: z.object({ id: z.string() }), ...json(z.strictObject({ reason })) },
  responses: answers(delivery, 'The delivery after it'),
});

export function linkRoutes({ store, actions, now }: HttpDeps) {
  return resource().openapi(revoke, async (c) => {
    const caller = c.get('caller');
    require(caller, 'decide');
    const { id } = own(caller, await store.delivery(c.req.valid('param').id as DeliveryId));
    const { who, practices } = caller;
    await actions.revokeLink({ delivery: id, who, practices, reason: c.req.valid('json').reason });
    return c.json(deliveryView(await accountOf(store, await store.delivery(id), now()), caller, now()), 200);
  });
}
