import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseConfig } from '../../src/config.ts';
import defaults from '../../config/default.js';
import { createGateway, type Gateway } from '../../src/gateway.ts';
import { arrival, submission, until } from '../harness.ts';
import { silent } from '../contract/queue.ts';
import { startBroker, type PrivateBroker } from '../services/rabbitmq.ts';

const folder = mkdtempSync(join(tmpdir(), 'loopgate-queue-'));
let broker: PrivateBroker;
let gateway: Gateway;
beforeAll(async () => {
  broker = await startBroker();
  const config = parseConfig({
    ...defaults,
    data: join(folder, 'data'),
    http: { ...defaults.http, port: 0 },
    metrics: null,
    queue: { url: broker.url },
    channels: {},
  });
  gateway = await createGateway(config, { log: silent });
  await gateway.start();
});
afterAll(async () => {
  await gateway.stop();
  await broker.stop();
  rmSync(folder, { recursive: true });
});

test('referrals and arrivals go their whole way by the broker, which learns ids and nothing else', async () => {
  const { message } = await gateway.actions.submit(submission());
  const token = 'Canary-Quist';
  await gateway.inbox.message(
    arrival({
      origin: { channel: 'direct', token, from: 'dr@far.example', details: {} },
      to: [{ channel: 'direct', address: 'referrals@direct.localhost' }],
    }),
  );
  const entries = await until('the arrival waits for a person', async () => {
    const { rows } = await gateway.store.entries({ practices: null, limit: 10 });
    return rows.length === 1 && rows[0]?.state === 'waiting' && rows;
  });
  await until('nothing is due', async () => Object.values(await gateway.store.depth()).every((count) => count === 0));
  expect(entries).toHaveLength(1);
  const bytes = broker.bytes().toString('latin1');
  expect(bytes).toContain(message);
  expect(bytes).toContain(entries[0]!.message);
  expect(bytes).not.toMatch(/canary|wilhelmina|1961-04-09|palpitations|hillside|far\.example|2125550199/i);
});
