import type { Context } from 'hono';
import { Conflict, Unavailable } from '../errors.ts';
import { passkeyCount, passkeyOptions, passkeySite } from '../people/passkeys.ts';
import { plainCode } from '../people/recovery.ts';
import { totpStep } from '../people/totp.ts';
import type { Factor, User } from '../store/store.ts';
import type { Caller } from './access.ts';
import { clientAddress } from './client-address.ts';
import type { Env, HttpDeps } from './deps.ts';
import { passwords, refusal } from './passwords.ts';
import { NoPasskeys, SignedOut, TooMany } from './problem.ts';
import { hashSecret } from './secrets.ts';
import { sameOrigin, type Sessions, type Way } from './sessions.ts';
import { throttle } from './throttle.ts';
import { stepsOf } from './tickets.ts';
import { ofPractice } from './viewed.ts';

const minutes = 60_000;

/** What a person with second factors can show next: a code (of an app, or a recovery code) or a passkey. */
export type Needs = readonly ('code' | 'passkey')[];

/** The ways in: by password, and by a code after it; by passkey alone, which is two factors in itself; by the identity
 *  provider. */
export function signIns(deps: HttpDeps, sessions: Sessions) {
  const { store, now, publicUrl } = deps;
  const { oidc } = deps.signIn;
  const { factors } = store.people;
  const { proven } = passwords(deps);
  const steps = stepsOf(deps);
  const byName = throttle(10, 15 * minutes, now);
  const site = passkeySite(publicUrl);
  const addressOf = clientAddress(deps.proxies);

  /** In, or one step further when there is a second factor. */
  async function proceed(c: Context<Env>, user: User, by: 'password' | 'oidc'): Promise<Caller | Needs> {
    const had = await factors.of(user.name);
    if (had.length === 0) return sessions.begin(c, user, { by, strong: false });
    await steps.give(c, 'second', { user: user.name, by });
    const passkeys = site !== null && had.some(({ kind }) => kind === 'passkey');
    return passkeys ? ['code', 'passkey'] : ['code'];
  }

  async function active(name: string): Promise<User> {
    const user = await store.people.userByName(name);
    if (user?.disabledAt !== null) throw new SignedOut('no such user');
    return user;
  }

  /** Uses a code up. Null: it is none, or was used before. */
  async function usedUp(user: User, code: string): Promise<Way | null> {
    const apps = (await factors.of(user.name)).filter(({ kind }) => kind === 'totp');
    try {
      if (!/^\d{6}$/.test(plainCode(code))) {
        const event = {
          ...ofPractice(user.practice),
          subject: `user:${user.name}`,
          what: 'factor.recovery-code-used',
          who: `user:${user.name}`,
          at: now(),
          facts: {},
        };
        await factors.useRecoveryCode(user.name, hashSecret(plainCode(code)), event);
        return 'recovery-code';
      }
      const [app, counter] = stepAmong(apps, plainCode(code), now());
      if (!app) return null;
      await factors.use({ id: app.id, counter }, now());
      return 'totp';
    } catch (cause) {
      if (cause instanceof Conflict) return null;
      throw cause;
    }
  }

  return {
    passkeys: site !== null,
    oidc: oidc?.name ?? null,

    /** @throws SignedOut, TooMany, Denied */
    async password(c: Context<Env>, name: string, password: string): Promise<Caller | Needs> {
      sameOrigin(c, publicUrl);
      return proceed(c, await proven(name, password, addressOf(c)), 'password');
    },

    /** A code of an app or a recovery code, after the password. @throws SignedOut, TooMany, Denied */
    async code(c: Context<Env>, code: string): Promise<Caller> {
      sameOrigin(c, publicUrl);
      const user = await active((await steps.read(c, 'second')).user);
      const wait = byName.wait(user.name);
      if (wait > 0) throw new TooMany(wait);
      const by = await usedUp(user, code);
      if (by === null) {
        byName.miss(user.name);
        await refusal(deps, user, 'code');
        throw new SignedOut('wrong code');
      }
      byName.forget(user.name);
      await steps.take(c, 'second');
      return sessions.begin(c, user, { by, strong: true });
    },

    /** @throws NoPasskeys, Denied */
    async passkeyOptions(c: Context<Env>): Promise<object> {
      sameOrigin(c, publicUrl);
      if (!site) throw new NoPasskeys();
      const options = await passkeyOptions(site);
      await steps.give(c, 'passkey', { challenge: options.challenge });
      return options;
    },

    /** @throws SignedOut, Denied */
    async passkey(c: Context<Env>, response: { readonly id: string }): Promise<Caller> {
      sameOrigin(c, publicUrl);
      if (!site) throw new NoPasskeys();
      const { challenge } = await steps.take(c, 'passkey');
      const found = await factors.byId(response.id);
      const counter = found?.kind === 'passkey' ? await passkeyCount(site, challenge, response, found) : null;
      const user = found && (await store.people.userByName(found.user));
      if (counter === null || user?.disabledAt !== null || !found) {
        await refusal(deps, user, 'passkey');
        throw new SignedOut('not a passkey of ours');
      }
      await factors.use({ id: found.id, counter }, now()).catch((cause: unknown) => {
        throw cause instanceof Conflict ? new SignedOut('a copy of a passkey') : cause;
      });
      return sessions.begin(c, user, { by: 'passkey', strong: true });
    },

    /** Where the identity provider asks who it is. @throws Unavailable when it does not answer */
    async oidcStart(c: Context<Env>): Promise<string> {
      if (!oidc) throw new SignedOut('there is no identity provider');
      const { url, journey } = await oidc.begin().catch((cause: unknown) => {
        deps.log.error('oidc.unreachable', {}, cause);
        throw new Unavailable('the identity provider does not answer');
      });
      await steps.give(c, 'oidc', journey);
      return url;
    },

    /** The person is back. @throws SignedOut */
    async oidcEnd(c: Context<Env>): Promise<Caller | Needs> {
      if (!oidc) throw new SignedOut('there is no identity provider');
      const journey = await steps.take(c, 'oidc');
      const identity = await oidc.finish(new URL(c.req.url).search, journey).catch(async (cause: unknown) => {
        deps.log.error('oidc.refused', {}, cause);
        await refusal(deps, null, 'oidc');
        throw new SignedOut('not from the identity provider');
      });
      const user = await store.people.userByName(identity.name);
      const other = user?.oidcSubject != null && user.oidcSubject !== identity.subject;
      if (user?.disabledAt !== null || other) {
        await refusal(deps, user, 'oidc');
        throw new SignedOut('not one of ours');
      }
      const bound = user.oidcSubject === null ? await bind(user, identity.subject) : user;
      if (identity.strong) return sessions.begin(c, bound, { by: 'oidc', strong: true });
      return proceed(c, bound, 'oidc');
    },
  };

  /** From now on the name is this person's, whatever the provider calls others, and the password of no use. */
  async function bind(user: User, subject: string): Promise<User> {
    const bound = { ...user, oidcSubject: subject };
    const who = `user:${user.name}`;
    const event = { ...ofPractice(user.practice), subject: who, what: 'user.bound', who, at: now(), facts: {} };
    await store.people.changeUser(bound, event);
    return bound;
  }
}

function stepAmong(apps: readonly Factor[], code: string, at: number): readonly [app: Factor | null, counter: number] {
  for (const app of apps) {
    const step = totpStep(app.secret, code, at);
    if (step !== null) return [app, step];
  }
  return [null, 0];
}
