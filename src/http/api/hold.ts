import { createRoute, z } from '@hono/zod-openapi';
import { require, requireAll } from '../access.ts';
import type { HttpDeps } from '../deps.ts';
import { reason } from '../requests.ts';
import { hold } from '../shapes.ts';
import { iso } from '../views.ts';
import { answers, json, resource } from './route.ts';

const tags = ['gateway'];

const show = createRoute({
  method: 'get',
  path: '/api/v1/hold',
  tags,
  summary: 'Was it restored from a backup, and does nothing leave yet?',
  responses: answers(hold, 'The hold'),
});

const resume = createRoute({
  method: 'post',
  path: '/api/v1/resume',
  tags,
  summary: 'After a restore: let things leave again; the reason is kept',
  request: json(z.strictObject({ reason })),
  responses: answers(hold, 'The hold after it'),
});

export function holdRoutes({ store, actions }: HttpDeps) {
  return resource()
    .openapi(show, async (c) => {
      require(c.get('caller'), 'log');
      const found = await store.held();
      const since = found ? { backup: iso(found.mark), restoredAt: iso(found.at) } : { backup: null, restoredAt: null };
      return c.json({ held: found !== null, ...since }, 200);
    })
    .openapi(resume, async (c) => {
      const caller = c.get('caller');
      requireAll(caller, 'operate');
      await actions.resume({ who: caller.who, reason: c.req.valid('json').reason });
      return c.json({ held: false, backup: null, restoredAt: null }, 200);
    });
}
