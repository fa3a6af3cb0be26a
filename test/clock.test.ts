import { describe, expect, test } from '@jest/globals';
import { steadyClock } from '../src/clock.ts';
import { hour, minute } from './harness.ts';

const start = Date.UTC(2026, 10, 23, 9, 0);

function clocks() {
  let passed = 0;
  let error = 0;
  const steps: number[] = [];
  const now = steadyClock({ wall: () => start + passed + error, monotonic: () => passed }, (ms) => steps.push(ms));
  return {
    now,
    steps,
    set: (by: number) => void (error += by),
    pass(ms: number, beat = 250) {
      for (let left = ms; left > 0; left -= beat) {
        passed += Math.min(beat, left);
        now();
      }
      return now() - start;
    },
  };
}

describe('a steady clock', () => {
  test('is the wall clock as long as that does not jump', () => {
    const { pass, steps } = clocks();
    expect(pass(24 * hour)).toBe(24 * hour);
    expect(steps).toEqual([]);
  });

  test.each([26 * hour, -26 * hour])(
    'passes over a jump of %i ms, tells of it once, and meets the wall again',
    (by) => {
      const { now, pass, set, steps } = clocks();
      pass(hour);
      set(by);
      expect(now() - start).toBe(hour);
      const after = pass(hour) - hour;
      expect(after).toBeGreaterThanOrEqual(0.89 * hour);
      expect(after).toBeLessThanOrEqual(1.11 * hour);
      expect(steps).toEqual([by]);
      expect(pass(300 * hour, minute)).toBe(302 * hour + by);
    },
  );

  test('never goes back', () => {
    const { now, set, pass } = clocks();
    let last = now();
    for (const by of [-hour, hour, -26 * hour, 5, -5]) {
      set(by);
      expect(now()).toBeGreaterThanOrEqual(last);
      pass(7, 1);
      last = now();
    }
  });

  test('gives whole milliseconds', () => {
    let passed = 0.3;
    const now = steadyClock({ wall: () => start + Math.floor(passed), monotonic: () => passed });
    passed += 1234.56;
    expect(Number.isInteger(now())).toBe(true);
  });
});
