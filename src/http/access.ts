import { Denied, NotFound } from '../errors.ts';
import type { PracticeId } from '../core/message.ts';
import type { Role } from '../store/store.ts';

/** Who is asking: a signed-in person or a program's API key. */
export interface Caller {
  /** For the record: `user:anna` or `key:ehr`. */
  readonly who: string;
  readonly name: string;
  readonly role: Role;
  /** Practices it may touch; null: all. */
  readonly practices: readonly PracticeId[] | null;
  /** Hash of the session's token; null for API keys. */
  readonly session: string | null;
}

/** `log`: deliveries without content. `content`: what messages say. `quarantine`: what was turned away, and why;
 *  its originals need `content` as well. `operate`: the gateway itself; all of its practices must be the caller's. */
export type Right = 'log' | 'content' | 'send' | 'decide' | 'intake' | 'refer' | 'quarantine' | 'operate';

const rights: Readonly<Record<Role, readonly Right[]>> = {
  admin: ['log', 'content', 'send', 'decide', 'intake', 'refer', 'quarantine', 'operate'],
  sender: ['log', 'content', 'send', 'decide', 'refer'],
  intake: ['log', 'content', 'intake', 'refer'],
  ops: ['log', 'decide', 'quarantine'],
};

export const may = (caller: Caller, right: Right): boolean => rights[caller.role].includes(right);

/** @throws Denied. Ask this before looking anything up, so that the answer tells nothing about what exists. */
export function require(caller: Caller, right: Right): void {
  if (!may(caller, right)) throw new Denied(`The role ${caller.role} does not include this.`);
}

/** @throws Denied also to an administrator of one practice: the others' would be decided too. */
export function requireAll(caller: Caller, right: Right): void {
  require(caller, right);
  if (caller.practices !== null) throw new Denied('This is for those who see all practices.');
}

/** What belongs to no practice (a quarantined arrival) is for those who see all of them. */
export const sees = (caller: Caller, practice: PracticeId | null): boolean =>
  caller.practices === null || (practice !== null && caller.practices.includes(practice));

/** The thing itself when it belongs to one of the caller's practices.
 *  @throws NotFound, as if it did not exist. */
export function own<T extends { readonly practice: PracticeId | null }>(caller: Caller, thing: T): T {
  if (!sees(caller, thing.practice)) throw new NotFound('not here');
  return thing;
}
