import { createRoute, z } from '@hono/zod-openapi';
import { ConfigError, Invalid } from '../../errors.ts';
import { requireAll } from '../access.ts';
import type { HttpDeps } from '../deps.ts';
import { answers, resource } from './route.ts';

const reload = createRoute({
  method: 'post',
  path: '/api/v1/reload',
  tags: ['gateway'],
  summary: 'Read the settings again; when anything in them is wrong, the old ones stay in force',
  responses: answers(
    z.object({
      changed: z.array(z.string()).openapi({ description: 'settings in force now' }),
      restart: z.array(z.string()).openapi({ description: 'settings that changed and wait for a restart' }),
    }),
    'What became of them, in the process that answers',
  ),
});

export function reloadRoutes({ actions }: HttpDeps) {
  return resource().openapi(reload, async (c) => {
    const caller = c.get('caller');
    requireAll(caller, 'operate');
    const { changed, restart } = await actions.reload(caller.who).catch((cause: unknown) => {
      if (!(cause instanceof ConfigError)) throw cause;
      throw new Invalid('The settings cannot be used; the old ones stay in force.', fieldsOf(cause.problems));
    });
    return c.json({ changed: [...changed], restart: [...restart] }, 200);
  });
}

/** `path: what is wrong with it` */
const fieldsOf = (problems: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    problems.map((problem) => {
      const [path = '', ...rest] = problem.split(': ');
      return [path, rest.join(': ')];
    }),
  );
