import { createRoute, z } from '@hono/zod-openapi';
import type { Caller } from '../access.ts';
import type { HttpDeps } from '../deps.ts';
import { SignedOut } from '../problem.ts';
import type { Sessions } from '../sessions.ts';
import { signInNeeds, signInWays, me, type Me } from '../people-shapes.ts';
import { signIns, type Needs } from '../sign-in.ts';
import { answers, json, problems, resource } from './route.ts';

const tags = ['session'];
const open = { tags, security: [] };
const password = z.string().max(1000);
/** As `navigator.credentials.get` gives it (WebAuthn 5.1.4); the library checks the rest. */
export const credential = z.looseObject({ id: z.string().max(1400) }).openapi('Credential');
export const ceremony = z.record(z.string(), z.unknown()).openapi('CeremonyOptions');

const ways = createRoute({
  ...open,
  method: 'get',
  path: '/api/v1/sign-in',
  summary: 'By what one can sign in here',
  responses: answers(signInWays, 'Ways in'),
});

const byPassword = createRoute({
  ...open,
  method: 'post',
  path: '/api/v1/session',
  summary: 'Sign in: sets a cookie. 202: the password was right, a second factor is still to come',
  request: json(z.strictObject({ name: z.string().max(200), password })),
  responses: {
    ...answers(me, 'Signed in'),
    202: { description: 'Halfway in', content: { 'application/json': { schema: signInNeeds } } },
  },
});

const byCode = createRoute({
  ...open,
  method: 'post',
  path: '/api/v1/session/code',
  summary: 'The second factor: a code of an authenticator app, or a recovery code',
  request: json(z.strictObject({ code: z.string().max(100) })),
  responses: answers(me, 'Signed in'),
});

const passkeyOptions = createRoute({
  ...open,
  method: 'post',
  path: '/api/v1/session/passkey/options',
  summary: 'What a browser needs to ask for a passkey',
  responses: answers(ceremony, 'PublicKeyCredentialRequestOptionsJSON'),
});

const byPasskey = createRoute({
  ...open,
  method: 'post',
  path: '/api/v1/session/passkey',
  summary: 'Sign in by a passkey alone',
  request: json(z.strictObject({ response: credential })),
  responses: answers(me, 'Signed in'),
});

const away = { 302: { description: 'Onwards' }, default: problems };

const oidcStart = createRoute({
  ...open,
  method: 'get',
  path: '/api/v1/session/oidc',
  summary: 'To the identity provider',
  responses: away,
});

const oidcEnd = createRoute({
  ...open,
  method: 'get',
  path: '/api/v1/session/oidc/callback',
  summary: 'Back from the identity provider, and into the console',
  responses: away,
});

/** All ways in; none of them needs a session. */
export function signInRoutes(deps: HttpDeps, sessions: Sessions, view: (caller: Caller) => Promise<Me>) {
  const into = signIns(deps, sessions);
  return resource()
    .openapi(ways, (c) => c.json({ passkeys: into.passkeys, oidc: into.oidc }, 200))
    .openapi(byPassword, async (c) => {
      const { name, password } = c.req.valid('json');
      const found = await into.password(c, name, password);
      return isNeeds(found) ? c.json({ needs: [...found] }, 202) : c.json(await view(found), 200);
    })
    .openapi(byCode, async (c) => c.json(await view(await into.code(c, c.req.valid('json').code)), 200))
    .openapi(passkeyOptions, async (c) => c.json((await into.passkeyOptions(c)) as Record<string, unknown>, 200))
    .openapi(byPasskey, async (c) => c.json(await view(await into.passkey(c, c.req.valid('json').response)), 200))
    .openapi(oidcStart, async (c) => c.redirect(await into.oidcStart(c), 302))
    .openapi(oidcEnd, async (c) => {
      const found = await into.oidcEnd(c).catch((cause: unknown) => {
        if (cause instanceof SignedOut) return null;
        throw cause;
      });
      if (found === null) return c.redirect('/?sign-in=refused', 302);
      return c.redirect(isNeeds(found) ? `/?sign-in=${found.join('+')}` : '/', 302);
    });
}

const isNeeds = (found: Caller | Needs): found is Needs => Array.isArray(found);
