import { createRoute, z } from '@hono/zod-openapi';
import type { DeliveryId } from '../../core/message.ts';
import { assurances, type Misdirection, type MisdirectionId } from '../../core/misdirection.ts';
import { own, require } from '../access.ts';
import type { HttpDeps } from '../deps.ts';
import { fileResponse } from '../files.ts';
import { misdirection, type MisdirectionView } from '../number-shapes.ts';
import { cursor, limit, reason } from '../requests.ts';
import { list } from '../shapes.ts';
import { iso } from '../views.ts';
import { answers, json, problems, resource } from './route.ts';

const tags = ['numbers'];

const report = createRoute({
  method: 'post',
  path: '/api/v1/deliveries/{id}/misdirected',
  tags,
  summary: 'Its pages came to the wrong place: kept with what was disclosed, and the number is not dialled again',
  request: {
    params: z.object({ id: z.string() }),
    ...json(
      z.strictObject({
        reporter: z.string().trim().min(1, 'who told it, and how they are reached').max(300),
        assurance: z.enum(assurances),
        reason,
      }),
    ),
  },
  responses: answers(z.object({ id: z.string() }), 'Its name'),
});

const all = createRoute({
  method: 'get',
  path: '/api/v1/misdirections',
  tags,
  summary: 'Pages that came to the wrong place, newest first (45 CFR 164.414)',
  request: { query: z.object({ delivery: z.string().max(40).optional(), cursor, limit }) },
  responses: answers(list(misdirection), 'Misdirections'),
});

const letter = createRoute({
  method: 'get',
  path: '/api/v1/misdirections/{id}/letter.pdf',
  tags,
  summary: 'A draft of the letter to whoever has the pages, or to the patient (45 CFR 164.404)',
  request: { params: z.object({ id: z.string() }), query: z.object({ to: z.enum(['holder', 'patient']) }) },
  responses: {
    200: { description: 'PDF', content: { 'application/pdf': { schema: z.string().openapi({ format: 'binary' }) } } },
    default: problems,
  },
});

export function misdirectionRoutes({ store, actions, now }: HttpDeps) {
  return resource()
    .openapi(report, async (c) => {
      const caller = c.get('caller');
      require(caller, 'decide');
      const { id: delivery } = own(caller, await store.delivery(c.req.valid('param').id as DeliveryId));
      const { who, practices } = caller;
      const { id } = await actions.reportMisdirected({ delivery, who, practices, ...c.req.valid('json') });
      return c.json({ id }, 200);
    })
    .openapi(all, async (c) => {
      const caller = c.get('caller');
      require(caller, 'content');
      const { delivery, ...query } = c.req.valid('query');
      const of = delivery === undefined ? {} : { delivery: delivery as DeliveryId };
      const { rows, next } = await store.misdirections({ ...query, ...of, practices: caller.practices });
      await viewedAll(caller.who, rows);
      return c.json({ rows: rows.map(view), next }, 200);
    })
    .openapi(letter, async (c) => {
      const caller = c.get('caller');
      require(caller, 'content');
      const { who, practices } = caller;
      const { id } = own(caller, await store.misdirection(c.req.valid('param').id as MisdirectionId));
      const { to } = c.req.valid('query');
      const bytes = await actions.drawLetter({ id, to, who, practices });
      const name = `letter-${to}-${id}.pdf`;
      return fileResponse({ name, mediaType: 'application/pdf' }, bytes);
    });

  /** They name patients: each that is shown goes on record. */
  async function viewedAll(who: string, rows: readonly Misdirection[]): Promise<void> {
    if (rows.length === 0) return;
    const at = now();
    await store.commit({
      events: rows.map(({ id, message, delivery }) => {
        return { message, subject: delivery, what: 'misdirection.viewed', who, at, facts: { misdirection: id } };
      }),
    });
  }
}

function view({ endpoint, sentAt, at, disclosed, ...rest }: Misdirection): MisdirectionView {
  const { id, practice, message, delivery, by, reporter, assurance, note } = rest;
  return {
    ...{ id, practice, message, delivery, by, reporter, assurance, note },
    channel: endpoint.channel,
    number: endpoint.address,
    sentAt: iso(sentAt),
    at: iso(at),
    disclosed: { ...disclosed, documents: [...disclosed.documents] },
  };
}
