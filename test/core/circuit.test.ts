import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { begun, closedCircuit, heard, passes, type Circuit } from '../../src/core/circuit.ts';
import { accepted, deferred, refused, unknown, type Outcome } from '../../src/core/outcome.ts';

const second = 1_000;
const dead = deferred('unreachable', '');

const after = (outcomes: readonly Outcome[], everyMs = 0, from: Circuit = closedCircuit): Circuit =>
  outcomes.reduce((circuit, outcome, index) => heard(circuit, outcome, index * everyMs), from);

const opened = after(Array<Outcome>(5).fill(dead));

describe('a circuit', () => {
  test('opens at the fifth failure in a row, not before', () => {
    expect(after(Array<Outcome>(4).fill(dead)).state).toBe('closed');
    expect(opened).toEqual({ state: 'open', why: 'circuit', since: 0, until: 30 * second });
  });

  test('opens after half a minute of nothing but failures', () => {
    expect(after([dead, dead], 29 * second).state).toBe('closed');
    expect(after([dead, dead], 30 * second).state).toBe('open');
    expect(after([dead, accepted(), dead], 30 * second).state).toBe('closed');
  });

  test.each<[string, Outcome, boolean]>([
    ['a timeout', deferred('timeout', ''), true],
    ['a throttled reply', deferred('throttled', ''), true],
    ['a doubt after silence', unknown('silence', ''), true],
    ['a line that broke under the talk', unknown('interrupted', ''), true],
    ['a sign-in that is not accepted', deferred('unauthorized', ''), true],
    ['an attempt that we cut off ourselves', deferred('interrupted', ''), false],
    ['the refusal of one address', refused('bad-address', ''), false],
    ['a refusal of access for one sender', refused('unauthorized', ''), false],
    ['a busy line', deferred('busy', ''), false],
  ])('%s counts as it should', (_, outcome, counts) => {
    expect(after(Array<Outcome>(5).fill(outcome)).state === 'open').toBe(counts);
  });

  test('lets nobody pass for 30 s, then one routine item, then nobody until that is back', () => {
    expect(passes(opened, false, 30 * second - 1)).toBe(false);
    expect(passes(opened, false, 30 * second)).toBe(true);
    expect(passes(opened, true, 30 * second)).toBe(false);
    const probing = begun(opened, 30 * second);
    expect(probing.state).toBe('half-open');
    expect(passes(probing, false, 31 * second)).toBe(false);
    expect(passes(probing, true, 31 * second)).toBe(false);
    expect(heard(probing, accepted(), 31 * second)).toEqual(closedCircuit);
    const again = heard(probing, dead, 31 * second);
    expect(again).toMatchObject({ state: 'open', since: 0, until: 91 * second });
  });

  test('takes an urgent probe when no routine item came for a minute and a half', () => {
    expect(passes(opened, true, 120 * second - 1)).toBe(false);
    expect(passes(opened, true, 120 * second)).toBe(true);
  });

  test('gives the place of a probe free that said nothing of the far side', () => {
    const probing = begun(opened, 30 * second);
    expect(passes(heard(probing, refused('bad-address', ''), 31 * second), false, 31 * second)).toBe(true);
  });

  test('believes a probe lost that never came back', () => {
    const probing = begun(opened, 30 * second);
    expect(passes(probing, false, 150 * second)).toBe(true);
  });

  test('closes for anybody who gets through, and is not held open by those who set out before', () => {
    expect(heard(opened, accepted(), second)).toEqual(closedCircuit);
    expect(heard(opened, dead, second)).toBe(opened);
  });

  test('stays closed to routine until the time that the far side named, within a quarter of an hour', () => {
    const named = heard(closedCircuit, deferred('throttled', '', 240 * second), 0);
    expect(named).toMatchObject({ state: 'open', why: 'throttled', until: 240 * second });
    expect(heard(closedCircuit, deferred('throttled', '', 86_400 * second), 0)).toMatchObject({ until: 900 * second });
    expect(heard(opened, deferred('throttled', '', 240 * second), 0)).toMatchObject({ until: 240 * second });
  });

  test('whatever happens, everything flows again two minutes after the far side is back', () => {
    const kind = fc.constantFrom<Outcome>(dead, unknown('silence', ''), refused('bad-address', ''), accepted());
    fc.assert(
      fc.property(fc.array(fc.tuple(kind, fc.integer({ min: 0, max: 90_000 })), { maxLength: 60 }), (history) => {
        let now = 0;
        let circuit: Circuit = closedCircuit;
        for (const [outcome, pause] of history) {
          now += pause;
          if (!passes(circuit, false, now)) continue;
          circuit = heard(begun(circuit, now), outcome, now);
        }
        const back = now;
        while (!passes(circuit, false, now)) now += second;
        expect(now - back).toBeLessThanOrEqual(60 * second);
        expect(heard(begun(circuit, now), accepted(), now)).toEqual(closedCircuit);
      }),
    );
  });

  test('lets no more than five failures in a row through, and one each half minute after', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 50, maxLength: 300 }), (pauses) => {
        let now = 0;
        let circuit: Circuit = closedCircuit;
        let made = 0;
        for (const pause of pauses) {
          now += pause;
          if (!passes(circuit, false, now)) continue;
          made += 1;
          circuit = heard(begun(circuit, now), dead, now);
        }
        expect(made).toBeLessThanOrEqual(5 + now / (30 * second));
      }),
    );
  });
});
