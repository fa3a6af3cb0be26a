import { createRoute, z } from '@hono/zod-openapi';
import { require, requireAll, type Caller } from '../access.ts';
import type { DeadLetterWord } from '../actions.ts';
import { deadLetters } from '../dead-letter-shapes.ts';
import type { HttpDeps } from '../deps.ts';
import { reason } from '../requests.ts';
import { iso } from '../views.ts';
import { answers, json, resource } from './route.ts';

const tags = ['worklist'];
const params = z.object({ stage: z.string().max(20), subject: z.string().max(40) });

const all = createRoute({
  method: 'get',
  path: '/api/v1/dead-letters',
  tags,
  summary: 'Work that our own code gave up on, oldest first. No patient data',
  responses: answers(deadLetters, 'What was given up, why, and what a person let lie'),
});

const retry = createRoute({
  method: 'post',
  path: '/api/v1/dead-letters/{stage}/{subject}/retry',
  tags,
  summary: 'Try it again from the beginning; the reason is kept',
  request: { params, ...json(z.strictObject({ reason })) },
  responses: answers(deadLetters, 'What is given up after it'),
});

const setAside = createRoute({
  method: 'post',
  path: '/api/v1/dead-letters/{stage}/{subject}/set-aside',
  tags,
  summary: 'Let it lie: it counts no more, and can still be tried again; the reason is kept',
  request: { params, ...json(z.strictObject({ reason })) },
  responses: answers(deadLetters, 'What is given up after it'),
});

/** A fault of the gateway concerns all of its practices: callers bound to one see none. */
export function deadLetterRoutes({ actions }: HttpDeps) {
  const view = async ({ practices }: Caller) => {
    const rows = practices === null ? await actions.listDeadLetters() : [];
    return {
      rows: rows.map(({ stage, subject, message, dueAt, claims, failure, asideAt }) => ({
        stage,
        subject,
        message,
        since: iso(dueAt),
        tries: claims,
        failure,
        asideAt: asideAt === null ? null : iso(asideAt),
      })),
    };
  };
  const decide = async (caller: Caller, word: Omit<DeadLetterWord, 'who'>) => {
    requireAll(caller, 'decide');
    await actions.decideDeadLetter({ ...word, who: caller.who });
    return view(caller);
  };
  return resource()
    .openapi(all, async (c) => {
      require(c.get('caller'), 'log');
      return c.json(await view(c.get('caller')), 200);
    })
    .openapi(retry, async (c) => {
      const word = { ...c.req.valid('param'), ...c.req.valid('json'), word: 'retry' as const };
      return c.json(await decide(c.get('caller'), word), 200);
    })
    .openapi(setAside, async (c) => {
      const word = { ...c.req.valid('param'), ...c.req.valid('json'), word: 'aside' as const };
      return c.json(await decide(c.get('caller'), word), 200);
    });
}
