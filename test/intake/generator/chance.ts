/** The same numbers for the same seed. */
export interface Chance {
  next(): number;
  int(below: number): number;
  pick<T>(from: readonly T[]): T;
  yes(chance: number): boolean;
  digits(count: number): string;
}

export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (below: number): number => Math.floor(next() * below);
  return {
    next,
    int,
    pick: (from) => {
      const one = from[int(from.length)];
      if (one === undefined) throw new RangeError('nothing to pick from');
      return one;
    },
    yes: (chance) => next() < chance,
    digits: (count) => Array.from({ length: count }, (_, i) => (i === 0 ? 1 + int(9) : int(10))).join(''),
  };
}
