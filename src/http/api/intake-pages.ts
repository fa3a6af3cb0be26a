import { createRoute, z } from '@hono/zod-openapi';
import type { Arrangement } from '../../core/arrange.ts';
import type { EntryId } from '../../core/message.ts';
import { own, require, type Caller } from '../access.ts';
import type { HttpDeps } from '../deps.ts';
import { entry, type EntryView } from '../intake-shapes.ts';
import { entryView } from '../intake-views.ts';
import { answers, json, resource } from './route.ts';

const tags = ['intake'];
const params = z.object({ id: z.string() });
const version = z.int().min(1).openapi({ description: 'of the entry as it was seen; 409 when it has changed since' });
const pages = z.array(z.int().min(0)).min(1).max(10_000).openapi({ description: 'indexes into the pages, from 0' });
const part = z.int().min(0);

const assign = createRoute({
  method: 'post',
  path: '/api/v1/intake/{id}/assign',
  tags,
  summary: 'Put pages with a referral of this entry or of another one, with a new one, or (null) with none',
  request: {
    params,
    ...json(
      z.strictObject({
        version,
        pages,
        part: z.union([part, z.literal('new')]).nullable(),
        entry: z.string().optional().openapi({ description: 'another entry; the pages go behind its own' }),
      }),
    ),
  },
  responses: answers(entry, 'The entry after it'),
});

const split = createRoute({
  method: 'post',
  path: '/api/v1/intake/{id}/split',
  tags,
  summary: 'These pages are a referral of their own',
  request: { params, ...json(z.strictObject({ version, pages })) },
  responses: answers(entry, 'The entry after it'),
});

const merge = createRoute({
  method: 'post',
  path: '/api/v1/intake/{id}/merge',
  tags,
  summary: 'These referrals are one: the first takes the pages of the others',
  request: { params, ...json(z.strictObject({ version, parts: z.array(part).min(2).max(1_000) })) },
  responses: answers(entry, 'The entry after it'),
});

const turn = createRoute({
  method: 'post',
  path: '/api/v1/intake/{id}/turn',
  tags,
  summary: 'Turn pages clockwise and read scans again that way up (some seconds a page); the image stays as it came',
  request: {
    params,
    ...json(z.strictObject({ version, pages, turn: z.union([z.literal(90), z.literal(180), z.literal(270)]) })),
  },
  responses: answers(entry, 'The entry after it'),
});

const order = createRoute({
  method: 'post',
  path: '/api/v1/intake/{id}/order',
  tags,
  summary: 'Lay the pages in this order: every page, once',
  request: { params, ...json(z.strictObject({ version, pages })) },
  responses: answers(entry, 'The entry after it'),
});

/** What people do to the pages of an entry. Each can be taken back for ten seconds (`/undo`). */
export function intakePageRoutes(deps: HttpDeps) {
  const { store, actions } = deps;
  return resource()
    .openapi(assign, async (c) => {
      const { version, entry, ...rest } = c.req.valid('json');
      const arrangement = { type: 'assign' as const, ...rest, entry: entry as EntryId | undefined };
      return c.json(await arranged(c.get('caller'), c.req.valid('param').id, version, arrangement), 200);
    })
    .openapi(split, async (c) => {
      const { version, pages } = c.req.valid('json');
      const arrangement = { type: 'assign' as const, pages, part: 'new' as const };
      return c.json(await arranged(c.get('caller'), c.req.valid('param').id, version, arrangement), 200);
    })
    .openapi(merge, async (c) => {
      const { version, parts } = c.req.valid('json');
      return c.json(await arranged(c.get('caller'), c.req.valid('param').id, version, { type: 'merge', parts }), 200);
    })
    .openapi(turn, async (c) => {
      const { version, ...rest } = c.req.valid('json');
      return c.json(await arranged(c.get('caller'), c.req.valid('param').id, version, { type: 'turn', ...rest }), 200);
    })
    .openapi(order, async (c) => {
      const { version, pages } = c.req.valid('json');
      return c.json(await arranged(c.get('caller'), c.req.valid('param').id, version, { type: 'order', pages }), 200);
    });

  async function arranged(caller: Caller, id: string, version: number, arrangement: Arrangement): Promise<EntryView> {
    require(caller, 'intake');
    const found = own(caller, await store.entry(id as EntryId));
    const { who, practices } = caller;
    const after = await actions.arrangeEntry({ id: found.id, who, practices, version, arrangement });
    return entryView(deps, after, caller);
  }
}
