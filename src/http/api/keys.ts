import { randomBytes } from 'node:crypto';
import { createRoute, z } from '@hono/zod-openapi';
import { rights, rightsOf } from '../../core/role.ts';
import { Invalid, NotFound } from '../../errors.ts';
import type { ApiKey } from '../../store/store.ts';
import { require, sees } from '../access.ts';
import type { HttpDeps } from '../deps.ts';
import { hashSecret } from '../secrets.ts';
import { time } from '../shapes.ts';
import { iso } from '../views.ts';
import { ofPractice } from '../viewed.ts';
import { bound, requireGiving } from './people.ts';
import { answers, json, resource } from './route.ts';

const tags = ['people'];

const key = z
  .object({
    id: z.string(),
    label: z.string(),
    ...bound,
    scopes: z.array(z.enum(rights)).openapi({ description: 'what it may do' }),
    madeAt: time.nullable(),
    usedAt: time.nullable().openapi({ description: 'to the minute' }),
    revokedAt: time.nullable(),
  })
  .openapi('ApiKey');

const all = createRoute({
  method: 'get',
  path: '/api/v1/keys',
  tags,
  summary: 'API keys, also those that were revoked',
  responses: answers(z.object({ rows: z.array(key) }), 'Keys'),
});

const add = createRoute({
  method: 'post',
  path: '/api/v1/keys',
  tags,
  summary: 'A key for a program; its secret is shown once and kept as a hash',
  request: json(
    z.strictObject({
      label: z.string().regex(/^[\w .@-]{1,60}$/, 'letters, digits, spaces, dots, dashes; it stands in the record'),
      ...bound,
      scopes: z.array(z.enum(rights)).min(1).optional().openapi({ description: 'less than its role has' }),
    }),
  ),
  responses: answers(z.object({ key, secret: z.string() }), 'The key'),
});

const revoke = createRoute({
  method: 'delete',
  path: '/api/v1/keys/{id}',
  tags,
  summary: 'Nobody comes in with it any more, from now on',
  request: { params: z.object({ id: z.string().max(40) }) },
  responses: answers(key, 'The key after it'),
});

export function keyRoutes({ store: { people }, practices, now }: HttpDeps) {
  return resource()
    .openapi(all, async (c) => {
      const caller = c.get('caller');
      require(caller, 'people');
      const rows = (await people.keys()).filter(({ practice }) => sees(caller, practice));
      return c.json({ rows: rows.map(view) }, 200);
    })
    .openapi(add, async (c) => {
      const caller = c.get('caller');
      require(caller, 'people');
      const { label, role, practice, scopes = null } = c.req.valid('json');
      requireGiving(caller, { role, practice }, practices);
      const beyond = (scopes ?? []).filter((right) => !rightsOf(role).includes(right));
      if (beyond.length > 0)
        throw new Invalid('A key has no more rights than its role.', { scopes: beyond.join(', ') });
      const secret = `lg_${randomBytes(32).toString('base64url')}`;
      const at = now();
      const made: ApiKey = {
        hash: hashSecret(secret),
        label,
        role,
        practice,
        scopes,
        madeAt: at,
        usedAt: null,
        revokedAt: null,
      };
      const facts = { role, label, ...(scopes === null ? {} : { scopes: scopes.join(' ') }) };
      await people.addKey(made, {
        ...ofPractice(practice),
        subject: idOf(made),
        what: 'key.added',
        who: caller.who,
        at,
        facts,
      });
      return c.json({ key: view(made), secret }, 200);
    })
    .openapi(revoke, async (c) => {
      const caller = c.get('caller');
      require(caller, 'people');
      const { id } = c.req.valid('param');
      const found = (await people.keys()).find((each) => idOf(each) === id && sees(caller, each.practice));
      if (!found) throw new NotFound('not here');
      const { hash, label, practice } = found;
      const at = now();
      await people.revokeKey(hash, at, {
        ...ofPractice(practice),
        subject: id,
        what: 'key.revoked',
        who: caller.who,
        at,
        facts: { label },
      });
      return c.json(view({ ...found, revokedAt: at }), 200);
    });
}

/** The start of its hash: tells nothing of the secret. */
const idOf = ({ hash }: Pick<ApiKey, 'hash'>): string => `key_${hash.slice(0, 16)}`;

const view = (each: ApiKey) => ({
  id: idOf(each),
  label: each.label,
  role: each.role,
  practice: each.practice,
  scopes: [...(each.scopes ?? rightsOf(each.role))],
  madeAt: isoOrNull(each.madeAt),
  usedAt: isoOrNull(each.usedAt),
  revokedAt: isoOrNull(each.revokedAt),
});

const isoOrNull = (at: number | null): string | null => (at === null ? null : iso(at));
