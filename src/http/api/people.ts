import { randomBytes } from 'node:crypto';
import { createRoute, z } from '@hono/zod-openapi';
import { roles } from '../../core/role.ts';
import { Conflict, Denied, Invalid, NotFound } from '../../errors.ts';
import type { NewUser, User } from '../../store/store.ts';
import { require, sees, type Caller } from '../access.ts';
import type { HttpDeps } from '../deps.ts';
import { hashPassword } from '../secrets.ts';
import { ofPractice } from '../viewed.ts';
import { answers, json, resource } from './route.ts';

const tags = ['people'];
const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._@-]{0,99}$/, 'small letters, digits, dots, dashes; it stands in the record');
export const bound = {
  role: z.enum(roles),
  practice: z.string().max(100).nullable().openapi({ description: 'null: all of them' }),
};
const params = z.object({ name: z.string().max(100) });

const user = z.object({ name: z.string(), ...bound, disabled: z.boolean() }).openapi('User');
const withPassword = z
  .object({ user, password: z.string().openapi({ description: 'shown once; they change it themselves' }) })
  .openapi('UserWithPassword');

const all = createRoute({
  method: 'get',
  path: '/api/v1/users',
  tags,
  summary: 'Who may sign in',
  responses: answers(z.object({ rows: z.array(user) }), 'Users'),
});

const add = createRoute({
  method: 'post',
  path: '/api/v1/users',
  tags,
  summary: 'Let somebody in; the answer has a password for the first time',
  request: json(z.strictObject({ name, ...bound })),
  responses: answers(withPassword, 'The user'),
});

const change = createRoute({
  method: 'post',
  path: '/api/v1/users/{name}',
  tags,
  summary: 'Another role, or disabled: in force at once, their sessions end',
  request: {
    params,
    ...json(
      z.strictObject({
        role: bound.role.optional(),
        practice: bound.practice.optional(),
        disabled: z.boolean().optional(),
      }),
    ),
  },
  responses: answers(user, 'The user after it'),
});

const reset = createRoute({
  method: 'post',
  path: '/api/v1/users/{name}/password',
  tags,
  summary: 'A new password for somebody who forgot theirs; their sessions end',
  request: { params },
  responses: answers(withPassword, 'The user'),
});

const forget = createRoute({
  method: 'delete',
  path: '/api/v1/users/{name}/factors',
  tags,
  summary: 'For somebody who lost all second factors and recovery codes; their sessions end',
  request: { params },
  responses: answers(user, 'The user'),
});

export function peopleRoutes({ store: { people }, practices, now }: HttpDeps) {
  async function manageable(caller: Caller, id: string): Promise<User> {
    require(caller, 'people');
    const found = await people.userByName(id);
    if (!found || !manages(caller, found)) throw new NotFound('not here');
    return found;
  }
  const event = ({ who }: Caller, { name, role, practice }: NewUser, what: string) => ({
    ...ofPractice(practice),
    subject: `user:${name}`,
    what: `user.${what}`,
    who,
    at: now(),
    facts: { role },
  });

  return resource()
    .openapi(all, async (c) => {
      const caller = c.get('caller');
      require(caller, 'people');
      const rows = (await people.users()).filter((each) => manages(caller, each));
      return c.json({ rows: rows.map(view) }, 200);
    })
    .openapi(add, async (c) => {
      const caller = c.get('caller');
      require(caller, 'people');
      const asked = c.req.valid('json');
      requireGiving(caller, asked, practices);
      const password = firstPassword();
      const made = { ...asked, password: await hashPassword(password), disabledAt: null };
      await people.addUser(made, event(caller, made, 'added'));
      return c.json({ user: view(made), password }, 200);
    })
    .openapi(change, async (c) => {
      const caller = c.get('caller');
      const before = await manageable(caller, c.req.valid('param').name);
      const { disabled, role = before.role, practice = before.practice } = c.req.valid('json');
      // Nobody locks himself out, and so a last administrator stays.
      if (caller.who === `user:${before.name}`) throw new Conflict('somebody else must change this about you');
      requireGiving(caller, { role, practice }, practices);
      const off = disabled ?? before.disabledAt !== null;
      const after = { ...before, role, practice, disabledAt: off ? (before.disabledAt ?? now()) : null };
      const what = disabled === undefined ? 'changed' : disabled ? 'disabled' : 'enabled';
      await people.changeUser(after, event(caller, after, what));
      return c.json(view(after), 200);
    })
    .openapi(reset, async (c) => {
      const caller = c.get('caller');
      const before = await manageable(caller, c.req.valid('param').name);
      const password = firstPassword();
      const after = { ...before, password: await hashPassword(password), oidcSubject: null };
      await people.changeUser(after, event(caller, after, 'reset'));
      return c.json({ user: view(after), password }, 200);
    })
    .openapi(forget, async (c) => {
      const caller = c.get('caller');
      const found = await manageable(caller, c.req.valid('param').name);
      if (caller.who === `user:${found.name}`) throw new Conflict('somebody else must change this about you');
      await people.factors.forget(found.name, event(caller, found, 'factors-forgotten'));
      return c.json(view(found), 200);
    });
}

const view = ({ name, role, practice, disabledAt }: NewUser) => ({
  name,
  role,
  practice,
  disabled: disabledAt !== null,
});

/** 120 bits of chance, in groups that can be read out. */
const firstPassword = (): string => randomBytes(15).toString('hex').match(/.{6}/g)?.join('-') ?? '';

/** Of those who see one practice only, whoever is of that practice; nobody else touches who may do more than he. */
const manages = (caller: Caller, { practice }: { readonly practice: string | null }): boolean => sees(caller, practice);

/** @throws Invalid, Denied or NotFound when the caller may not give this role for this practice */
export function requireGiving(
  caller: Caller,
  { role, practice }: Pick<User, 'role' | 'practice'>,
  practices: HttpDeps['practices'],
): void {
  if (practice !== null && !(sees(caller, practice) && practices.some(({ id }) => id === practice)))
    throw new NotFound('not here');
  if (practice === null && caller.practices !== null) throw new Denied('This is for those who see all practices.');
  if (role === 'system-admin' && practice !== null)
    throw new Invalid('A system administrator is of all practices.', { practice: 'leave it null' });
  if (role === 'practice-admin' && practice === null)
    throw new Invalid('A practice administrator is of one practice.', { practice: 'name it' });
}
