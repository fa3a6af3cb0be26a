/** Written by bench/intake/fit-hand.ts: do not change by hand. */
export const slopes = [11.445, 5.515, -7.924, 9.497];
export const base = -8.992;
export const from = { perhaps: 0.1813, surely: 0.7128 };
