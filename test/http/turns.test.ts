import { expect, test } from '@jest/globals';
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

test('beside urgent work two are at work at a time, and eight again when it is over', async () => {
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
  expect(begun).toBe(2);
  hurried = false;
  all.push(enter(ends[11]!));
  await new Promise((pass) => setImmediate(pass));
  expect(begun).toBe(8);
  ends.forEach(({ resolve }) => resolve(null));
  await Promise.all(all);
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
