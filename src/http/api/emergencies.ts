import { createRoute, z } from '@hono/zod-openapi';
import { Conflict, Denied, Invalid, NotFound } from '../../errors.ts';
import { newId } from '../../ids.ts';
import type { Emergency } from '../../store/store.ts';
import { may, own, require, sees, type Caller } from '../access.ts';
import type { HttpDeps } from '../deps.ts';
import { emergency as shape } from '../people-shapes.ts';
import { time } from '../shapes.ts';
import { ofPractice } from '../viewed.ts';
import { iso } from '../views.ts';
import { answers, json, problems, resource } from './route.ts';

const tags = ['emergency access'];
const words = z.string().trim().min(10, 'a sentence').max(500);
/** How long content is shown for one reason. */
const lengthMs = 60 * 60_000;

const start = createRoute({
  method: 'post',
  path: '/api/v1/session/emergency',
  tags,
  summary: 'See the content of one practice for an hour; its administrators are told and review it',
  request: json(z.strictObject({ practice: z.string().max(100), reason: words })),
  responses: answers(z.object({ id: z.string(), until: time }), 'It begins now'),
});

const end = createRoute({
  method: 'delete',
  path: '/api/v1/session/emergency',
  tags,
  summary: 'It is over before its time',
  responses: { 204: { description: 'Over' }, default: problems },
});

const all = createRoute({
  method: 'get',
  path: '/api/v1/emergencies',
  tags,
  summary: 'Who had emergency access, why, and what its review said; newest first',
  responses: answers(z.object({ rows: z.array(shape) }), 'Emergency accesses'),
});

const review = createRoute({
  method: 'post',
  path: '/api/v1/emergencies/{id}/review',
  tags,
  summary: 'What somebody else found when he looked at it',
  request: { params: z.object({ id: z.string().max(40) }), ...json(z.strictObject({ finding: words })) },
  responses: answers(shape, 'After the review'),
});

/** 45 CFR 164.312(a)(2)(ii): a way to patient data in an emergency, that nobody takes unnoticed. */
export function emergencyRoutes({ store, practices, now, log }: HttpDeps) {
  const { emergencies } = store.people;
  const event = (
    { who }: Caller,
    { id, practice }: Pick<Emergency, 'id' | 'practice'>,
    what: string,
    note?: string,
  ) => ({
    ...ofPractice(practice),
    subject: id,
    what: `emergency.${what}`,
    who,
    at: now(),
    facts: {},
    ...(note === undefined ? {} : { note }),
  });

  return resource()
    .openapi(start, async (c) => {
      const caller = c.get('caller');
      require(caller, 'emergency');
      const { practice, reason } = c.req.valid('json');
      if (!sees(caller, practice) || !practices.some(({ id }) => id === practice)) throw new NotFound('not here');
      if (may(caller, 'content')) throw new Conflict('you see content already');
      if (caller.session === null) throw new Invalid('only for people');
      const at = now();
      const id = newId('emg', at);
      const until = at + lengthMs;
      const begun = { id, user: caller.name, practice, startedAt: at, until, reason, review: null };
      await emergencies.start(begun, caller.session, event(caller, begun, 'started', reason));
      log.warn('emergency.started', { practice });
      return c.json({ id, until: iso(until) }, 200);
    })
    .openapi(end, async (c) => {
      const caller = c.get('caller');
      if (caller.session === null || !caller.emergency) throw new Conflict('there is none');
      await emergencies.end(caller.session, event(caller, caller.emergency, 'ended'));
      return c.body(null, 204);
    })
    .openapi(all, async (c) => {
      const caller = c.get('caller');
      require(caller, 'people');
      return c.json({ rows: (await emergencies.list(caller.practices)).map(view) }, 200);
    })
    .openapi(review, async (c) => {
      const caller = c.get('caller');
      require(caller, 'people');
      const found = own(caller, await emergencies.byId(c.req.valid('param').id));
      // Whoever holds a key need not be somebody else.
      if (caller.session === null) throw new Invalid('only for people');
      if (caller.who === `user:${found.user}`) throw new Denied('Somebody else must review what you saw.');
      const { finding } = c.req.valid('json');
      const reviewed = { ...found, review: { at: now(), by: caller.who, finding } };
      await emergencies.review(reviewed, event(caller, found, 'reviewed', finding));
      return c.json(view(reviewed), 200);
    });
}

const view = ({ id, user, practice, startedAt, until, reason, review }: Emergency) => ({
  id,
  user,
  practice,
  startedAt: iso(startedAt),
  until: iso(until),
  reason,
  review: review && { ...review, at: iso(review.at) },
});
