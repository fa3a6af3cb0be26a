import { expect, test } from '@jest/globals';
import { gathered } from '../../src/store/gather.ts';

/** An engine that answers when told to. */
function slowEngine() {
  const writes: { items: readonly string[]; answer: PromiseWithResolvers<string> }[] = [];
  return {
    writes,
    write(items: readonly string[]) {
      const answer = Promise.withResolvers<string>();
      writes.push({ items: [...items], answer });
      return answer.promise;
    },
  };
}

const turn = () => new Promise((pass) => setImmediate(pass));

test('what is asked while a write is on its way goes together in the next, in order', async () => {
  const engine = slowEngine();
  const write = gathered(engine.write, 3);
  const first = write('a');
  await turn();
  const others = ['b', 'c', 'd', 'e'].map(write);
  await turn();
  expect(engine.writes.map(({ items }) => items)).toEqual([['a']]);
  engine.writes[0]!.answer.resolve('one');
  expect(await first).toBe('one');
  await turn();
  expect(engine.writes[1]!.items).toEqual(['b', 'c', 'd']);
  engine.writes[1]!.answer.resolve('two');
  expect(await Promise.all(others.slice(0, 3))).toEqual(Array(3).fill('two'));
  await turn();
  expect(engine.writes[2]!.items).toEqual(['e']);
  engine.writes[2]!.answer.resolve('three');
  expect(await others[3]).toBe('three');
});

test('a write that fails fails for those who asked in it, and for nobody later', async () => {
  const engine = slowEngine();
  const write = gathered(engine.write);
  const failing = [write('a'), write('b')];
  await turn();
  const later = write('c');
  engine.writes[0]!.answer.reject(new Error('gone'));
  for (const each of failing) await expect(each).rejects.toThrow('gone');
  await turn();
  engine.writes[1]!.answer.resolve('here');
  expect(await later).toBe('here');
});
