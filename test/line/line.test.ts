import { expect, test } from '@jest/globals';
import { playLine } from './run.ts';
import { scenarios } from './scenarios.ts';

test('a real call on a real line comes to what it must, and is dialled once', async () => {
  const quick = scenarios.filter((each) => each.quick);
  const verdicts = await playLine(quick, () => undefined);
  expect(verdicts).toEqual(quick.map(({ name }) => ({ name, seconds: expect.any(Number), wrong: [] })));
}, 240_000);
