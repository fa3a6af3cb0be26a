import { Denied, Invalid, NotFound } from '../errors.ts';
import type { PracticeId } from '../core/message.ts';
import type { Right, Role } from '../core/role.ts';

/** Who is asking: a signed-in person or a program's API key. */
export interface Caller {
  /** For the record: `user:anna` or `key:ehr`. */
  readonly who: string;
  readonly name: string;
  readonly role: Role;
  readonly rights: readonly Right[];
  /** Practices it may touch; null: all. */
  readonly practices: readonly PracticeId[] | null;
  /** Hash of the session's token; null for API keys. */
  readonly session: string | null;
  /** Hash of the API key; null for people. */
  readonly key: string | null;
  /** Has no rights until he gives a second factor: his role demands one. */
  readonly needsFactor: boolean;
  /** Sees the content of this one practice, for a reason on record. */
  readonly emergency: { readonly id: string; readonly practice: PracticeId; readonly until: number } | null;
}

export const may = (caller: Caller, right: Right): boolean => caller.rights.includes(right);

/** @throws Denied. Ask this before looking anything up, so that the answer tells nothing about what exists. */
export function require(caller: Caller, right: Right): void {
  if (caller.needsFactor) throw new Denied('Set up a second factor first.');
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

/** Whose it is: the caller's only practice, or the one it names.
 *  @throws NotFound for another's; Invalid when the caller has several and names none. */
export function practiceOf(
  { practices }: { readonly practices: readonly { readonly id: PracticeId }[] },
  caller: Caller,
  named: string | undefined,
): PracticeId {
  const mine = practices.filter(({ id }) => sees(caller, id));
  if (named !== undefined) {
    if (!mine.some(({ id }) => id === named)) throw new NotFound('not here');
    return named;
  }
  const [only] = mine;
  if (!only || mine.length > 1) throw new Invalid('Which practice is it for?', { practice: 'name it in ?practice=' });
  return only.id;
}
