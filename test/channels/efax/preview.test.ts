import { expect, test } from '@jest/globals';
import { previewed } from '../../../channels/efax/preview.ts';
import { Unprintable, type Cover, type SheetPreview } from '../../../src/core/press.ts';

const page: SheetPreview = { png: new Uint8Array(1), bytes: 18_000, warnings: [], ours: false };
const practice = {
  id: 'main',
  name: 'Oakwood',
  phone: '+1 512 258 1845',
  npi: null,
  addresses: { efax: ['+13105550100'] },
  cover: { language: 'es' as const, template: null },
};
const to = { name: 'Albany Cardiology', fax: '+12125550123' };
const draft = { practice, to, urgency: 'routine' as const, documents: [] };
const account = (name: string, pricePerPage: { amount: number; currency: string } | null) => ({
  name,
  account: { provider: 'telnyx', from: '+13105550100', practice: 'main', pricePerPage },
});
const covers: Cover[] = [];
const tools = {
  now: () => 0,
  press: {
    fax: () => Promise.reject(new Error('nothing is sent')),
    link: () => Promise.reject(new Error('no links here')),
    preview: (cover: Cover) => {
      covers.push(cover);
      return Promise.resolve([page, page, page]);
    },
  },
};

test('a draft is shown as it would go out, with the time that such calls took and the price of each account', async () => {
  const accounts = [account('first', { amount: 0.07, currency: 'USD' }), account('own-line', null)];
  const { seconds, prices, pages } = await previewed(tools, accounts, draft);
  expect([seconds, pages.length]).toEqual([15 + 3 * 6 + 30, 3]);
  expect(prices).toEqual([{ account: 'first', amount: expect.closeTo(0.21), currency: 'USD' }]);
  expect(covers[0]).toMatchObject({ to, style: practice.cover, answer: { fax: '+1 310 555 0100' } });
  // A token that no key signed: a copy of the preview moves nothing.
  expect(covers[0]?.answer?.token).toBe(`LG${'0'.repeat(24)}`);
});

test('what would not be dialled is not drawn', async () => {
  const premium = { ...draft, to: { name: null, fax: '+19005550123' } };
  await expect(previewed(tools, [account('first', null)], premium)).rejects.toThrow(Unprintable);
  await expect(previewed(tools, [], draft)).rejects.toThrow(Unprintable);
});
