import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { Conflict, Denied, Invalid, NotFound } from '../../errors.ts';
import { newPasskey, newPasskeyOptions, passkeySite } from '../../people/passkeys.ts';
import { newRecoveryCodes, plainCode } from '../../people/recovery.ts';
import { newTotp, totpStep } from '../../people/totp.ts';
import type { Factor } from '../../store/store.ts';
import type { Caller } from '../access.ts';
import type { Env, HttpDeps } from '../deps.ts';
import { NoPasskeys } from '../problem.ts';
import { hashSecret } from '../secrets.ts';
import { factorList, factorMade } from '../people-shapes.ts';
import { stepsOf } from '../tickets.ts';
import { ofPractice } from '../viewed.ts';
import { iso } from '../views.ts';
import { answers, json, problems, resource } from './route.ts';
import { ceremony, credential } from './sign-in.ts';

const tags = ['session'];
const label = z.string().trim().min(1).max(60);
/** What guards an account is changed by whoever has just come in (ASVS 5.0 7.5.1). */
const freshMs = 15 * 60_000;

const list = createRoute({
  method: 'get',
  path: '/api/v1/factors',
  tags,
  summary: "One's own second factors",
  responses: answers(factorList, 'Factors'),
});

const totp = createRoute({
  method: 'post',
  path: '/api/v1/factors/totp',
  tags,
  summary: 'A secret for an authenticator app; in force once a code of it was given',
  responses: answers(z.object({ secret: z.string(), uri: z.string() }), 'otpauth: address, for a QR code'),
});

const totpConfirm = createRoute({
  method: 'post',
  path: '/api/v1/factors/totp/confirm',
  tags,
  summary: 'The app shows this code: it is a second factor from now on',
  request: json(z.strictObject({ label, code: z.string().max(20) })),
  responses: answers(factorMade, 'With the first factor come recovery codes, shown once'),
});

const passkey = createRoute({
  method: 'post',
  path: '/api/v1/factors/passkey',
  tags,
  summary: 'What a browser needs to make a passkey',
  responses: answers(ceremony, 'PublicKeyCredentialCreationOptionsJSON'),
});

const passkeyConfirm = createRoute({
  method: 'post',
  path: '/api/v1/factors/passkey/confirm',
  tags,
  summary: 'The browser made it: one can sign in by it from now on',
  request: json(z.strictObject({ label, response: credential })),
  responses: answers(factorMade, 'With the first factor come recovery codes, shown once'),
});

const remove = createRoute({
  method: 'delete',
  path: '/api/v1/factors/{id}',
  tags,
  summary: 'A second factor no more; the last one stays where the role demands one',
  request: { params: z.object({ id: z.string().max(1400) }) },
  responses: { 204: { description: 'Removed' }, default: problems },
});

const codes = createRoute({
  method: 'post',
  path: '/api/v1/factors/recovery-codes',
  tags,
  summary: 'New recovery codes; the old ones are of no use any more',
  responses: answers(z.object({ recoveryCodes: z.array(z.string()) }), 'Shown once'),
});

