import { Invalid } from '../errors.ts';
import { passwordFault } from '../people/password.ts';
import type { User } from '../store/store.ts';
import type { HttpDeps } from './deps.ts';

/** @throws Invalid, with what is wrong with a password that somebody chose */
export function requireGood(
  password: string,
  { name, practice }: Pick<User, 'name' | 'practice'>,
  { practices }: Pick<HttpDeps, 'practices'>,
): void {
  const own = practices.find(({ id }) => id === practice)?.name ?? '';
  const fault = passwordFault(password, [name, own, ...own.split(/\s+/), 'loopgate']);
  if (fault !== null) throw new Invalid('The password cannot be used.', { next: fault });
}
