import { createRoute, z } from '@hono/zod-openapi';
import type { ReferralId } from '../../core/message.ts';
import { Invalid } from '../../errors.ts';
import { own, practiceOf, require } from '../access.ts';
import type { Submission } from '../actions.ts';
import type { HttpDeps } from '../deps.ts';
import { strictJson } from '../json.ts';
import { multipart, type Part } from '../multipart.ts';
import { quota } from '../quota.ts';
import { cursor, evidence, limit, reason, referralRequest } from '../requests.ts';
import { list, referral, referralState, submitted } from '../shapes.ts';
import { turns } from '../turns.ts';
import { listViews, viewed } from '../viewed.ts';
import { referralView } from '../views.ts';
import { answers, json, problems, resource } from './route.ts';

const tags = ['referrals'];
const maxFiles = 100;

const submit = createRoute({
  method: 'post',
  path: '/api/v1/referrals',
  tags,
  summary: 'Send a referral. Answers when it is on disk',
  request: {
    query: z.object({ practice: z.string().max(100).optional() }),
    headers: z.object({ 'idempotency-key': z.string().min(1).max(200).optional() }),
    body: {
      required: true,
      content: {
        // Documented here, read by `multipart` and validated with the very schema that it refers to.
        'multipart/form-data': {
          schema: {
            type: 'object',
            required: ['referral', 'document'],
            properties: {
              referral: { $ref: '#/components/schemas/ReferralRequest' },
              document: { type: 'array', maxItems: maxFiles, items: { type: 'string', format: 'binary' } },
            },
          },
          encoding: { referral: { contentType: 'application/json' } },
        },
      },
    },
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
  const { store, actions } = deps;
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
      const taken = await inTurn(body, () =>
        actions.submit({
          practice,
          who: caller.who,
          key: c.req.valid('header')['idempotency-key'] ?? null,
          ...submission(multipart(c.req.header('content-type') ?? '', body)),
        }),
      );
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

function submission(parts: readonly Part[]): Pick<Submission, 'referral' | 'documents'> {
  const fields: Record<string, string> = {};
  const referrals = parts.filter(({ name }) => name === 'referral');
  const files = parts.filter(({ name }) => name === 'document');
  for (const { name } of parts) if (name !== 'referral' && name !== 'document') fields[name] = 'is not known here';
  if (referrals.length !== 1) fields['referral'] = referrals.length === 0 ? 'is missing' : 'is given twice';
  if (files.length === 0) fields['document'] = 'at least one file is needed';
  if (files.length > maxFiles) fields['document'] = `at most ${maxFiles} files in one referral`;
  if (Object.keys(fields).length > 0) throw new Invalid('Some parts are wrong.', fields);
  return {
    referral: parsedReferral(Buffer.from(referrals[0]?.bytes ?? []).toString('utf8')),
    documents: files.map(({ fileName, mediaType, bytes }) => ({ name: fileName ?? '', mediaType, bytes })),
  };
}

function parsedReferral(text: string): z.infer<typeof referralRequest> {
  const result = referralRequest.safeParse(strictJson(text));
  if (result.success) return result.data;
  const fields = result.error.issues.map(({ path, message }) => [['referral', ...path].map(String).join('.'), message]);
  throw new Invalid('Some fields are wrong.', Object.fromEntries(fields) as Record<string, string>);
}
