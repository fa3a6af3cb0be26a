import { createRoute, z } from '@hono/zod-openapi';
import { isPossibleDuplicate, type Delivery } from '../../core/delivery.ts';
import type { DeliveryId } from '../../core/message.ts';
import { Conflict, NotFound } from '../../errors.ts';
import { require, sees, type Caller } from '../access.ts';
import type { HttpDeps } from '../deps.ts';
import { bulkResult, plan as planShape, type PlanView } from '../desk-shapes.ts';
import { logFilter, logQuery } from '../log-query.ts';
import { reason } from '../requests.ts';
import { decisions } from '../views.ts';
import { answers, json, resource } from './route.ts';

const tags = ['deliveries'];
const maxPlanned = 10_000;
const maxTogether = 100;
const batch = 500;

const verb = z.enum(['retry', 'hold', 'cancel', 'reroute']);
const id = z.string().max(40);
const channel = z.string().max(40).optional().openapi({ description: 'with `reroute`: the way to take' });

const plan = createRoute({
  method: 'post',
  path: '/api/v1/deliveries/plan',
  tags,
  summary: 'What a decision on many deliveries would do. Changes nothing',
  request: json(
    z.strictObject({ verb, channel, ids: z.array(id).max(maxPlanned).optional(), filter: logFilter.optional() }),
  ),
  responses: answers(planShape, 'What it applies to, what it does not, and why'),
});

const bulk = createRoute({
  method: 'post',
  path: '/api/v1/deliveries/bulk',
  tags,
  summary: 'Decide on up to 100 planned deliveries; one that changed since the plan is left alone',
  request: json(
    z.strictObject({
      verb,
      channel,
      reason,
      items: z
        .array(z.strictObject({ id, version: z.number() }))
        .min(1)
        .max(maxTogether),
    }),
  ),
  responses: answers(bulkResult, 'What became of each'),
});

type Verb = z.infer<typeof verb>;

export function bulkRoutes({ store, actions, now }: HttpDeps) {
  return resource()
    .openapi(plan, async (c) => {
      const caller = c.get('caller');
      require(caller, 'decide');
      const { verb, channel, ids, filter } = c.req.valid('json');
      const found = ids ? { rows: await byIds(caller, ids), more: false } : await matching(caller, filter ?? {});
      return c.json({ ...planned(verb, channel, found.rows), more: found.more }, 200);
    })
    .openapi(bulk, async (c) => {
      const caller = c.get('caller');
      require(caller, 'decide');
      const { verb, channel, reason, items } = c.req.valid('json');
      const results: { id: string; problem: string | null }[] = [];
      for (const { id, version } of items) {
        const problem = await decided(caller, { id: id as DeliveryId, version, verb, channel, reason });
        results.push({ id, problem });
      }
      return c.json({ results }, 200);
    });

  /** Others' are as if they did not exist. */
  async function byIds(caller: Caller, ids: readonly string[]): Promise<Delivery[]> {
    const found: Delivery[] = [];
    for (let from = 0; from < ids.length; from += batch) {
      const some = ids.slice(from, from + batch) as DeliveryId[];
      const { rows } = await store.deliveries({ practices: caller.practices, ids: some, limit: batch });
      found.push(...rows.map(({ delivery }) => delivery));
    }
    return found;
  }

  async function matching(caller: Caller, filter: z.output<typeof logFilter>) {
    const query = logQuery(filter, caller, now());
    const found: Delivery[] = [];
    let cursor: string | undefined;
    while (found.length < maxPlanned) {
      const { rows, next } = await store.deliveries({ ...query, limit: batch, cursor });
      found.push(...rows.map(({ delivery }) => delivery));
      if (next === null) return { rows: found, more: false };
      cursor = next;
    }
    return { rows: found, more: true };
  }

  function planned(verb: Verb, channel: string | undefined, deliveries: readonly Delivery[]): Omit<PlanView, 'more'> {
    const judged = deliveries.map((each) => ({ each, objection: objectionTo(each, verb, channel) }));
    const fit = judged.filter(({ objection }) => objection === null).map(({ each }) => each);
    const counts = new Map<string, number>();
    for (const { objection } of judged) if (objection) counts.set(objection, (counts.get(objection) ?? 0) + 1);
    return {
      verb,
      items: fit.map(({ id, version }) => ({ id, version })),
      duplicates: verb === 'retry' || verb === 'reroute' ? fit.filter(isPossibleDuplicate).length : 0,
      skipped: [...counts].map(([why, count]) => ({ why, count })),
    };
  }

  function objectionTo(delivery: Delivery, verb: Verb, channel: string | undefined): string | null {
    if (verb === 'reroute' && routeBy(delivery, channel) < 0) return `has no other way by ${channel ?? 'that channel'}`;
    return decisions(delivery, now()).includes(verb) ? null : `is ${delivery.state}: this does not apply`;
  }

  async function decided(
    caller: Caller,
    word: { id: DeliveryId; version: number; verb: Verb; channel: string | undefined; reason: string },
  ): Promise<string | null> {
    const { id, version, verb, reason, channel } = word;
    const { who, practices } = caller;
    try {
      const before = await store.delivery(id);
      if (!sees(caller, before.practice)) return 'not here';
      if (before.version !== version) return 'changed since it was planned: left alone';
      const route = verb === 'reroute' ? { route: routeBy(before, channel) } : {};
      await actions.decideDelivery({ id, who, practices, verb, reason, ...route });
      return null;
    } catch (cause) {
      if (cause instanceof NotFound) return 'not here';
      if (cause instanceof Conflict) return 'changed since it was planned: left alone';
      throw cause;
    }
  }
}

const routeBy = ({ routes, route }: Delivery, channel: string | undefined): number =>
  routes.findIndex((each, index) => index !== route && each.channel === channel);
