import { afterEach, expect, test } from '@jest/globals';
import { scripted } from '../harness.ts';
import { house, type House } from './house.ts';

let at: House;
afterEach(() => at.close());

test('a channel gets its webhook untouched: method, whole address, headers and raw bytes', async () => {
  const seen: unknown[] = [];
  const efax = {
    ...scripted('efax'),
    webhook: async (request: Request) => {
      const { method, url, headers } = request;
      seen.push([method, url, headers.get('telnyx-signature-ed25519'), await request.text()]);
      return new Response(null, { status: 204 });
    },
  };
  at = house({ channels: new Map([['efax', efax]]) });
  const body = '{"a":1, "a":2, "__proto__": {}}';
  const headers = { 'telnyx-signature-ed25519': 'sig', 'content-type': 'application/json' };
  const answer = await at.app.request('http://127.0.0.1/webhooks/efax/main', { method: 'POST', body, headers });
  expect(answer.status).toBe(204);
  await at.app.request('http://127.0.0.1/webhooks/efax/main/media/x?sig=1');
  expect(seen).toEqual([
    ['POST', 'http://127.0.0.1/webhooks/efax/main', 'sig', body],
    ['GET', 'http://127.0.0.1/webhooks/efax/main/media/x?sig=1', null, ''],
  ]);
});

test('a channel that is unknown or takes no webhooks is a 404', async () => {
  at = house({ channels: new Map([['direct', scripted('direct')]]) });
  for (const name of ['direct', 'pigeon', '__proto__']) {
    expect((await at.app.request(`/webhooks/${name}/main`, { method: 'POST', body: 'x' })).status).toBe(404);
  }
});

test('a webhook larger than the limit is refused before its channel sees it', async () => {
  at = house({
    channels: new Map([
      ['efax', { ...scripted('efax'), webhook: (r: Request) => r.text().then(() => new Response('seen')) }],
    ]),
  });
  const answer = await at.app.request('/webhooks/efax/main', { method: 'POST', body: 'x'.repeat(6 * 1024 * 1024) });
  expect(answer.status).toBe(413);
});
