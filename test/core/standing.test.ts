import { describe, expect, test } from '@jest/globals';
import { barredBy, learn, unknownEndpoint, type Standing, type StandingEvent } from '../../src/core/standing.ts';

const fresh = unknownEndpoint('main', { channel: 'efax', address: '+12125550123' });
const called = (kind: 'delivered' | 'failed', code?: 'not-a-fax' | 'bad-address' | 'busy', n = 1): StandingEvent => ({
  type: 'called',
  attempt: `att_${n}`,
  kind,
  reason: code === undefined ? null : { code, detail: '' },
});
const after = (...events: readonly StandingEvent[]): Standing =>
  events.reduce((standing, event, index) => learn(standing, event, index + 1), fresh);
const suppression = { why: 'asked' as const, note: 'no more', by: 'user:anna', until: 50 };

describe('whether a number may be dialled', () => {
  test.each([
    ['of nobody’s knowledge, where that is no matter', fresh, false, null],
    ['of nobody’s knowledge', fresh, true, 'nobody confirmed the number yet'],
    ['confirmed', after({ type: 'confirmed', by: 'user:anna' }), true, null],
    ['that took a fax once', after(called('delivered')), true, null],
    ['that does not work', after(called('failed', 'bad-address')), false, 'the number does not work'],
    ['where a voice answered once', after(called('failed', 'not-a-fax')), false, null],
    [
      'where a voice answers',
      after(called('failed', 'not-a-fax', 1), called('failed', 'not-a-fax', 2)),
      false,
      'a voice answers there, not a fax',
    ],
    ['whose one call was told twice', after(called('failed', 'not-a-fax'), called('failed', 'not-a-fax')), false, null],
    ['that was only busy', after(called('failed', 'busy')), false, null],
    [
      'that took a fax after a voice',
      after(called('failed', 'not-a-fax', 1), called('delivered'), called('failed', 'not-a-fax', 2)),
      false,
      null,
    ],
    [
      'that somebody looked into',
      after(called('failed', 'bad-address'), { type: 'confirmed', by: 'user:anna' }),
      false,
      null,
    ],
    ['on the list', after({ type: 'suppressed', suppression }), false, 'must not be dialled'],
    ['taken off the list', after({ type: 'suppressed', suppression }, { type: 'lifted' }), false, null],
  ] as const)('%s', (_, standing, confirmFirst, bar) => {
    expect(barredBy(standing, confirmFirst, 10)).toBe(bar);
  });

  test('the list ends at its time', () => {
    expect(barredBy(after({ type: 'suppressed', suppression }), false, 51)).toBeNull();
  });

  test('what tells nothing new changes nothing', () => {
    const known = after(called('delivered'));
    expect(learn(known, called('delivered'), 9)).toBe(known);
    expect(learn(fresh, { type: 'lifted' }, 9)).toBe(fresh);
  });
});
