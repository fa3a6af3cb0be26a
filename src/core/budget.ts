/** How many tries a lane saw of late, so that retries cannot pile up on a far side that is in trouble. Newest last. */
export type Budget = readonly Slice[];

interface Slice {
  readonly from: number;
  readonly firsts: number;
  readonly retries: number;
}

export const unspent: Budget = [];

const windowMs = 5 * 60_000;
const sliceMs = 30_000;
/** Retries for each first try. */
const share = 0.2;
/** A quiet lane may repeat so many in a window whatever its first tries: enough to prove that it is well again. */
const few = 12;

/** Is one more retry within a fifth of the first tries of the last five minutes? */
export function affordsRetry(budget: Budget, now: number): boolean {
  const slices = current(budget, now);
  const sum = (count: (slice: Slice) => number): number => slices.reduce((total, slice) => total + count(slice), 0);
  return sum(({ retries }) => retries) + 1 <= Math.max(few, share * sum(({ firsts }) => firsts));
}

export function spent(budget: Budget, retry: boolean, now: number): Budget {
  const from = now - (now % sliceMs);
  const slices = current(budget, now);
  const last = slices.at(-1);
  const { firsts, retries } = last?.from === from ? last : { firsts: 0, retries: 0 };
  const slice = { from, firsts: firsts + (retry ? 0 : 1), retries: retries + (retry ? 1 : 0) };
  return [...(last?.from === from ? slices.slice(0, -1) : slices), slice];
}

/** A clock that was set back makes old slices look new: they go too. */
const current = (budget: Budget, now: number): Budget =>
  budget.filter(({ from }) => from > now - windowMs && from <= now);
