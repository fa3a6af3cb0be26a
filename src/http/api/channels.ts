import { createRoute, z } from '@hono/zod-openapi';
import type { Channel, Health } from '../../core/channel.ts';
import { require } from '../access.ts';
import type { HttpDeps } from '../deps.ts';
import { channel } from '../shapes.ts';
import { answers, resource } from './route.ts';

const checkWithinMs = 5_000;
/** A check reaches out: asked again sooner, the last answer stands. */
const freshMs = 30_000;

const all = createRoute({
  method: 'get',
  path: '/api/v1/channels',
  tags: ['channels'],
  summary: 'What each channel can do, how it fares, and what is due',
  responses: answers(
    z.object({
      rows: z.array(channel),
      depth: z.record(z.string(), z.number()).openapi({ description: 'work due, by stage' }),
      deadLetters: z.number().openapi({ description: 'work that our own code keeps failing at' }),
    }),
    'Channels',
  ),
});

export function channelRoutes({ store, channels, now }: HttpDeps) {
  const known = new Map<string, { at: number; health: Promise<Health> }>();
  const health = (each: Channel): Promise<Health> => {
    const last = known.get(each.name);
    if (last && now() - last.at < freshMs) return last.health;
    const asked = { at: now(), health: checked(each) };
    known.set(each.name, asked);
    return asked.health;
  };
  return resource().openapi(all, async (c) => {
    require(c.get('caller'), 'log');
    const rows = await Promise.all(
      [...channels.values()].map(async (each) => {
        const state = await health(each);
        const { mediaTypes, maxBytes, proof, cost, width } = each.capabilities;
        return {
          name: each.name,
          capabilities: { mediaTypes: [...mediaTypes], maxBytes, proof, cost, width },
          health: { ok: state.ok, problem: state.ok ? null : state.problem },
        };
      }),
    );
    const deadLetters = await store.deadLetters();
    return c.json({ rows, depth: await store.depth(), deadLetters: deadLetters.length }, 200);
  });
}

/** A check that hangs or breaks is an answer too. */
async function checked(each: Channel): Promise<Health> {
  const signal = AbortSignal.timeout(checkWithinMs);
  const late = new Promise<Health>((resolve) => {
    signal.addEventListener(
      'abort',
      () => {
        resolve({ ok: false, problem: 'no answer in time' });
      },
      { once: true },
    );
  });
  const asked = each.check(signal).catch((): Health => ({ ok: false, problem: 'the check itself failed' }));
  return Promise.race([asked, late]);
}
