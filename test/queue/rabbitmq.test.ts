import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll } from '@jest/globals';
import { rabbitQueue } from '../../src/queue/rabbitmq.ts';
import { sqlStore } from '../../src/store/sql-store.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { createVault } from '../../src/store/vault.ts';
import { queueContract } from '../contract/queue.ts';
import { anyBroker, type Broker } from '../services/rabbitmq.ts';

let broker: Broker;
beforeAll(async () => {
  broker = await anyBroker();
}, 90_000);
afterAll(() => broker.stop());

queueContract(
  'RabbitMQ on SQLite',
  (now) => Promise.resolve(sqlStore(openSqlite(':memory:'), createVault(randomBytes(32)), now)),
  (store, log, now) => rabbitQueue(broker.url, store, log, now),
);
