import { createRoute, z } from '@hono/zod-openapi';
import type { Caller } from '../access.ts';
import type { HttpDeps } from '../deps.ts';
import type { Sessions } from '../sessions.ts';
import { me, type Me } from '../shapes.ts';
import { answers, json, problems, resource } from './route.ts';

const signIn = createRoute({
  method: 'post',
  path: '/api/v1/session',
  tags: ['session'],
  summary: 'Sign in: sets a cookie',
  security: [],
  request: json(z.strictObject({ name: z.string().max(200), password: z.string().max(1000) })),
  responses: answers(me, 'Signed in'),
});

const who = createRoute({
  method: 'get',
  path: '/api/v1/session',
  tags: ['session'],
  summary: 'Who am I, and what may I do?',
  responses: answers(me, 'The caller'),
});

const signOut = createRoute({
  method: 'delete',
  path: '/api/v1/session',
  tags: ['session'],
  summary: 'Sign out',
  responses: { 204: { description: 'Signed out' }, default: problems },
});

/** Signing in needs no session; the rest does. */
export function sessionRoutes(deps: HttpDeps, sessions: Sessions) {
  const view = (caller: Caller): Me => ({
    name: caller.name,
    role: caller.role,
    rights: [...caller.rights],
    practices: deps.practices
      .filter(({ id }) => caller.practices === null || caller.practices.includes(id))
      .map(({ id, name }) => ({ id, name })),
    channels: [...deps.channels.keys()],
  });
  const open = resource().openapi(signIn, async (c) => {
    const { name, password } = c.req.valid('json');
    return c.json(view(await sessions.signIn(c, name, password)), 200);
  });
  const closed = resource()
    .openapi(who, (c) => c.json(view(c.get('caller')), 200))
    .openapi(signOut, async (c) => {
      await sessions.signOut(c);
      return c.body(null, 204);
    });
  return { open, closed };
}
