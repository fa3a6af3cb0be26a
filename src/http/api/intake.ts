import { createRoute, z } from '@hono/zod-openapi';
import type { Entry, EntryWord, FieldName } from '../../core/entry.ts';
import type { EntryId } from '../../core/message.ts';
import { answerKinds } from '../../core/referral.ts';
import { own, require, type Caller } from '../access.ts';
import type { HttpDeps } from '../deps.ts';
import { corrections, cursor, limit, reason } from '../requests.ts';
import { entry, entryLine, entryState, fieldName, type EntryLine } from '../intake-shapes.ts';
import { list } from '../shapes.ts';
import { listViews, viewed } from '../viewed.ts';
import { entryLine as lineIn, entryView } from '../intake-views.ts';
import { answers, json, resource } from './route.ts';

const tags = ['intake'];
const params = z.object({ id: z.string() });

const all = createRoute({
  method: 'get',
  path: '/api/v1/intake',
  tags,
  summary: 'The intake queue, newest first',
  request: { query: z.object({ state: entryState.default('waiting'), limit, cursor }) },
  responses: answers(list(entryLine), 'Entries'),
});

const one = createRoute({
  method: 'get',
  path: '/api/v1/intake/{id}',
  tags,
  summary: 'An entry: pages, text, word boxes, and fields with confidence and place',
  request: { params },
  responses: answers(entry, 'The entry'),
});

const accept = createRoute({
  method: 'post',
  path: '/api/v1/intake/{id}/accept',
  tags,
  summary: 'Accept one referral in it (the first that is open), with corrections',
  request: {
    params,
    ...json(z.strictObject({ part: z.number().int().min(0).optional(), corrections: corrections.default({}) })),
  },
  responses: answers(entryLine, 'The entry after it'),
});

const answer = createRoute({
  method: 'post',
  path: '/api/v1/intake/{id}/answer',
  tags,
  summary: 'Say what an answer sheet among its pages means; moves the referral that it is about',
  request: {
    params,
    ...json(
      z.strictObject({
        page: z.int().min(0),
        kind: z.enum(answerKinds),
        date: z.iso.date('a date like 2026-12-04').nullable().default(null),
        reason: reason.nullable().default(null),
      }),
    ),
  },
  responses: answers(entryLine, 'The entry after it'),
});

const ask = createRoute({
  method: 'post',
  path: '/api/v1/intake/{id}/ask',
  tags,
  summary: 'Ask its sender, by the route it came by, for what a referral in it (the first that is open) lacks',
  request: {
    params,
    ...json(
      z.strictObject({
        part: z.int().min(0).optional(),
        fields: z.array(fieldName).min(1).max(20).optional().openapi({ description: 'absent: all of `missing`' }),
      }),
    ),
  },
  responses: answers(entryLine, 'The entry after it'),
});

const reject = createRoute({
  method: 'post',
  path: '/api/v1/intake/{id}/reject',
  tags,
  summary: 'Turn it away',
  request: { params, ...json(z.strictObject({ reason })) },
  responses: answers(entryLine, 'The entry after it'),
});

const undo = createRoute({
  method: 'post',
  path: '/api/v1/intake/{id}/undo',
  tags,
  summary:
    "Take back, within ten seconds, one's own decision (the referral that it made is cancelled) or what one did to the pages",
  request: { params },
  responses: answers(entryLine, 'The entry, waiting again'),
});

export function intakeRoutes(deps: HttpDeps) {
  const { store, actions, needs } = deps;
  const lineOf = (each: Entry): EntryLine => lineIn(each, needs);
  const seen = listViews(deps);
  return resource()
    .openapi(all, async (c) => {
      const caller = c.get('caller');
      require(caller, 'intake');
      const { rows, next } = await store.entries({ ...c.req.valid('query'), practices: caller.practices });
      await seen(caller, 'intake', rows);
      return c.json({ rows: rows.map(lineOf), next }, 200);
    })
    .openapi(one, async (c) => {
      const caller = c.get('caller');
      require(caller, 'intake');
      const found = own(caller, await store.entry(c.req.valid('param').id as EntryId));
      await viewed(deps, caller, found.message, found.id, 'entry');
      return c.json(await entryView(deps, found, caller), 200);
    })
    .openapi(accept, async (c) => {
      const { part, corrections: typed } = c.req.valid('json');
      const given = Object.entries(typed).filter(([, value]) => value !== undefined);
      const corrections = Object.fromEntries(given) as Partial<Record<FieldName, string>>;
      return c.json(
        await decided(c.get('caller'), c.req.valid('param').id, { type: 'accept', part, corrections }),
        200,
      );
    })
    .openapi(answer, async (c) => {
      const word = { type: 'answer' as const, ...c.req.valid('json') };
      return c.json(await decided(c.get('caller'), c.req.valid('param').id, word), 200);
    })
    .openapi(undo, async (c) => {
      const caller = c.get('caller');
      require(caller, 'intake');
      const { id } = own(caller, await store.entry(c.req.valid('param').id as EntryId));
      const { who, practices } = caller;
      return c.json(lineOf(await actions.undoEntry({ id, who, practices })), 200);
    })
    .openapi(ask, async (c) => {
      const caller = c.get('caller');
      require(caller, 'intake');
      const { id } = own(caller, await store.entry(c.req.valid('param').id as EntryId));
      const { who, practices } = caller;
      return c.json(lineOf(await actions.askSender({ id, who, practices, ...c.req.valid('json') })), 200);
    })
    .openapi(reject, async (c) => {
      const { reason } = c.req.valid('json');
      return c.json(await decided(c.get('caller'), c.req.valid('param').id, { type: 'reject', reason }), 200);
    });

  async function decided(caller: Caller, id: string, decision: EntryWord['decision']): Promise<EntryLine> {
    require(caller, 'intake');
    const found = own(caller, await store.entry(id as EntryId));
    const { who, practices } = caller;
    return lineOf(await actions.decideEntry({ id: found.id, who, practices, decision }));
  }
}
