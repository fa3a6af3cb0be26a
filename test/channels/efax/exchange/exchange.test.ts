import { expect, test } from '@jest/globals';
import { playExchange } from './exchange.ts';

test('many faxes to few numbers on few lines: one call to each number, no idle line, both practices served', async () => {
  const load = { faxes: 240, numbers: 30, lines: 6, seed: 7 };
  const { broken, calls, ends, firstCalls } = await playExchange(load);
  expect(broken).toEqual([]);
  expect(calls).toBeGreaterThan(load.faxes * 0.9);
  expect(ends.delivered).toBeGreaterThan(load.faxes * 0.8);
  // The small practice, with a tenth of the faxes, does not wait behind the large one.
  expect(firstCalls['small']).toBeLessThan((firstCalls['large'] ?? 0) / 2);
}, 120_000);
