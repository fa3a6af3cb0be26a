import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, test } from '@jest/globals';
import { postgres } from '../services/postgres.ts';
import { startBroker, type PrivateBroker } from '../services/rabbitmq.ts';
import { frozenWorker, gateway, killLoop, worker, type Victim } from './kills.ts';
import { sized } from './table.ts';

const size = sized({
  short: { referrals: 40, kills: 6 },
  change: { referrals: 300, kills: 30 },
  nightly: { referrals: 10_000, kills: 1_000 },
});
const wipes = sized({ short: 1, change: 1, nightly: 10 });

const server = postgres();
let carrier: PrivateBroker;
beforeAll(async () => {
  carrier = await startBroker();
});
afterAll(async () => {
  await carrier.stop();
  await server.stop();
});

const database: Victim = {
  name: 'database',
  async strike() {
    await server.kill();
    await server.restart();
  },
};

const broker: Victim = {
  name: 'broker',
  async strike() {
    await carrier.kill();
    await carrier.start();
  },
};

const frozenBroker: Victim = {
  name: 'frozen broker',
  async strike() {
    process.kill(carrier.pid() ?? 0, 'SIGSTOP');
    await sleep(5_000);
    process.kill(carrier.pid() ?? 0, 'SIGCONT');
  },
};

const wipedBroker: Victim = {
  name: 'broker with all its data',
  async strike() {
    await sleep(1_000);
    await carrier.wipe();
    await carrier.start();
  },
};

const cluster = async () => ({
  settings: { store: { url: await server.url() }, queue: { url: carrier.url } },
  worker: {},
});

test(
  `${size.referrals} referrals on PostgreSQL and RabbitMQ survive ${size.kills} kills of anybody`,
  async () => {
    const victims = [
      gateway,
      database,
      worker,
      broker,
      gateway,
      frozenWorker(),
      gateway,
      worker,
      database,
      frozenBroker,
    ];
    await killLoop({ ...(await cluster()), name: 'L2b kill -9 on PostgreSQL and RabbitMQ', victims }, size);
  },
  240_000 + size.kills * 15_000,
);

test(
  'nothing is lost with the data directory of the broker',
  async () => {
    const victims = [wipedBroker];
    await killLoop(
      { ...(await cluster()), name: 'L2c broker loses its data', victims },
      { referrals: 60, kills: wipes },
    );
  },
  240_000 + wipes * 30_000,
);
