import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { admit, afterOutcome, noTraffic, type Asked, type Traffic } from '../../src/core/admission.ts';
import { affordsRetry, spent, unspent, type Budget } from '../../src/core/budget.ts';
import { accepted, deferred } from '../../src/core/outcome.ts';
import { draw, fullBucket } from '../../src/core/rate.ts';

const minute = 60_000;
const routine: Asked = { urgent: false, retry: false, perMinute: null };

describe('a retry budget', () => {
  const firsts = (count: number, at = 0): Budget =>
    Array.from({ length: count }).reduce<Budget>((budget) => spent(budget, false, at), unspent);
  const retriesUntilSpent = (budget: Budget, now: number): number => {
    let [left, count] = [budget, 0];
    while (affordsRetry(left, now)) [left, count] = [spent(left, true, now), count + 1];
    return count;
  };

  test('affords a fifth of the first tries of five minutes, and a few in any case', () => {
    expect(retriesUntilSpent(unspent, 0)).toBe(12);
    expect(retriesUntilSpent(firsts(100), 0)).toBe(20);
    expect(retriesUntilSpent(firsts(100), 5 * minute - 1)).toBe(20);
    expect(retriesUntilSpent(firsts(100), 5 * minute)).toBe(12);
  });

  test('is not spent for ever by a clock that was set back', () => {
    const full = Array.from({ length: 12 }).reduce<Budget>((budget) => spent(budget, true, 3_600_000), unspent);
    expect(affordsRetry(full, 3_600_000)).toBe(false);
    expect(affordsRetry(full, 0)).toBe(true);
  });

  test('in no window ever lets more through than that', () => {
    const step = fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 20_000 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        let now = 0;
        let budget = unspent;
        const made: { at: number; retry: boolean }[] = [];
        for (const [retry, pause] of steps) {
          now += pause;
          if (retry && !affordsRetry(budget, now)) continue;
          budget = spent(budget, retry, now);
          made.push({ at: now, retry });
          // Slices of half a minute: the window is four and a half to five minutes long.
          const recent = made.filter(({ at }) => at > now - 4.5 * minute);
          const all = made.filter(({ at }) => at > now - 5 * minute);
          const retries = recent.filter((each) => each.retry).length;
          if (retry) expect(retries).toBeLessThanOrEqual(Math.max(12, 0.2 * all.filter((each) => !each.retry).length));
        }
        expect(budget.length).toBeLessThanOrEqual(10);
      }),
    );
  });
});

describe('a rate', () => {
  test('lets a burst through, then one at a time, and says how long to wait', () => {
    const rate = { perMinute: 60, burst: 2 };
    let bucket = fullBucket(rate, 0);
    const waits = [0, 0, 0, 400, 1_000, 1_000].map((now) => {
      const drawn = draw(bucket, rate, now);
      bucket = drawn.bucket;
      return drawn.wait;
    });
    expect(waits).toEqual([0, 0, 1_000, 600, 0, 1_000]);
  });

  test('leaves to others what is kept for them', () => {
    const rate = { perMinute: 60, burst: 4 };
    const drawn = draw({ tokens: 1.5, at: 0 }, rate, 0, 1);
    expect(drawn.wait).toBe(500);
    expect(draw(drawn.bucket, rate, 0).wait).toBe(0);
  });

  test('is never exceeded by more than its burst, and never makes anybody wait in vain', () => {
    const pauses = fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), pauses, (perMinute, asked) => {
        const rate = { perMinute, burst: Math.ceil(perMinute / 4) };
        let [now, count, bucket] = [0, 0, fullBucket(rate, 0)];
        for (const pause of asked) {
          now += pause;
          const drawn = draw(bucket, rate, now);
          bucket = drawn.bucket;
          if (drawn.wait === 0) count += 1;
          else expect(draw(bucket, rate, now + drawn.wait).wait).toBe(0);
        }
        expect(count).toBeLessThanOrEqual(rate.burst + (now * perMinute) / minute + 1e-6);
      }),
    );
  });
});

describe('admission to a lane', () => {
  const dead = Array.from({ length: 5 }).reduce<Traffic>(
    (traffic) => afterOutcome(traffic, deferred('unreachable', ''), 0),
    noTraffic,
  );

  test('names the obstacle and when to ask again', () => {
    expect(admit(dead, routine, 10)).toMatchObject({ goes: false, by: 'circuit', until: 30_000 });
    const slowed = afterOutcome(noTraffic, deferred('throttled', '', 90_000), 0);
    expect(admit(slowed, routine, 10)).toMatchObject({ goes: false, by: 'throttled', until: 90_000 });
  });

  test("keeps urgent retries and routine retries out of each other's budget", () => {
    let traffic = noTraffic;
    for (let i = 0; i < 12; i++) traffic = admit(traffic, { ...routine, retry: true }, 0).traffic;
    expect(admit(traffic, { ...routine, retry: true }, 0)).toMatchObject({ goes: false, by: 'budget' });
    expect(admit(traffic, { ...routine, retry: true, urgent: true }, 0).goes).toBe(true);
  });

  test('spares a far side that took the last eight no retry', () => {
    let traffic = noTraffic;
    const retry = { ...routine, retry: true };
    for (let i = 0; i < 12; i++) traffic = admit(traffic, retry, 0).traffic;
    for (let i = 0; i < 7; i++) traffic = afterOutcome(traffic, accepted(), 0);
    expect(admit(traffic, retry, 0).goes).toBe(false);
    traffic = afterOutcome(traffic, accepted(), 0);
    expect(admit(traffic, retry, 0).goes).toBe(true);
    expect(admit(afterOutcome(traffic, deferred('timeout', ''), 0), retry, 0).goes).toBe(false);
  });

  test('lets a probe go whatever the budget', () => {
    let traffic = noTraffic;
    for (let i = 0; i < 12; i++) traffic = admit(traffic, { ...routine, retry: true }, 0).traffic;
    for (let i = 0; i < 5; i++) traffic = afterOutcome(traffic, deferred('unreachable', ''), 0);
    expect(admit(traffic, { ...routine, retry: true }, 30_000).goes).toBe(true);
  });

  test('keeps a share of the rate for urgent items', () => {
    let traffic = noTraffic;
    const asked = { ...routine, perMinute: 32 };
    const ask = (urgent: boolean): boolean => {
      const admission = admit(traffic, { ...asked, urgent }, 0);
      traffic = admission.traffic;
      return admission.goes;
    };
    const answers = Array.from({ length: 7 }, () => ask(false));
    expect(answers).toEqual([true, true, true, true, true, true, false]);
    expect([ask(true), ask(true), ask(true)]).toEqual([true, true, false]);
  });

  test('spends nothing on an attempt that may not go', () => {
    for (const asked of [routine, { ...routine, retry: true, perMinute: 60 }]) {
      expect(admit(dead, asked, 10).traffic).toBe(dead);
    }
  });
});
