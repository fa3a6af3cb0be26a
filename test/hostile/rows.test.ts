import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { deskCases } from './desk-cases.ts';
import { faxCases } from './fax-cases.ts';
import { formCases } from './form-cases.ts';
import { httpCases } from './http-cases.ts';
import { isolationCases } from './isolation-cases.ts';
import { paperCases } from './paper-cases.ts';
import { smtpCases } from './smtp-cases.ts';
import { trustCases } from './trust-cases.ts';
import { viewCases } from './view-cases.ts';

/** The list of bad inputs has 84 rows. Most are fired at a running gateway (hostile.test.ts), their number before their
 *  name; the rest where their part is tested: here they would cost a minute of a processor. */

/** Row → a test file, and words that stand in the test of that row. */
const elsewhere: Readonly<Record<number, readonly [file: string, words: string]>> = {
  46: ['documents/hostile', 'a page that takes too long'],
};

/** Rows that nothing here can come to, and why. */
const nowhere: Readonly<Record<number, string>> = {
  45: 'the language data comes in a package; nothing is fetched',
};

const fired = [
  ...deskCases,
  ...isolationCases,
  ...httpCases,
  ...formCases,
  ...faxCases,
  ...paperCases,
  ...smtpCases,
  ...trustCases,
  ...viewCases,
].flatMap(({ name }) => /^([\d, ]+):/.exec(name)?.[1]?.split(', ') ?? []);

test('each of the 84 rows is fired, tested elsewhere, or out of reach', () => {
  const all = [...fired, ...Object.keys(elsewhere), ...Object.keys(nowhere)].map(Number);
  expect([...new Set(all)].sort((a, b) => a - b)).toEqual(Array.from({ length: 84 }, (_, row) => row + 1));
});

test.each(Object.entries(elsewhere))('row %s is where it is said to be', (_, [file, words]) => {
  expect(readFileSync(new URL(`../${file}.test.ts`, import.meta.url), 'utf8')).toContain(words);
});
