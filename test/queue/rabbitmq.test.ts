import { afterAll, beforeAll } from '@jest/globals';
import { rabbitQueue } from '../../src/queue/rabbitmq.ts';
import { queueContract, type OpenQueue } from '../contract/queue.ts';
import { anyBroker, type Broker } from '../services/rabbitmq.ts';
import { stores } from './stores.ts';

const empty = stores();
let broker: Broker;
beforeAll(async () => {
  broker = await anyBroker();
});
afterAll(async () => {
  await broker.stop();
  await empty.close();
});

const openQueue: OpenQueue = (store, log, now) => rabbitQueue(broker.url, store, log, now);
queueContract('RabbitMQ on SQLite', empty.sqlite, openQueue, 16);
queueContract('RabbitMQ on PostgreSQL', empty.postgres, openQueue, 16);
