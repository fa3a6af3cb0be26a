import { beforeEach, expect, jest, test } from '@jest/globals';
import { rightOfWay, type RightOfWay } from '../src/right-of-way.ts';

jest.useFakeTimers();

let way: RightOfWay;
beforeEach(() => {
  way = rightOfWay(() => performance.now());
});

const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

/** Urgent work that takes so long. */
const urgent = (ms: number): Promise<unknown> => way.first(() => new Promise((done) => setTimeout(done, ms)));

/** Asks for its turn now. */
function other(): { went: boolean } {
  const each = { went: false };
  void way.give().then(() => (each.went = true));
  return each;
}

test('where nothing is urgent nobody waits', async () => {
  const routine = other();
  await pass(0);
  expect(routine.went).toBe(true);
});

test('the rest waits until urgent work is over and its next step had time to begin', async () => {
  void urgent(10);
  const routine = other();
  await pass(34);
  expect(routine.went).toBe(false);
  void urgent(10);
  await pass(34);
  expect(routine.went).toBe(false);
  await pass(1);
  expect(routine.went).toBe(true);
});

test('of several at work the last one counts', async () => {
  void urgent(10);
  void urgent(50);
  const routine = other();
  await pass(74);
  expect(routine.went).toBe(false);
  await pass(1);
  expect(routine.went).toBe(true);
});

test('what is part of urgent work waits for none, and gets its error', async () => {
  void urgent(50);
  let done = false;
  const own = way.first(async () => {
    await way.give();
    done = true;
    throw new Error('broken');
  });
  await expect(own).rejects.toThrow('broken');
  expect(done).toBe(true);
});

test('nobody waits for what takes long, nor gives way to it again when it ends', async () => {
  void urgent(10_000);
  const early = other();
  await pass(99);
  expect(early.went).toBe(false);
  await pass(1);
  expect(early.went).toBe(true);
  await pass(9_900);
  const late = other();
  await pass(0);
  expect(late.went).toBe(true);
});

test('however much is urgent, the rest goes on for a third of the time', async () => {
  const storm = setInterval(() => void urgent(20), 5);
  let [free, shared] = [0, 0];
  for (let ms = 0; ms < 1_500; ms++) {
    await pass(1);
    const routine = other();
    await pass(0);
    if (way.together()) shared += 1;
    if (routine.went) free += 1;
  }
  clearInterval(storm);
  expect(shared).toBeGreaterThanOrEqual(450);
  expect(free).toBeGreaterThanOrEqual(450);
  expect(free).toBeLessThanOrEqual(600);
});
