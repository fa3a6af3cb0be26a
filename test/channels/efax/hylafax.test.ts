import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hylafax } from '../../../channels/efax/providers/hylafax.ts';
import type { FaxProvider } from '../../../channels/efax/provider.ts';
import { openHylafax, type Hylafax } from './companies/hylafax.ts';

/** What no other company has. The contract suite is in companies.test.ts, real calls are in test/line. */
let far: Hylafax;
let provider: FaxProvider;

beforeAll(async () => {
  far = await openHylafax();
  const account = hylafax.account.parse({ ...far.account, from: '+13105550100', practice: 'main' });
  provider = hylafax.open(account, { now: Date.now });
});
afterAll(() => far.close());

test('what a call that broke before its first page left behind is swept; a call under way and a broken fax are not', async () => {
  far.lay({ name: 'fax000000001.tif', pages: 3, caller: '5550101', csid: 'Lab1' });
  far.lay({ name: 'fax000000002.tif', pages: 0, caller: '', csid: '' });
  far.lay({ name: 'fax000000003.tif', pages: 0, caller: '5550102', csid: '', busy: true });
  const error = 'No response to PPS repeated 3 times.';
  far.lay({ name: 'fax000000004.tif', pages: 1, caller: '5550103', csid: 'Lab3', error });
  expect(await provider.waiting?.(AbortSignal.timeout(5_000))).toMatchObject([
    { id: 'fax000000001.tif', from: '5550101', csid: 'Lab1', pageCount: 3, broken: false },
    { id: 'fax000000004.tif', from: '5550103', csid: 'Lab3', pageCount: 1, broken: true },
  ]);
  expect(far.erased).toEqual(['recvq/fax000000002.tif']);
});
