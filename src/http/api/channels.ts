import { createRoute, z } from '@hono/zod-openapi';
import type { Channel, Health } from '../../core/channel.ts';
import { channelOf, laneOf, type Closing } from '../../core/lane.ts';
import { isOn, type Pause } from '../../core/pause.ts';
import { Invalid, NotFound } from '../../errors.ts';
import { require, requireAll } from '../access.ts';
import type { HttpDeps } from '../deps.ts';
import { channels, type ChannelsView } from '../channel-shapes.ts';
import { reason } from '../requests.ts';
import { iso } from '../views.ts';
import { answers, json, resource } from './route.ts';

const place = z
  .string()
  .max(300)
  .regex(/^[^\s\p{Cc}]+(?: [^\s\p{Cc}]+)?$/u);

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

const pause = createRoute({
  method: 'post',
  path: '/api/v1/channels/{place}/pause',
  tags: ['channels'],
  summary:
    'Pause a channel ("efax") or one lane of it ("efax main") until then; it resumes by itself; the reason is kept',
  request: {
    params: z.object({ place }),
    ...json(z.strictObject({ reason, until: z.iso.datetime({ offset: true }) })),
  },
  responses: answers(channels, 'Channels after it'),
});

const far = createRoute({
  method: 'get',
  path: '/api/v1/channels/{place}/lane',
  tags: ['channels'],
  summary: 'The lane that an address, or a domain, of a channel lies in: what to name to pause it',
  request: { params: z.object({ place }), query: z.object({ of: z.string().trim().min(1).max(320) }) },
  responses: answers(z.object({ place: z.string() }), 'The lane, with the name of its channel'),
});

const resume = createRoute({
  method: 'post',
  path: '/api/v1/channels/{place}/resume',
  tags: ['channels'],
  summary: 'Let a paused channel or lane send again now; the reason is kept',
  request: { params: z.object({ place }), ...json(z.strictObject({ reason })) },
  responses: answers(channels, 'Channels after it'),
});

export function channelRoutes({ store, actions, practices, channels: open, now }: HttpDeps) {
  const known = new Map<string, { at: number; health: Promise<Health> }>();
  const health = (each: Channel): Promise<Health> => {
    const last = known.get(each.name);
    if (last && now() - last.at < freshMs) return last.health;
    const asked = { at: now(), health: checked(each) };
    known.set(each.name, asked);
    return asked.health;
  };
  const view = async (): Promise<ChannelsView> => {
    const pauses = (await store.pauses()).filter((each) => isOn(each, now()));
    const circuits = (await store.closings()).flatMap((each) => circuitView(each, now()));
    const rows = await Promise.all(
      [...open.values()].map(async (each) => {
        const state = await health(each);
        const { mediaTypes, maxBytes, proof, cost, width, perLane, farHosts = false } = each.capabilities;
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
          ways: waysOf(each),
          farHosts,
          pauses: pauses.filter((pause) => channelOf(pause.place) === each.name).map(pauseView),
          circuits: circuits.filter(({ lane }) => channelOf(lane) === each.name),
          health: { ok: state.ok, problem: state.ok ? null : state.problem },
        };
      }),
    );
    const deadLetters = (await store.deadLetters()).filter(({ asideAt }) => asideAt === null);
    return { rows, depth: await store.depth(), deadLetters: deadLetters.length };
  };
  /** Accounts that any practice sends by. Far hosts are too many to offer: they are found by an address there. */
  const waysOf = (channel: Channel): string[] => [...new Set(practices.flatMap(({ id }) => channel.ways?.(id) ?? []))];
  return resource()
    .openapi(all, async (c) => {
      require(c.get('caller'), 'log');
      return c.json(await view(), 200);
    })
    .openapi(far, (c) => {
      requireAll(c.get('caller'), 'decide');
      const channel = open.get(c.req.valid('param').place);
      if (!channel?.capabilities.farHosts) throw new NotFound('no channel with far hosts');
      const { of } = c.req.valid('query');
      const address = of.includes('@') ? of : `anybody@${of}`;
      if (!channel.capabilities.address.test(address))
        throw new Invalid('Type an address or a domain.', { of: 'is neither an address nor a domain' });
      return c.json({ place: laneOf(channel, { channel: channel.name, address }, '') }, 200);
    })
    .openapi(pause, async (c) => {
      const caller = c.get('caller');
      requireAll(caller, 'decide');
      const { reason, until } = c.req.valid('json');
      await actions.pauseChannel({ who: caller.who, ...c.req.valid('param'), reason, until: Date.parse(until) });
      return c.json(await view(), 200);
    })
    .openapi(resume, async (c) => {
      const caller = c.get('caller');
      requireAll(caller, 'decide');
      const { reason } = c.req.valid('json');
      await actions.pauseChannel({ who: caller.who, ...c.req.valid('param'), reason, until: null });
      return c.json(await view(), 200);
    });
}

const pauseView = ({ place, by, reason, since, until }: Pause) => ({
  place,
  by,
  reason,
  since: iso(since),
  until: iso(until),
});

/** After its time has come a circuit is half-open: its next routine item tells. One that nobody probed for so long has
 *  no traffic, and says nothing of today. A rate is no circuit once it has room again. */
const staleMs = 10 * 60_000;

function circuitView({ lane, why, since, until }: Closing, at: number) {
  const isOpen = until > at;
  if (why === 'paused' || (!isOpen && (why === 'rate' || until + staleMs < at))) return [];
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
