import { createRoute, z } from '@hono/zod-openapi';
import { require } from '../access.ts';
import type { HttpDeps } from '../deps.ts';
import { cursor, limit } from '../requests.ts';
import { list, quarantined } from '../shapes.ts';
import { iso } from '../views.ts';
import { answers, resource } from './route.ts';

const all = createRoute({
  method: 'get',
  path: '/api/v1/quarantine',
  tags: ['quarantine'],
  summary: 'Arrivals that were turned away and kept, newest first',
  request: { query: z.object({ limit, cursor }) },
  responses: answers(list(quarantined), 'What was turned away, and why; the original is the document'),
});

/** What we turned away belongs to no practice: nobody proved whose it is. Callers bound to one see none of it. */
export function quarantineRoutes({ store }: HttpDeps) {
  return resource().openapi(all, async (c) => {
    const caller = c.get('caller');
    require(caller, 'quarantine');
    if (caller.practices !== null) return c.json({ rows: [], next: null }, 200);
    const { cursor = null, limit } = c.req.valid('query');
    const { rows, next } = await store.quarantined(cursor, limit);
    return c.json({ rows: rows.map((row) => ({ ...row, reasons: [...row.reasons], at: iso(row.at) })), next }, 200);
  });
}
