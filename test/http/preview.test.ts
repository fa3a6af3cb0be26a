import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Channel } from '../../src/core/channel.ts';
import { Unprintable, type Draft } from '../../src/core/press.ts';
import { keepRecipient } from '../../src/pipeline/recipients.ts';
import { fax, harness, request, scripted } from '../harness.ts';
import { form, house, pdfFile, type House } from './house.ts';

let at: House;
let key: string;
let problem: string | null = null;
const drafts: Draft[] = [];

const png = Buffer.from('iVBORw0KGgo=', 'base64');
const channel: Channel = {
  ...fax(),
  preview: (draft) => {
    drafts.push(draft);
    if (problem !== null) return Promise.reject(new Unprintable(problem));
    return Promise.resolve({
      pages: [
        { png, bytes: 100, warnings: [], ours: true },
        { png, bytes: 100, warnings: ['small-print'], ours: false },
      ],
      seconds: 27,
      prices: [{ account: 'first', amount: 0.14, currency: 'USD' }],
    });
  },
};

beforeAll(async () => {
  at = house({
    pipeline: harness({ channels: [scripted('direct'), channel] }),
    channels: new Map([[channel.name, channel]]),
  });
  key = await at.addKey('sender', 'main');
});
afterAll(() => at.close());

const ask = (referral: unknown, query = '', files = [pdfFile()]) =>
  at.as(key, `/api/v1/referrals/preview${query}`, { method: 'POST', body: form(referral, files) });
const toFax = { ...request(), recipient: { endpoints: [{ channel: 'efax', address: '+12125550199' }] } };

test('a draft comes back as pages with warnings, time and price, and nothing is kept', async () => {
  const last = await at.store.lastEvent();
  const answer = await ask(toFax, '?images=1');
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({
    number: '+12125550199',
    barred: null,
    seconds: 27,
    prices: [{ account: 'first', amount: 0.14, currency: 'USD' }],
    pages: [
      { number: 1, ours: true, warnings: [], image: 'iVBORw0KGgo=' },
      {
        number: 2,
        ours: false,
        warnings: [{ code: 'small-print', text: expect.stringMatching(/hard to read/) }],
        image: null,
      },
    ],
  });
  expect(drafts.at(-1)?.documents.map(({ document }) => document.mediaType)).toEqual(['application/pdf']);
  expect(await at.store.lastEvent()).toBe(last);
});

test('a recipient whom the practice keeps is looked up for it as for a referral', async () => {
  const endpoints = [
    { channel: 'direct', address: 'hearts@far.example' },
    { channel: 'efax', address: '+12125550177' },
  ];
  const kept = { name: 'Hearts', npi: '1234567893', phone: null, endpoints };
  const asker = { who: 'key:test', practices: ['main'], practice: 'main', id: null, version: null };
  await keepRecipient({ store: at.store, now: () => at.now() })({ ...asker, recipient: kept });
  expect((await ask({ ...request(), recipient: { npi: '1234567893' } })).status).toBe(200);
  expect(drafts.at(-1)?.to).toEqual({ name: 'Hearts', fax: '+12125550177' });
});

test('what cannot be faxed is told in words', async () => {
  const words = async (answer: Response): Promise<[number, string]> => [answer.status, await answer.text()];
  expect(
    await words(
      await ask({ ...request(), recipient: { endpoints: [{ channel: 'direct', address: 'hearts@far.example' }] } }),
    ),
  ).toEqual([400, expect.stringContaining('there is no fax number')]);
  expect(await words(await ask(toFax, '', []))).toEqual([400, expect.stringContaining('at least one file')]);
  problem = 'the PDF needs a password';
  const [status, text] = await words(await ask(toFax));
  problem = null;
  expect([status, text]).toEqual([400, expect.stringMatching(/nothing was sent: the PDF needs a password/)]);
});

test('the cover sheet of a practice is an image for its own people', async () => {
  const own = await at.as(key, '/api/v1/practices/main/cover.png');
  expect([own.status, own.headers.get('content-type')]).toEqual([200, 'image/png']);
  expect(drafts.at(-1)).toMatchObject({ to: { name: 'Sample Cardiology' }, documents: [] });
  expect((await at.as(key, '/api/v1/practices/elm/cover.png')).status).toBe(404);
});
