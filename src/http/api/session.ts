import { createRoute, z } from '@hono/zod-openapi';
import { NotFound } from '../../errors.ts';
import type { Session } from '../../store/store.ts';
import { may, sees, type Caller } from '../access.ts';
import type { HttpDeps } from '../deps.ts';
import type { Limits, Sessions } from '../sessions.ts';
import { me, sessionLimits, type Me } from '../people-shapes.ts';
import { time } from '../shapes.ts';
import { ofPractice } from '../viewed.ts';
import { iso } from '../views.ts';
import { answers, json, problems, resource } from './route.ts';

const tags = ['session'];
const password = z.string().max(1000);

const who = createRoute({
  method: 'get',
  path: '/api/v1/session',
  tags,
  summary: 'Who am I, and what may I do?',
  responses: answers(me, 'The caller'),
});

const signOut = createRoute({
  method: 'delete',
  path: '/api/v1/session',
  tags,
  summary: 'Sign out',
  responses: { 204: { description: 'Signed out' }, default: problems },
});

const extend = createRoute({
  method: 'post',
  path: '/api/v1/session/extend',
  tags,
  summary: 'Somebody is there: the idle time begins anew',
  responses: answers(sessionLimits, 'When it ends now'),
});

const change = createRoute({
  method: 'post',
  path: '/api/v1/session/password',
  tags,
  summary: "Change one's own password; one's other sessions end",
  request: json(z.strictObject({ current: password, next: password })),
  responses: { 204: { description: 'Changed' }, default: problems },
});

const row = z
  .object({ id: z.string(), user: z.string(), startedAt: time, seenAt: time, own: z.boolean() })
  .openapi('Session', { description: '`own`: the one that asks' });

const all = createRoute({
  method: 'get',
  path: '/api/v1/sessions',
  tags,
  summary: "One's own sessions; of whoever manages people, those of theirs too",
  responses: answers(z.object({ rows: z.array(row) }), 'Sessions'),
});

const end = createRoute({
  method: 'delete',
  path: '/api/v1/sessions/{id}',
  tags,
  summary: 'Sign somebody out, at once',
  request: { params: z.object({ id: z.string().max(40) }) },
  responses: { 204: { description: 'Ended' }, default: problems },
});

/** Who is asking, as the console is told. */
export const meView =
  (deps: HttpDeps, sessions: Sessions) =>
  async (caller: Caller): Promise<Me> => {
    const limits = await sessions.limitsOf(caller);
    return {
      name: caller.name,
      role: caller.role,
      rights: [...caller.rights],
      practices: deps.practices.filter(({ id }) => sees(caller, id)).map(({ id, name }) => ({ id, name })),
      everywhere: caller.practices === null,
      channels: [...deps.channels.keys()],
      deadlines: {
        routine: deps.deadlines.routine / 1000,
        urgent: deps.deadlines.urgent / 1000,
        stat: deps.deadlines.stat / 1000,
      },
      session: limits && limitsView(limits, deps.now()),
      needsFactor: caller.needsFactor,
      emergency: caller.emergency && { practice: caller.emergency.practice, until: iso(caller.emergency.until) },
    };
  };

/** For whoever is signed in. */
export function sessionRoutes(deps: HttpDeps, sessions: Sessions) {
  const view = meView(deps, sessions);
  return resource()
    .openapi(who, async (c) => c.json(await view(c.get('caller')), 200))
    .openapi(signOut, async (c) => {
      await sessions.signOut(c);
      return c.body(null, 204);
    })
    .openapi(extend, async (c) => c.json(limitsView(await sessions.extend(c.get('caller')), deps.now()), 200))
    .openapi(change, async (c) => {
      const { current, next } = c.req.valid('json');
      await sessions.changePassword(c.get('caller'), current, next);
      return c.body(null, 204);
    })
    .openapi(all, async (c) => {
      const caller = c.get('caller');
      const rows = (await visible(deps, caller)).map(({ session }) => ({
        id: idOf(session),
        user: session.user,
        startedAt: iso(session.startedAt),
        seenAt: iso(session.seenAt),
        own: session.hash === caller.session,
      }));
      return c.json({ rows }, 200);
    })
    .openapi(end, async (c) => {
      const caller = c.get('caller');
      const { id } = c.req.valid('param');
      const found = (await visible(deps, caller)).find(({ session }) => idOf(session) === id);
      if (!found) throw new NotFound('not here');
      const subject = `user:${found.session.user}`;
      const about = { subject, what: 'session.ended', who: caller.who, at: deps.now(), facts: {} };
      await deps.store.people.endSession(found.session.hash, { ...ofPractice(found.practice), ...about });
      return c.body(null, 204);
    });
}

/** The caller's own sessions, and those of people that he manages. */
async function visible({ store: { people } }: HttpDeps, caller: Caller) {
  const users = new Map((await people.users()).map((user) => [user.name, user]));
  return (await people.sessions()).flatMap((session) => {
    const practice = users.get(session.user)?.practice ?? null;
    const own = caller.who === `user:${session.user}`;
    return own || (may(caller, 'people') && sees(caller, practice)) ? [{ session, practice }] : [];
  });
}

/** The start of its hash: tells nothing of its token. */
const idOf = ({ hash }: Session): string => `ses_${hash.slice(0, 16)}`;

const limitsView = ({ idleUntil, endsAt }: Limits, at: number) => ({
  at: iso(at),
  idleUntil: iso(idleUntil),
  endsAt: iso(endsAt),
});
