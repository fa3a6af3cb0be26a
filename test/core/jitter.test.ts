import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { advance } from '../../src/core/delivery.ts';
import { lot } from '../../src/core/jitter.ts';
import { deferred } from '../../src/core/outcome.ts';
import { retryAfter } from '../../src/core/retry-after.ts';
import { fax, inState, latest, now } from './delivery-setup.ts';

describe('the wait before another try', () => {
  const waitOf = (id: `dlv_${string}`, tries: number, delays: readonly number[]): number => {
    const failed = inState('sending', { id, tries, routes: [{ ...fax, delays }] });
    return (
      (advance(failed, { type: 'outcome', attempt: latest, outcome: deferred('busy', ''), deadline: now }, now).dueAt ??
        NaN) - now
    );
  };

  test('lies between nothing and the delay, and is the same whenever it is asked', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 10 ** 8 }),
        (id, tries, delay) => {
          const delays = Array<number>(5).fill(delay);
          const wait = waitOf(`dlv_${id}`, tries, delays);
          expect(wait).toBeGreaterThanOrEqual(0);
          expect(wait).toBeLessThanOrEqual(delay);
          expect(waitOf(`dlv_${id}`, tries, delays)).toBe(wait);
        },
      ),
    );
  });

  test('spreads those who failed together evenly over the delay', () => {
    const tenths = Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) tenths[Math.floor(lot(`dlv_01kz3q5m9v8e7d6c5b4a3${i} 0 1`) * 10)]! += 1;
    for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });

  test('differs from try to try', () => {
    const delays = Array<number>(6).fill(60_000);
    expect(new Set([1, 2, 3, 4, 5, 6].map((tries) => waitOf('dlv_1', tries, delays))).size).toBe(6);
  });
});

describe('Retry-After', () => {
  const at = Date.UTC(2026, 10, 23, 9, 0);
  const day = 24 * 3_600_000;

  test.each([
    ['120', at + 120_000],
    [' 0 ', at],
    ['Mon, 23 Nov 2026 09:02:00 GMT', at + 120_000],
    ['Monday, 23-Nov-26 09:02:00 GMT', at + 120_000],
    ['Mon Nov 23 09:02:00 2026', at + 120_000],
    ['Mon, 23 Nov 2026 08:00:00 GMT', at],
    ['999999999', at + day],
    ['Thu, 01 Jan 2099 00:00:00 GMT', at + day],
    ['-5', undefined],
    ['1.5', undefined],
    ['2', at + 2_000],
    ['soon', undefined],
    ['2026-11-23', undefined],
    ['Monday', undefined],
    ['', undefined],
    [undefined, undefined],
    [['1'], undefined],
  ])('%j is read as a time, within a day, or as nothing', (value, expected) => {
    expect(retryAfter(value, at)).toBe(expected);
  });
});
