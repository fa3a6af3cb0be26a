import { createRoute, z } from '@hono/zod-openapi';
import type { Rejected } from '../../core/plan.ts';
import type { DeliveryId } from '../../core/message.ts';
import { own, require } from '../access.ts';
import type { HttpDeps } from '../deps.ts';
import { reason } from '../requests.ts';
import { evidenceOf, summary } from '../sentences.ts';
import { delivery, explanation, verb, type Explanation } from '../shapes.ts';
import { accountOf, deliveryView, type Account } from '../views.ts';
import { answers, json, resource } from './route.ts';

const tags = ['deliveries'];
const params = z.object({ id: z.string() });

const decide = createRoute({
  method: 'post',
  path: '/api/v1/deliveries/{id}/{verb}',
  tags,
  summary: "A person's decision; the reason is kept",
  request: {
    params: z.object({ id: z.string(), verb }),
    ...json(z.strictObject({ reason, route: z.number().int().min(0).max(50).optional() })),
  },
  responses: answers(delivery, 'The delivery after it'),
});

const explain = createRoute({
  method: 'get',
  path: '/api/v1/deliveries/{id}/explain',
  tags,
  summary: 'Which routes were weighed, by which policy, and what came of it',
  request: { params },
  responses: answers(explanation, 'Why'),
});

export function deliveryRoutes(deps: HttpDeps) {
  const { store, actions, now } = deps;
  return resource()
    .openapi(explain, async (c) => {
      const caller = c.get('caller');
      require(caller, 'log');
      const found = own(caller, await store.delivery(c.req.valid('param').id as DeliveryId));
      return c.json(await explained(deps, await accountOf(store, found, now())), 200);
    })
    .openapi(decide, async (c) => {
      const caller = c.get('caller');
      require(caller, 'decide');
      const { id, verb } = c.req.valid('param');
      const { reason, route } = c.req.valid('json');
      const found = own(caller, await store.delivery(id as DeliveryId));
      const { who, practices } = caller;
      const choice = route === undefined ? {} : { route };
      const next = await actions.decideDelivery({ id: found.id, who, practices, verb, reason, ...choice });
      return c.json(deliveryView(await accountOf(store, next, now()), caller, now()), 200);
    });
}

async function explained({ store, policy }: HttpDeps, account: Account): Promise<Explanation> {
  const { delivery, attempts } = account;
  const { urgency } = await store.message(delivery.message);
  const { version, order } = policy(delivery.practice);
  const chosen = delivery.routes.map((route, index) => {
    const tries = attempts.filter((each) => each.channel === route.channel && each.address === route.address).length;
    const now = index === delivery.route ? ', in use' : '';
    return {
      ...weighed(route),
      place: index + 1,
      verdict: `chosen${now}, ${tries === 0 ? 'not tried yet' : `tried ${tries} ${tries === 1 ? 'time' : 'times'}`}`,
    };
  });
  return {
    delivery: delivery.id,
    summary: summary(account),
    policy: { version, urgency, order: [...order[urgency]] },
    weighed: [
      ...chosen,
      ...delivery.rejected.map((each) => ({ ...weighed(each), place: null, verdict: saidOf(each) })),
    ],
    evidence: evidenceOf(account),
  };
}

const weighed = ({ channel, address }: { readonly channel: string; readonly address: string }) => ({
  channel,
  address,
});

const saidOf = ({ reason, detail }: Rejected): string => (detail === undefined ? reason : `${reason} (${detail})`);
