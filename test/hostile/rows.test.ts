import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { faxCases } from './fax-cases.ts';
import { httpCases } from './http-cases.ts';
import { smtpCases } from './smtp-cases.ts';

/** The list of bad inputs has 84 rows. Most are fired at a running gateway (hostile.test.ts), their number before their
 *  name; the rest where their part is tested, for instance because a sound signature is needed around them. */

/** Row → a test file, and words that stand in the test of that row. */
const elsewhere: Readonly<Record<number, readonly [file: string, words: string]>> = {
  9: ['channels/direct/listener', 'recipients beyond the limit are put off'],
  14: ['channels/direct/documents', 'attachments of all sizes'],
  24: ['channels/direct/paths', 'basicConstraints'],
  29: ['channels/direct/listener', 'by an expired certificate'],
  30: ['channels/direct/attacks', 'altered blocks'],
  31: ['channels/direct/attacks', 'ten layers are not unwrapped'],
  38: ['http/api', 'is never rendered in our origin'],
  39: ['documents/tiff', 'the same coded page in a PDF, as fax companies wrap it'],
  42: ['documents/tiff', 'white-is-zero'],
  43: ['documents/read', 'every page is blank'],
  44: ['documents/hostile', 'noise given to OCR'],
  46: ['documents/hostile', 'a page that takes too long'],
  55: ['documents/read', 'script and links in a clinical document are plain words'],
  57: ['web/desk', '{{7*7}}'],
  67: ['channels/efax/fetch-media', 'whose certificate nobody vouches for'],
  69: ['http/desk', 'no cell is a formula'],
  73: ['http/portal', 'as mail scanners do, changes nothing'],
  74: ['http/portal', 'five wrong ones lock the link'],
  75: ['http/sessions', 'has a new token each time'],
  76: ['http/rights', 'the same 404 on every route'],
  77: ['web/desk', 'hostile names are words and nothing more'],
  80: ['http/sessions', 'a cookie does not work from another site'],
  81: ['http/desk', 'two at once do not overwrite each other'],
  82: ['http/desk', 'touches nothing that was not in the plan'],
  83: ['e2e/reload', 'keeps the old settings when anything in the new ones is wrong'],
};

/** Rows that nothing here can come to, and why. */
const nowhere: Readonly<Record<number, string>> = {
  7: 'no door speaks the PROXY protocol',
  25: 'OpenSSL verifies Ed25519, not the library that accepted it',
  26: 'OpenSSL verifies RSA',
  45: 'the language data comes in a package; nothing is fetched',
  54: 'no XML signature is read',
  56: 'no door speaks HL7 v2',
  59: 'no door speaks FHIR',
  84: 'policies are data',
};

const fired = [...httpCases, ...faxCases, ...smtpCases].flatMap(({ name }) => /^(\d+):/.exec(name)?.[1] ?? []);

test('each of the 84 rows is fired, tested elsewhere, or out of reach', () => {
  const all = [...fired, ...Object.keys(elsewhere), ...Object.keys(nowhere)].map(Number);
  expect([...new Set(all)].sort((a, b) => a - b)).toEqual(Array.from({ length: 84 }, (_, row) => row + 1));
});

test.each(Object.entries(elsewhere))('row %s is where it is said to be', (_, [file, words]) => {
  expect(readFileSync(new URL(`../${file}.test.ts`, import.meta.url), 'utf8')).toContain(words);
});
