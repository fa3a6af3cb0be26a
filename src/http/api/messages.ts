import { createRoute, z } from '@hono/zod-openapi';
import type { MessageId } from '../../core/message.ts';
import { may, own, require } from '../access.ts';
import type { HttpDeps } from '../deps.ts';
import { message } from '../shapes.ts';
import { viewed } from '../viewed.ts';
import { messageView } from '../views.ts';
import { answers, resource } from './route.ts';

const one = createRoute({
  method: 'get',
  path: '/api/v1/messages/{id}',
  tags: ['messages'],
  summary: 'The whole story of one message, with its proof',
  request: { params: z.object({ id: z.string() }) },
  responses: answers(message, 'The message'),
});

export function messageRoutes(deps: HttpDeps) {
  return resource().openapi(one, async (c) => {
    const caller = c.get('caller');
    require(caller, 'log');
    const found = own(caller, await deps.store.message(c.req.valid('param').id as MessageId));
    if (may(caller, 'content')) await viewed(deps, caller, found.id, found.id, 'message');
    return c.json(await messageView(deps.store, found, caller, deps.now()), 200);
  });
}
