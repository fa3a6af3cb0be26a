import { createRoute, z } from '@hono/zod-openapi';
import { NotFound } from '../../errors.ts';
import { require, requireAll, sees, type Caller } from '../access.ts';
import type { HttpDeps } from '../deps.ts';
import { limit } from '../requests.ts';
import { event, list, time } from '../shapes.ts';
import { eventView, iso } from '../views.ts';
import { answers, resource } from './route.ts';

const tags = ['audit'];
const word = z.string().min(1).max(200).optional();

const search = createRoute({
  method: 'get',
  path: '/api/v1/audit',
  tags,
  summary: 'Who saw, exported, changed, decided and sent what; newest first',
  request: {
    query: z.object({
      who: word.openapi({ description: '`user:anna`, `key:ehr`, `portal`, `recipient` or `gateway`' }),
      what: word.openapi({ description: 'for instance `document.viewed`' }),
      subject: word.openapi({ description: 'an id, or `user:anna`' }),
      message: word,
      practice: z.string().max(100).optional(),
      from: time.optional(),
      to: time.optional(),
      cursor: z.coerce.number().int().min(1).optional(),
      limit,
    }),
  },
  responses: answers(list(event), 'Lines of the record'),
});

const checkpoint = z
  .object({ practice: z.string(), size: z.number(), at: time, note: z.string() })
  .openapi('Checkpoint', { description: 'a C2SP signed note; practice empty: of the gateway itself' });

const checkpoints = z.object({
  rows: z.array(checkpoint),
  keys: z.array(z.object({ practice: z.string(), key: z.string() })),
});

const all = createRoute({
  method: 'get',
  path: '/api/v1/audit/checkpoints',
  tags,
  summary: 'Signed checkpoints of the record, oldest first, and the keys to verify them: to be kept outside',
  responses: answers(checkpoints, 'Checkpoints'),
});

const make = createRoute({
  method: 'post',
  path: '/api/v1/audit/checkpoints',
  tags,
  summary: 'Sign the record as it stands now',
  responses: answers(checkpoints, 'One of each practice'),
});

export function auditRoutes({ store: { record }, notary }: HttpDeps) {
  const practicesOf = async (caller: Caller): Promise<string[]> =>
    (await record.chains()).map(({ practice }) => practice).filter((practice) => sees(caller, practice || null));
  const keysOf = (practices: readonly string[]) =>
    practices.map((practice) => ({ practice, key: notary.verifier(practice) }));

  return resource()
    .openapi(search, async (c) => {
      const caller = c.get('caller');
      require(caller, 'audit');
      const { practice, from, to, ...rest } = c.req.valid('query');
      if (practice !== undefined && !sees(caller, practice)) throw new NotFound('not here');
      const { rows, next } = await record.search({
        ...rest,
        practices: practice === undefined ? caller.practices : [practice],
        from: from === undefined ? undefined : Date.parse(from),
        to: to === undefined ? undefined : Date.parse(to),
      });
      return c.json({ rows: rows.map(({ cursor, event }) => eventView(event, cursor, caller)), next }, 200);
    })
    .openapi(all, async (c) => {
      const caller = c.get('caller');
      require(caller, 'audit');
      const practices = await practicesOf(caller);
      const rows = await Promise.all(practices.map((practice) => record.checkpoints(practice)));
      return c.json({ rows: rows.flat().map((row) => ({ ...row, at: iso(row.at) })), keys: keysOf(practices) }, 200);
    })
    .openapi(make, async (c) => {
      const caller = c.get('caller');
      requireAll(caller, 'operate');
      const rows = await notary.coverAll();
      const made = rows.map((row) => ({ ...row, at: iso(row.at) }));
      return c.json({ rows: made, keys: keysOf(rows.map(({ practice }) => practice)) }, 200);
    });
}
