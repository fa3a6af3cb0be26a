import { expect, jest, test } from '@jest/globals';
import { TooMany } from '../../src/http/problem.ts';
import { turns } from '../../src/http/turns.ts';

const upload = (megabytes: number) => new Uint8Array(megabytes * 1024 * 1024);

const calm = () => false;

test('eight are at work at a time, the others follow in the order in which they came', async () => {
  const inTurn = turns(calm);
  const begun: number[] = [];
  const ends = Array.from({ length: 12 }, () => Promise.withResolvers<null>());
  const all = ends.map(({ promise }, index) =>
    inTurn(upload(0), async () => {
      begun.push(index);
      await promise;
      return index;
    }),
  );
  await new Promise((pass) => setImmediate(pass));
  expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  ends.forEach(({ resolve }) => resolve(null));
  expect(await Promise.all(all)).toEqual(ends.map((_, index) => index));
  expect(begun).toEqual(ends.map((_, index) => index));
});

test('beside urgent work one is at work at a time, and eight again when it is over', async () => {
  let hurried = true;
  const inTurn = turns(() => hurried);
  const ends = Array.from({ length: 12 }, () => Promise.withResolvers<null>());
  let begun = 0;
  const enter = (end: PromiseWithResolvers<null>) =>
    inTurn(upload(0), () => {
      begun += 1;
      return end.promise;
    });
  const all = ends.slice(0, 11).map(enter);
  await new Promise((pass) => setImmediate(pass));
  expect(begun).toBe(1);
  hurried = false;
  all.push(enter(ends[11]!));
  await new Promise((pass) => setImmediate(pass));
  expect(begun).toBe(8);
  ends.forEach(({ resolve }) => resolve(null));
  await Promise.all(all);
});

test('what is urgent goes at once, however many wait, and they make room for it', async () => {
  const inTurn = turns(calm);
  const ends = Array.from({ length: 12 }, () => Promise.withResolvers<null>());
  const begun: number[] = [];
  const enter = (index: number, urgent: boolean) =>
    inTurn(
      upload(0),
      () => {
        begun.push(index);
        return ends[index]!.promise;
      },
      urgent,
    );
  const all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((index) => enter(index, false));
  all.push(enter(10, true));
  await new Promise((pass) => setImmediate(pass));
  expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 10]);
  // One of the eight is over; of the line, nobody follows while the urgent one is at work.
  ends[0]!.resolve(null);
  await all[0];
  await new Promise((pass) => setImmediate(pass));
  expect(begun).toHaveLength(9);
  ends.forEach(({ resolve }) => resolve(null));
  await Promise.all(all);
  expect(begun).toContain(9);
});

test('when too much waits, the next is asked to come back; and one that fails makes room like any other', async () => {
  const inTurn = turns(calm);
  const end = Promise.withResolvers<null>();
  const first = inTurn(upload(129), () => end.promise);
  await expect(inTurn(upload(1), () => Promise.resolve(null))).rejects.toThrow(TooMany);
  end.reject(new Error('broken'));
  await expect(first).rejects.toThrow('broken');
  expect(await inTurn(upload(1), () => Promise.resolve('taken'))).toBe('taken');
});

test('whose turn comes too late is asked to come back', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  const inTurn = turns(calm);
  const end = Promise.withResolvers<null>();
  const all = Array.from({ length: 8 }, () => inTurn(upload(0), () => end.promise));
  const late = inTurn(upload(0), () => Promise.resolve('taken'));
  await new Promise((pass) => setImmediate(pass));
  jest.advanceTimersByTime(10_001);
  const later = inTurn(upload(0), () => Promise.resolve('taken'));
  end.resolve(null);
  await expect(late).rejects.toThrow(TooMany);
  await Promise.all(all);
  expect(await later).toBe('taken');
  jest.useRealTimers();
});
