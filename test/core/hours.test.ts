import { describe, expect, test } from '@jest/globals';
import { opening } from '../../src/core/hours.ts';

const hours = { zone: 'America/New_York', days: [1, 2, 3, 4, 5], from: 8 * 60, to: 17 * 60 };
const at = (text: string): number => Date.parse(text);

describe('the next time an office is open', () => {
  test.each([
    ['in the middle of the day', '2026-11-25T15:00:30Z', '2026-11-25T15:00:30Z'],
    ['before it opens', '2026-11-25T10:15:20Z', '2026-11-25T13:00:00Z'],
    ['after it closed', '2026-11-25T22:00:00Z', '2026-11-26T13:00:00Z'],
    ['on a Friday evening', '2026-11-27T23:30:00Z', '2026-11-30T13:00:00Z'],
    ['over the end of summer time', '2026-10-30T21:30:00Z', '2026-11-02T13:00:00Z'],
    ['over its begin', '2026-03-06T22:30:00Z', '2026-03-09T12:00:00Z'],
  ])('%s', (_when, from, expected) => {
    expect(new Date(opening(hours, at(from))).toISOString()).toBe(new Date(expected).toISOString());
  });

  test('is now, where no day is named', () => {
    expect(opening({ ...hours, days: [] }, 5)).toBe(5);
  });
});
