import { createRoute, z } from '@hono/zod-openapi';
import type { PracticeId, ReferralId } from '../../core/message.ts';
import { Invalid, NotFound } from '../../errors.ts';
import { own, require, sees, type Caller } from '../access.ts';
import type { Upload } from '../actions.ts';
import type { HttpDeps } from '../deps.ts';
import { strictJson } from '../json.ts';
import { cursor, evidence, limit, reason, referralRequest } from '../requests.ts';
import { list, referral, referralState, submitted } from '../shapes.ts';
import { viewed } from '../viewed.ts';
import { referralView } from '../views.ts';
import { answers, json, problems, resource } from './route.ts';

const tags = ['referrals'];
const files = z
  .preprocess(
    (value): unknown => (value === undefined ? [] : Array.isArray(value) ? (value as unknown[]) : [value]),
    z
      .array(z.instanceof(File, { error: 'is not a file' }))
      .min(1, 'at least one file is needed')
      .max(100, 'at most 100 files in one referral'),
  )
  .openapi({ type: 'array', items: { type: 'string', format: 'binary' } });

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
        'multipart/form-data': {
          schema: z.strictObject({
            referral: z
              .string({ error: 'the part `referral` is missing, or is not JSON text' })
              .openapi({ description: 'ReferralRequest as JSON' }),
            document: files,
          }),
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
  return resource()
    .openapi(submit, async (c) => {
      const caller = c.get('caller');
      require(caller, 'send');
      const form = c.req.valid('form');
      const {
        referral: id,
        message,
        deliveries,
      } = await actions.submit({
        practice: senderOf(deps, caller, c.req.valid('query').practice),
        who: caller.who,
        key: c.req.valid('header')['idempotency-key'] ?? null,
        referral: parsedReferral(form.referral),
        documents: await Promise.all(form.document.map(upload)),
      });
      return c.json({ referral: id, message, deliveries: deliveries.map(({ id, state }) => ({ id, state })) }, 202);
    })
    .openapi(all, async (c) => {
      const caller = c.get('caller');
      require(caller, 'content');
      const { rows, next } = await store.referrals({ ...c.req.valid('query'), practices: caller.practices });
      return c.json({ rows: rows.map(referralView), next }, 200);
    })
    .openapi(one, async (c) => {
      const caller = c.get('caller');
      require(caller, 'content');
      const found = own(caller, await store.referral(c.req.valid('param').id as ReferralId));
      await viewed(deps, caller, found.message, found.id, 'referral');
      return c.json(referralView(found), 200);
    })
    .openapi(status, async (c) => {
      const caller = c.get('caller');
      require(caller, 'refer');
      const id = own(caller, await store.referral(c.req.valid('param').id as ReferralId)).id;
      const { who, practices } = caller;
      return c.json(
        referralView(await actions.recordStep({ referral: id, who, practices, ...c.req.valid('json') })),
        200,
      );
    });
}

const upload = async (file: File): Promise<Upload> => ({
  name: file.name,
  mediaType: file.type,
  bytes: new Uint8Array(await file.arrayBuffer()),
});

function parsedReferral(text: string): z.infer<typeof referralRequest> {
  const result = referralRequest.safeParse(strictJson(text));
  if (result.success) return result.data;
  const fields = result.error.issues.map(({ path, message }) => [['referral', ...path].map(String).join('.'), message]);
  throw new Invalid('Some fields are wrong.', Object.fromEntries(fields) as Record<string, string>);
}

/** Whose referral it is: the caller's only practice, or the one it names. */
function senderOf({ practices }: HttpDeps, caller: Caller, named: string | undefined): PracticeId {
  const mine = practices.filter(({ id }) => sees(caller, id));
  if (named !== undefined) {
    if (!mine.some(({ id }) => id === named)) throw new NotFound('not here');
    return named;
  }
  const [only] = mine;
  if (!only || mine.length > 1) throw new Invalid('Which practice sends it?', { practice: 'name it in ?practice=' });
  return only.id;
}
