import { afterEach, expect, test } from '@jest/globals';
import { lineRack, type Line, type Rack } from '../../../channels/direct/smtp/line.ts';

const line = (): Line => ({
  connection: { close: () => undefined, quit: () => undefined } as unknown as Line['connection'],
  onGone: () => () => undefined,
  broken: () => false,
});

let rack: Rack;
afterEach(() => rack.close());

test('a line that carried urgent mail is kept for urgent mail, which takes any', () => {
  rack = lineRack(60_000);
  const [routine, urgent] = [line(), line()];
  rack.put('far', urgent, true);
  rack.put('far', routine, false);
  expect(rack.take('far', false)).toBe(routine);
  expect(rack.take('far', false)).toBeNull();
  expect(rack.take('elsewhere', true)).toBeNull();
  rack.put('far', routine, false);
  expect(rack.take('far', true)).toBe(urgent);
  expect(rack.take('far', true)).toBe(routine);
  expect(rack.take('far', true)).toBeNull();
});
