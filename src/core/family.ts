import type { Attempt } from './change.ts';
import type { AttemptId, Endpoint } from './message.ts';
import type { Receipt } from './outcome.ts';

/** Tries of one delivery on one endpoint, by one way, that may be the same copy go out under one name: the id of the first. So a far
 *  side can tell a copy from news, and a late receipt still finds its delivery. The far side's "failed" ends a family:
 *  what is sent after it is meant to be looked at anew.
 *  @param attempts of one delivery, oldest first @returns null when the next try opens a family of its own */
export function familyOf(
  attempts: readonly Attempt[],
  receipts: readonly Receipt[],
  { channel, address, via }: Endpoint & { readonly via?: string | undefined },
): AttemptId | null {
  const last = attempts.findLast((each) => each.channel === channel && each.address === address && each.via === via);
  if (!last) return null;
  const tries = new Set(membersOf(attempts, last.family).map(({ id }) => id));
  const ended = receipts.some(({ attempt, kind }) => kind === 'failed' && tries.has(attempt));
  return ended ? null : last.family;
}

export const membersOf = (attempts: readonly Attempt[], family: AttemptId): Attempt[] =>
  attempts.filter((each) => each.family === family);

/** Which try of a family a receipt speaks of: the one whose acceptance bears the same reference, else the latest that
 *  may have been taken and whose reference we never learned, else the latest that may have been taken. */
export function spokenOf(family: readonly Attempt[], reference?: string): Attempt | null {
  const named = family.find((each) => reference !== undefined && referenceOf(each) === reference);
  const taken = family.filter(({ phase, outcome }) => phase === 'handed' && !provablyNot(outcome));
  const nameless = reference === undefined ? undefined : taken.findLast((each) => referenceOf(each) === null);
  return named ?? nameless ?? taken.at(-1) ?? family.at(-1) ?? null;
}

/** The far side's own name for it, if it told one. */
export const referenceOf = ({ outcome, reference }: Attempt): string | null =>
  (outcome?.kind === 'accepted' ? outcome.reference : undefined) ?? reference ?? null;

const provablyNot = (outcome: Attempt['outcome']): boolean =>
  outcome?.kind === 'deferred' || outcome?.kind === 'refused';
