/** Chance that repeats itself: the same seed, the same draws, on every machine. */
export interface Chance {
  /** 0 ≤ x < 1. */
  next(): number;
  below(n: number): number;
  /** Whole number, both ends included. */
  between(low: number, high: number): number;
  yes(share: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** One of the keys, as often as its weight says. */
  weighed<K extends string>(weights: Readonly<Record<K, number>>): K;
  bytes(n: number): Buffer;
}

/** Mulberry32: 32 bits of state are plenty for a run of some thousand draws. */
export function chance(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n: number): number => Math.floor(next() * n);
  return {
    next,
    below,
    between: (low, high) => low + below(high - low + 1),
    yes: (share) => next() < share,
    pick: (list) => list[below(list.length)]!,
    weighed(weights) {
      const entries = Object.entries(weights) as [keyof typeof weights, number][];
      let point = next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [key, weight] of entries) {
        point -= weight;
        if (point < 0) return key;
      }
      return entries.at(-1)![0];
    },
    bytes: (n) => Buffer.from(Array.from({ length: n }, () => below(256))),
  };
}
