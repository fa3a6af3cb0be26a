import { createRoute } from '@hono/zod-openapi';
import type { Channel, Health } from '../../core/channel.ts';
import { channelOf, type Closing } from '../../core/lane.ts';
import { require } from '../access.ts';
import type { HttpDeps } from '../deps.ts';
import { channels } from '../channel-shapes.ts';
import { iso } from '../views.ts';
import { answers, resource } from './route.ts';

const checkWithinMs = 5_000;
/** A check reaches out: asked again sooner, the last answer stands. */
const freshMs = 30_000;

const all = createRoute({
  method: 'get',
  path: '/api/v1/channels',
  tags: ['channels'],
  summary: 'What each channel can do, how it fares, and what is due',
  responses: answers(channels, 'Channels'),
});

export function channelRoutes({ store, channels: open, now }: HttpDeps) {
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
    const circuits = (await store.closings()).flatMap((each) => circuitView(each, now()));
    const rows = await Promise.all(
      [...open.values()].map(async (each) => {
        const state = await health(each);
        const { mediaTypes, maxBytes, proof, cost, width, perLane } = each.capabilities;
        return {
          name: each.name,
          capabilities: {
            mediaTypes: [...mediaTypes],
            maxBytes,
            proof,
            cost,
            width,
            perLane: { width, perMinute: null, ...perLane },
          },
          circuits: circuits.filter(({ lane }) => channelOf(lane) === each.name),
          health: { ok: state.ok, problem: state.ok ? null : state.problem },
        };
      }),
    );
    const deadLetters = await store.deadLetters();
    return c.json({ rows, depth: await store.depth(), deadLetters: deadLetters.length }, 200);
  });
}

/** After its time has come a circuit is half-open: its next routine item tells. One that nobody probed for so long has
 *  no traffic, and says nothing of today. A rate is no circuit once it has room again. */
const staleMs = 10 * 60_000;

function circuitView({ lane, why, since, until }: Closing, at: number) {
  const isOpen = until > at;
  if (!isOpen && (why === 'rate' || until + staleMs < at)) return [];
  const state = isOpen ? ('open' as const) : ('half-open' as const);
  return [{ lane, state, why, since: iso(since), until: iso(until) }];
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
