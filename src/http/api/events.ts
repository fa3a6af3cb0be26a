import { createRoute, z } from '@hono/zod-openapi';
import { streamSSE, type SSEStreamingApi } from 'hono/streaming';
import { doorbell } from '../../core/doorbell.ts';
import { require, type Caller } from '../access.ts';
import type { HttpDeps } from '../deps.ts';
import { limit } from '../requests.ts';
import type { Sessions } from '../sessions.ts';
import { event } from '../shapes.ts';
import { eventView } from '../views.ts';
import { answers, problems, resource } from './route.ts';

const after = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional();
/** What another process committed, or this one while others were still at it, is seen so late at most. */
const beatMs = 1_000;
const heartbeat = 15;
const batch = 200;

const record = createRoute({
  method: 'get',
  path: '/api/v1/events',
  tags: ['events'],
  summary: 'The record, oldest first',
  request: { query: z.object({ after, limit }) },
  responses: answers(z.object({ rows: z.array(event), next: z.number().nullable() }), 'Events'),
});

const stream = createRoute({
  method: 'get',
  path: '/api/v1/events/stream',
  tags: ['events'],
  summary: 'The record, live. Resumes after `Last-Event-ID`; without it, starts now',
  request: { query: z.object({ after }), headers: z.object({ 'last-event-id': after }) },
  responses: {
    200: { description: 'Server-sent events', content: { 'text/event-stream': { schema: z.string() } } },
    default: problems,
  },
});

export function eventRoutes(deps: HttpDeps, sessions: Sessions) {
  const { store } = deps;
  return resource()
    .openapi(record, async (c) => {
      const caller = c.get('caller');
      require(caller, 'log');
      const { after = 0, limit } = c.req.valid('query');
      const found = await store.eventsAfter(after, limit, caller.practices);
      const last = found.at(-1)?.cursor;
      return c.json(
        {
          rows: found.map(({ cursor, event }) => eventView(event, cursor, caller)),
          next: found.length === limit && last !== undefined ? last : null,
        },
        200,
      );
    })
    .openapi(stream, async (c) => {
      const caller = c.get('caller');
      require(caller, 'log');
      const asked = c.req.valid('header')['last-event-id'] ?? c.req.valid('query').after;
      const start = asked ?? (await store.lastEvent());
      return streamSSE(c, (out) => follow(deps, sessions, caller, start, out));
    });
}

/** Write what is committed until the reader goes or its session ends. A sign of life comes every 15 s. */
async function follow(
  { store }: HttpDeps,
  { stillIn }: Sessions,
  caller: Caller,
  start: number,
  out: SSEStreamingApi,
): Promise<void> {
  const bell = doorbell();
  const silence = store.onCommit(bell.ring);
  const beat = setInterval(bell.ring, beatMs);
  out.onAbort(bell.ring);
  let cursor = start;
  let silent = 0;
  try {
    await out.writeln(': live');
    while (!out.aborted && (await stillIn(caller))) {
      const found = await store.eventsAfter(cursor, batch, caller.practices);
      for (const { cursor, event } of found) {
        await out.writeSSE({ id: String(cursor), data: JSON.stringify(eventView(event, cursor, caller)) });
      }
      cursor = found.at(-1)?.cursor ?? cursor;
      silent = found.length === 0 ? silent + 1 : 0;
      if (silent % heartbeat === heartbeat - 1) await out.writeln(': still here');
      if (found.length < batch) await bell.rung();
    }
  } finally {
    clearInterval(beat);
    silence();
  }
}
