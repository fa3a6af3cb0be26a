import { createRoute, z } from '@hono/zod-openapi';
import type { ReferralId } from '../../core/message.ts';
import { own, practiceOf, require } from '../access.ts';
import type { HttpDeps } from '../deps.ts';
import { multipart } from '../multipart.ts';
import { quota } from '../quota.ts';
import { cursor, evidence, limit, reason, referralRequest } from '../requests.ts';
import { list, referral, referralState, submitted } from '../shapes.ts';
import { submission, submissionBody } from '../submission.ts';
import { turns } from '../turns.ts';
import { listViews, viewed } from '../viewed.ts';
import { referralView } from '../views.ts';
import { answers, json, problems, resource } from './route.ts';

const tags = ['referrals'];

const submit = createRoute({
  method: 'post',
  path: '/api/v1/referrals',
  tags,
  summary: 'Send a referral. Answers when it is on disk',
  request: {
    query: z.object({ practice: z.string().max(100).optional() }),
    headers: z.object({ 'idempotency-key': z.string().min(1).max(200).optional() }),
    body: submissionBody,
  },
  responses: {
    202: { description: 'Taken', content: { 'application/json': { schema: submitted } } },
    default: problems,
  },
});

const all = createRoute({
  method: 'get',
  path: '/api/v1/referrals',
  tags,
  summary: 'Referrals, newest first',
  request: { query: z.object({ state: referralState.optional(), limit, cursor }) },
  responses: answers(list(referral), 'Referrals'),
});

const one = createRoute({
  method: 'get',
  path: '/api/v1/referrals/{id}',
  tags,
  summary: 'One referral',
  request: { params: z.object({ id: z.string() }) },
  responses: answers(referral, 'The referral'),
});

const status = createRoute({
  method: 'post',
  path: '/api/v1/referrals/{id}/status',
  tags,
  summary: 'Record a step of its life',
  request: {
    params: z.object({ id: z.string() }),
    ...json(z.strictObject({ to: referralState, evidence, reason: reason.nullable().default(null) })),
  },
  responses: answers(referral, 'The referral after it'),
});

export function referralRoutes(deps: HttpDeps) {
  const { store, actions, channels } = deps;
  const seen = listViews(deps);
  const count = quota(deps.submissionsPerMinute, deps.now);
  const inTurn = turns(deps.hurried);
  const routes = resource();
  routes.openAPIRegistry.register('ReferralRequest', referralRequest);
  return routes
    .openapi(submit, async (c) => {
      const caller = c.get('caller');
      require(caller, 'send');
      const practice = practiceOf(deps, caller, c.req.valid('query').practice);
      count(practice);
      const body = new Uint8Array(await c.req.arrayBuffer());
      const offered = submission(multipart(c.req.header('content-type') ?? '', body), channels);
      const key = c.req.valid('header')['idempotency-key'] ?? null;
      const submit = () => actions.submit({ practice, who: caller.who, key, ...offered });
      const taken = await inTurn(body, submit, offered.referral.urgency !== 'routine');
      const { referral: id, message, deliveries } = taken;
      return c.json({ referral: id, message, deliveries: deliveries.map(({ id, state }) => ({ id, state })) }, 202);
    })
    .openapi(all, async (c) => {
      const caller = c.get('caller');
      require(caller, 'content');
      const { rows, next } = await store.referrals({ ...c.req.valid('query'), practices: caller.practices });
      await seen(caller, 'referrals', rows);
      return c.json({ rows: await Promise.all(rows.map((row) => referralView(store, row))), next }, 200);
    })
    .openapi(one, async (c) => {
      const caller = c.get('caller');
      require(caller, 'content');
      const found = own(caller, await store.referral(c.req.valid('param').id as ReferralId));
      await viewed(deps, caller, found.message, found.id, 'referral');
      return c.json(await referralView(store, found), 200);
    })
    .openapi(status, async (c) => {
      const caller = c.get('caller');
      require(caller, 'refer');
      const id = own(caller, await store.referral(c.req.valid('param').id as ReferralId)).id;
      const { who, practices } = caller;
      const stepped = await actions.recordStep({ referral: id, who, practices, ...c.req.valid('json') });
      return c.json(await referralView(store, stepped), 200);
    });
}
