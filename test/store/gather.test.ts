import { expect, test } from '@jest/globals';
import type { Row, Statement } from '../../src/store/db.ts';
import { gathered } from '../../src/store/gather.ts';

/** An engine that answers when told to. */
function slowEngine() {
  const transactions: { statements: readonly Statement[]; answer: PromiseWithResolvers<readonly Row[]> }[] = [];
  return {
    transactions,
    apply(statements: readonly Statement[]) {
      const answer = Promise.withResolvers<readonly Row[]>();
      transactions.push({ statements, answer });
      return answer.promise;
    },
  };
}

const statement = (sql: string): Statement => ({ sql, params: [] });
const turn = () => new Promise((pass) => setImmediate(pass));

test('what is asked while a transaction is on its way goes together in the next, in order', async () => {
  const engine = slowEngine();
  const write = gathered(engine);
  const first = write(statement('a'));
  await turn();
  const [second, third] = [write(statement('b')), write(statement('c'))];
  await turn();
  expect(engine.transactions.map(({ statements }) => statements.map(({ sql }) => sql))).toEqual([['a']]);
  engine.transactions[0]!.answer.resolve([{ of: 'a' }]);
  expect(await first).toEqual([{ of: 'a' }]);
  await turn();
  expect(engine.transactions[1]!.statements.map(({ sql }) => sql)).toEqual(['b', 'c']);
  engine.transactions[1]!.answer.resolve([{ of: 'b' }, { of: 'c' }]);
  expect(await Promise.all([second, third])).toEqual(Array(2).fill([{ of: 'b' }, { of: 'c' }]));
});

test('a transaction that fails fails for those who asked in it, and for nobody later', async () => {
  const engine = slowEngine();
  const write = gathered(engine);
  const failing = [write(statement('a')), write(statement('b'))];
  await turn();
  const later = write(statement('c'));
  engine.transactions[0]!.answer.reject(new Error('gone'));
  for (const each of failing) await expect(each).rejects.toThrow('gone');
  await turn();
  engine.transactions[1]!.answer.resolve([]);
  expect(await later).toEqual([]);
});
