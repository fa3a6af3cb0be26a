import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startFaxCompany, type FaxCompany } from '../../demo/fax-company.ts';
import { freePort } from '../../demo/free-port.ts';
import { parseConfig } from '../../src/config.ts';
import type { DeliveryId } from '../../src/core/message.ts';
import { createGateway, type Gateway } from '../../src/gateway.ts';
import defaults from '../../config/default.js';
import { clientState } from '../channels/efax/setup.ts';
import { request, pdf, until } from '../harness.ts';
import { report } from './table.ts';

const hour = 3_600_000;
const account = { apiKey: 'KEY0000', connectionId: 'app-1' };
const silent = (): void => undefined;

let clock: { ahead: number };
let folder: string;
let company: FaxCompany;
let gateway: Gateway;
const now = (): number => Date.now() + clock.ahead;

beforeEach(async () => {
  clock = { ahead: 0 };
  folder = mkdtempSync(join(tmpdir(), 'loopgate-news-'));
  company = await startFaxCompany({ ...account, pace: 1, now });
  const port = await freePort();
  const practice = {
    id: 'main',
    name: 'Riverside',
    phone: '+12125550100',
    npi: null,
    addresses: { efax: ['+12125550101'] },
  };
  const main = {
    ...account,
    provider: 'telnyx',
    publicKey: company.publicKey,
    baseUrl: company.url,
    from: '+12125550101',
    practice: 'main',
  };
  gateway = await createGateway(
    parseConfig({
      ...defaults,
      data: join(folder, 'data'),
      log: 'silent',
      http: { ...defaults.http, port },
      practices: [practice],
      patience: { efax: { delays: ['1s'], waits: null, receiptWithin: '30m', onSilence: 'hold' } },
      channels: { efax: { accounts: { main } } },
    }),
    { now, log: { info: silent, warn: silent, error: silent } },
  );
  await gateway.start();
});
afterEach(async () => {
  await gateway.stop();
  await company.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A fax that the company took and will never call about. */
async function faxed(): Promise<{ readonly delivery: DeliveryId; readonly attempt: string; readonly fax: string }> {
  company.behave('default', 'silent');
  const recipient = { name: 'Far', npi: null, phone: null, endpoints: [{ channel: 'efax', address: '+13125550199' }] };
  const { deliveries } = await gateway.actions.submit({
    practice: 'main',
    who: 'test',
    key: null,
    referral: request({ recipient }),
    documents: [{ name: 'referral.pdf', mediaType: 'application/pdf', bytes: pdf }],
  });
  const delivery = deliveries[0]!.id;
  const sent = await until('the fax is sent', async () => {
    const found = await gateway.store.delivery(delivery);
    return found.state === 'sent' ? found : null;
  });
  return { delivery, attempt: sent.attempt!, fax: company.faxes[0]!.id };
}

let events = 0;
function news(type: string, { attempt, fax }: { attempt: string; fax: string }, at = now()) {
  const payload = {
    fax_id: fax,
    connection_id: 'app-1',
    direction: 'outbound',
    client_state: clientState(attempt),
    status: type,
    page_count: 2,
  };
  const data = {
    record_type: 'event',
    event_type: `fax.${type}`,
    id: `event-${events++}`,
    occurred_at: new Date(at).toISOString(),
    payload,
  };
  return JSON.stringify({ data, meta: { attempt: 1 } });
}

const tell = async (body: string, signedAt = now()): Promise<number> =>
  (await fetch(`${gateway.url}/webhooks/efax/main`, { method: 'POST', body, headers: company.sign(body, signedAt) }))
    .status;

const state = async (delivery: DeliveryId): Promise<string> => (await gateway.store.delivery(delivery)).state;
const becomes = (delivery: DeliveryId, wanted: string) =>
  until(`the delivery is ${wanted}`, async () => (await state(delivery)) === wanted);

const record = (test: string, faults: string): void =>
  report({
    test: `L3 news of a fax: ${test}`,
    size: '1 fax',
    faults,
    lost: null,
    duplicates: null,
    falseReceipts: null,
    inDoubt: null,
    seconds: 0,
  });

describe('the fax company’s news', () => {
  test('counts once when it comes five times, and every copy is answered', async () => {
    const sent = await faxed();
    const body = news('delivered', sent);
    const answers = await Promise.all(Array.from({ length: 5 }, () => tell(body)));
    await becomes(sent.delivery, 'delivered');
    expect([...answers, await tell(body)]).toEqual(Array.from({ length: 6 }, () => 200));
    const receipts = await gateway.store.receiptsOf(sent.delivery);
    expect(receipts.map(({ kind }) => kind)).toEqual(['delivered']);
    const { message } = await gateway.store.delivery(sent.delivery);
    const told = (await gateway.store.history(message)).filter(({ what }) => what === 'receipt.recorded');
    expect(told).toHaveLength(1);
    record('five times', '5 copies');
  });

  test('may come last first', async () => {
    const sent = await faxed();
    expect(await tell(news('delivered', sent))).toBe(200);
    await becomes(sent.delivery, 'delivered');
    for (const type of ['sending.started', 'media.processed', 'queued']) expect(await tell(news(type, sent))).toBe(200);
    expect(await state(sent.delivery)).toBe('delivered');
    record('out of order', '4 events');
  });

  test('still counts after three days; a recording of it that old does not', async () => {
    const sent = await faxed();
    await company.close();
    const written = now();
    const body = news('delivered', sent);
    clock.ahead = 72 * hour;
    await becomes(sent.delivery, 'held');
    expect(await tell(body, written)).toBe(400);
    expect(await state(sent.delivery)).toBe('held');
    expect(await tell(body)).toBe(200);
    await becomes(sent.delivery, 'delivered');
    const [receipt] = await gateway.store.receiptsOf(sent.delivery);
    expect(receipt).toMatchObject({ attempt: sent.attempt, kind: 'delivered' });
    record('three days late', '1 late, 1 replayed');
  });
});