export function factorRoutes(deps: HttpDeps) {
  const { store, now } = deps;
  const { factors } = store.people;
  const steps = stepsOf(deps);
  const site = passkeySite(deps.publicUrl);

  const event = ({ who, practices }: Caller, what: string, facts: Readonly<Record<string, string>>) => ({
    ...ofPractice(practices?.[0]),
    subject: who,
    what: `factor.${what}`,
    who,
    at: now(),
    facts,
  });

  /** @throws Invalid for programs, Denied when it is too long ago that this person came in */
  async function fresh(c: Context<Env>): Promise<Caller & { readonly session: string }> {
    const caller = c.get('caller');
    const { session } = caller;
    const found = session === null ? null : await store.people.sessionByHash(session);
    if (session === null || !found) throw new Invalid('only people have second factors');
    if (now() - found.startedAt > freshMs) throw new Denied('Sign in again to change this.');
    return { ...caller, session };
  }

  async function add(c: Context<Env>, factor: Omit<Factor, 'user' | 'madeAt' | 'usedAt'>) {
    const caller = await fresh(c);
    const had = await factors.of(caller.name);
    const made = had.length === 0 ? newRecoveryCodes() : null;
    await factors.add(
      { ...factor, user: caller.name, madeAt: now(), usedAt: null },
      made && made.map((each) => hashSecret(plainCode(each))),
      caller.session,
      event(caller, 'added', { kind: factor.kind, label: factor.label }),
    );
    return c.json({ recoveryCodes: made }, 200);
  }

  return resource()
    .openapi(list, async (c) => {
      const { name, role } = c.get('caller');
      const rows = (await factors.of(name)).map(({ id, kind, label, madeAt, usedAt }) => ({
        id,
        kind,
        label,
        madeAt: iso(madeAt),
        usedAt: usedAt === null ? null : iso(usedAt),
      }));
      const recoveryCodes = await factors.recoveryCodes(name);
      const demanded = deps.signIn.secondFactor.includes(role);
      return c.json({ rows, recoveryCodes, demanded, passkeys: site !== null }, 200);
    })
    .openapi(totp, async (c) => {
      const { name } = await fresh(c);
      const made = newTotp(name);
      await steps.give(c, 'totp', { user: name, secret: made.secret });
      return c.json(made, 200);
    })
    .openapi(totpConfirm, async (c) => {
      const { name } = await fresh(c);
      const { label, code } = c.req.valid('json');
      const { user, secret } = await steps.read(c, 'totp');
      const counter = user === name ? totpStep(secret, plainCode(code), now()) : null;
      if (counter === null)
        throw new Invalid('That is not the code that the app shows now.', { code: 'type the newest one' });
      await steps.take(c, 'totp');
      return add(c, { id: `totp_${hashSecret(secret).slice(0, 32)}`, kind: 'totp', label, counter, secret });
    })
    .openapi(passkey, async (c) => {
      const { name } = await fresh(c);
      if (!site) throw new NoPasskeys();
      const had = (await factors.of(name)).filter(({ kind }) => kind === 'passkey').map(({ id }) => id);
      const options = await newPasskeyOptions(site, name, had);
      await steps.give(c, 'new-passkey', { user: name, challenge: options.challenge });
      return c.json(options as unknown as Record<string, unknown>, 200);
    })
    .openapi(passkeyConfirm, async (c) => {
      const { name } = await fresh(c);
      if (!site) throw new NoPasskeys();
      const { label, response } = c.req.valid('json');
      const { user, challenge } = await steps.take(c, 'new-passkey');
      const made = user === name ? await newPasskey(site, challenge, response) : null;
      if (!made) throw new Invalid('The browser’s answer cannot be used. Nothing was changed; try again.');
      return add(c, { ...made, kind: 'passkey', label });
    })
    .openapi(remove, async (c) => {
      const caller = await fresh(c);
      const had = await factors.of(caller.name);
      const found = had.find(({ id }) => id === c.req.valid('param').id);
      if (!found) throw new NotFound('not here');
      if (had.length === 1 && deps.signIn.secondFactor.includes(caller.role))
        throw new Denied('Your role demands a second factor: add another one before you remove this one.');
      await factors.remove(found.id, event(caller, 'removed', { kind: found.kind, label: found.label }));
      return c.body(null, 204);
    })
    .openapi(codes, async (c) => {
      const caller = await fresh(c);
      if ((await factors.of(caller.name)).length === 0) throw new Conflict('there is no second factor to recover');
      const made = newRecoveryCodes();
      await factors.replaceRecoveryCodes(
        caller.name,
        made.map((each) => hashSecret(plainCode(each))),
        event(caller, 'recovery-codes-made', {}),
      );
      return c.json({ recoveryCodes: made }, 200);
    });
}
