import { createRoute, z } from '@hono/zod-openapi';
import { stream } from 'hono/streaming';
import { may, require } from '../access.ts';
import { csvHead, csvLine } from '../csv.ts';
import type { HttpDeps } from '../deps.ts';
import { logFilter, logQuery, seeksNames } from '../log-query.ts';
import { cursor, limit } from '../requests.ts';
import { deliveryLine, list } from '../shapes.ts';
import { deliveryLine as lineOf } from '../views.ts';
import { answers, json, problems, resource } from './route.ts';

const tags = ['deliveries'];
const maxExported = 100_000;
const batch = 1_000;

const log = createRoute({
  method: 'get',
  path: '/api/v1/deliveries',
  tags,
  summary: 'The delivery log, newest first. No patient data',
  request: { query: logFilter.extend({ limit, cursor }) },
  responses: answers(list(deliveryLine), 'Deliveries'),
});

const searched = createRoute({
  method: 'post',
  path: '/api/v1/deliveries/search',
  tags,
  summary: "The same, asked in a body: the only way to search by a patient's name, which belongs in no address",
  request: json(logFilter.extend({ limit, cursor })),
  responses: answers(list(deliveryLine), 'Deliveries'),
});

const exported = createRoute({
  method: 'get',
  path: '/api/v1/deliveries.csv',
  tags,
  summary: 'The same as a table for a spreadsheet, 100,000 lines at most. Times carry their offset',
  request: { query: logFilter },
  responses: {
    200: { description: 'CSV', content: { 'text/csv': { schema: z.string() } } },
    default: problems,
  },
});

const columns = [
  'id',
  'message',
  'practice',
  'direction',
  'recipient',
  'state',
  'inDoubt',
  'byWord',
  'channel',
  'address',
  'tries',
  'urgency',
  'receivedAt',
  'deadline',
  'since',
] as const;

export function logRoutes({ store, now }: HttpDeps) {
  return resource()
    .openapi(log, async (c) => {
      const caller = c.get('caller');
      require(caller, 'log');
      const { limit, cursor, ...filter } = c.req.valid('query');
      const { rows, next } = await store.deliveries({ ...logQuery(filter, caller, now()), limit, cursor });
      return c.json({ rows: rows.map(lineOf), next }, 200);
    })
    .openapi(searched, async (c) => {
      const caller = c.get('caller');
      require(caller, 'log');
      const { limit, cursor, ...filter } = c.req.valid('json');
      const query = logQuery(filter, caller, now(), may(caller, 'content'));
      const { rows, next } = await store.deliveries({ ...query, limit, cursor });
      if (seeksNames(query)) await noted(caller.who, 'deliveries.searched', rows.length);
      return c.json({ rows: rows.map(lineOf), next }, 200);
    })
    .openapi(exported, async (c) => {
      const caller = c.get('caller');
      require(caller, 'log');
      const query = logQuery(c.req.valid('query'), caller, now());
      await noted(caller.who, 'deliveries.exported', null);
      c.header('content-type', 'text/csv; charset=utf-8');
      c.header('content-disposition', 'attachment; filename="deliveries.csv"');
      return stream(c, async (out) => {
        await out.write(csvHead(columns));
        let cursor: string | undefined;
        for (let left = maxExported; left > 0 && !out.aborted; left -= batch) {
          const { rows, next } = await store.deliveries({ ...query, limit: batch, cursor });
          const lines = rows.map(lineOf).map((line) => csvLine(columns.map((name) => line[name])));
          await out.write(lines.join(''));
          if (next === null) return;
          cursor = next;
        }
      });
    });

  function noted(who: string, what: string, rows: number | null): Promise<void> {
    const facts = rows === null ? {} : { rows };
    return store.commit({ events: [{ message: null, subject: who, what, who, at: now(), facts }] });
  }
}
