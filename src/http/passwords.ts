import { randomBytes } from 'node:crypto';
import { verify } from '@node-rs/argon2';
import { Invalid } from '../errors.ts';
import { passwordFault } from '../people/password.ts';
import type { User } from '../store/store.ts';
import type { HttpDeps } from './deps.ts';
import { SignedOut, TooMany } from './problem.ts';
import { hashPassword } from './secrets.ts';
import { throttle } from './throttle.ts';
import { ofPractice } from './viewed.ts';

const minutes = 60_000;

export function passwords(deps: Pick<HttpDeps, 'store' | 'now' | 'log' | 'practices'>) {
  const { store, now, practices } = deps;
  const byName = throttle(10, 15 * minutes, now);
  const byAddress = throttle(30, 15 * minutes, now);
  // So that an unknown name takes as long as a wrong password.
  const decoy = hashPassword(randomBytes(16).toString('hex'));

  return {
    /** @throws TooMany, SignedOut: an unknown, a disabled and a wrong one read the same, and so does whoever comes in by
     *  the identity provider only */
    async proven(name: string, password: string, address: string): Promise<User> {
      const wait = Math.max(byName.wait(name), byAddress.wait(address));
      if (wait > 0) throw new TooMany(wait);
      const user = await store.people.userByName(name);
      const right = await verify(user?.password ?? (await decoy), password);
      if (user?.disabledAt === null && user.oidcSubject === null && right) {
        byName.forget(name);
        return user;
      }
      byName.miss(name);
      byAddress.miss(address);
      await refusal(deps, user, 'password');
      throw new SignedOut('wrong name or password');
    },

    /** @throws Invalid, with what is wrong with a password that somebody chose */
    async requireGood(password: string, { name, practice }: Pick<User, 'name' | 'practice'>): Promise<void> {
      const own = practices.find(({ id }) => id === practice)?.name ?? '';
      const fault = await passwordFault(password, [name, own, ...own.split(/\s+/), 'loopgate']);
      if (fault !== null) throw new Invalid('The password cannot be used.', { next: fault });
    },
  };
}

/** Somebody could not come in. A name that nobody has may be a password in the wrong field: it is not written down. */
export async function refusal(
  { store, now, log }: Pick<HttpDeps, 'store' | 'now' | 'log'>,
  user: User | null,
  by: string,
): Promise<void> {
  log.warn('session.refused');
  const subject = user ? `user:${user.name}` : 'user:unknown';
  await store.commit({
    events: [
      {
        ...ofPractice(user?.practice),
        subject,
        what: 'session.refused',
        who: subject,
        at: now(),
        facts: { by },
      },
    ],
  });
}
