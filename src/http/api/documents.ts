import { createRoute, z } from '@hono/zod-openapi';
import type { DocumentId } from '../../core/message.ts';
import { Conflict } from '../../errors.ts';
import { own, require, type Caller } from '../access.ts';
import type { HttpDeps } from '../deps.ts';
import { fileResponse, imageResponse, viewResponse } from '../files.ts';
import { viewed } from '../viewed.ts';
import { problems, resource } from './route.ts';

const tags = ['documents'];
const binary = z.string().openapi({ format: 'binary' });

const whole = createRoute({
  method: 'get',
  path: '/api/v1/documents/{id}',
  tags,
  summary: 'The file, for saving',
  request: { params: z.object({ id: z.string() }) },
  responses: {
    200: { description: 'The bytes', content: { 'application/octet-stream': { schema: binary } } },
    default: problems,
  },
});

const page = createRoute({
  method: 'get',
  path: '/api/v1/documents/{id}/pages/{page}',
  tags,
  summary: 'A page as an image, `1.png` first',
  request: {
    params: z.object({ id: z.string(), page: z.string().regex(/^[1-9]\d{0,5}\.png$/, 'like 1.png') }),
    query: z.object({ for: z.enum(['screen', 'print']).default('screen').openapi({ description: 'goes on record' }) }),
  },
  responses: { 200: { description: 'PNG', content: { 'image/png': { schema: binary } } }, default: problems },
});

const view = createRoute({
  method: 'get',
  path: '/api/v1/documents/{id}/view',
  tags,
  summary: 'A clinical document (C-CDA) as a page to read',
  request: { params: z.object({ id: z.string() }) },
  responses: { 200: { description: 'HTML', content: { 'text/html': { schema: z.string() } } }, default: problems },
});

export function documentRoutes(deps: HttpDeps) {
  const { store } = deps;
  return resource()
    .openapi(whole, async (c) => {
      const caller = c.get('caller');
      require(caller, 'content');
      const { document, message } = await owned(caller, c.req.valid('param').id);
      const bytes = await store.document(document.id);
      await viewed(deps, caller, message, document.id, 'document', {}, 'exported');
      return fileResponse(document, bytes);
    })
    .openapi(view, async (c) => {
      const caller = c.get('caller');
      require(caller, 'content');
      const { document, message } = await owned(caller, c.req.valid('param').id);
      const made = await deps.view(document, await store.document(document.id));
      if (made === null) throw new Conflict('this document is read by its pages');
      if ('problem' in made) throw new Conflict(made.problem);
      await viewed(deps, caller, message, document.id, 'document');
      return viewResponse(made);
    })
    .openapi(page, async (c) => {
      const caller = c.get('caller');
      require(caller, 'content');
      const { id, page } = c.req.valid('param');
      const { document, message } = await owned(caller, id);
      const number = Number.parseInt(page, 10);
      const png = await store.pageImage(document.id, number);
      const how = c.req.valid('query').for === 'print' ? 'printed' : 'viewed';
      await viewed(deps, caller, message, document.id, 'page', { page: number }, how);
      return imageResponse(png);
    });
  async function owned(caller: Caller, id: string) {
    const info = own(caller, await store.documentInfo(id as DocumentId));
    if (info.practice === null) require(caller, 'quarantine');
    return info;
  }
}
