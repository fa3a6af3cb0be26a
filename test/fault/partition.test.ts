import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, test } from '@jest/globals';
import { until } from '../harness.ts';
import { network, type Cable } from '../services/network.ts';
import { postgres } from '../services/postgres.ts';
import { startCluster, type PrivateBroker } from '../services/rabbitmq.ts';
import { killLoop, type Victim } from './kills.ts';
import { sized } from './table.ts';

const server = postgres();
const net = network(3);
let brokers: readonly PrivateBroker[] = [];
beforeAll(async () => {
  brokers = await startCluster(net.hosts);
});
afterAll(async () => {
  await Promise.all(brokers.map((each) => each.stop()));
  await server.stop();
  net.close();
});

/** Long enough to be noticed by its neighbours, and for the rest to go on without it. */
const apartMs = sized({ short: 20_000, change: 20_000, nightly: 30_000 });

const parted = (name: string, host: number, cables: readonly Cable[]): Victim => ({
  name,
  async strike(town) {
    await sleep(2_000);
    const seen = (): number => town.output().split('broker.lost').length;
    const before = seen();
    for (const cable of cables) net.hosts[host]?.unplug(cable);
    await sleep(apartMs);
    if (host === 0) await until('the gateway has noticed', () => seen() > before, 60_000);
    for (const cable of cables) net.hosts[host]?.plug(cable);
    await sleep(5_000);
  },
});

/** The gateway is a client of the first broker, the worker of the second. */
const shapes = [
  parted('the gateway’s broker without its neighbours', 0, ['inner']),
  parted('the gateway’s broker without anybody', 0, ['inner', 'outer']),
  parted('the worker’s broker without its neighbours', 1, ['inner']),
  parted('the gateway without its broker', 0, ['outer']),
];
const victims = shapes.slice(0, sized({ short: 1, change: 1, nightly: shapes.length }));
const kills = sized({ short: 1, change: 1, nightly: 5 * shapes.length });

test(
  'a broker that is parted from its cluster loses nothing and doubles nothing',
  async () => {
    const settings = { store: { url: await server.url() }, queue: { url: brokers[0]?.url } };
    const worker = { LOOPGATE_QUEUE_URL: brokers[1]?.url ?? '' };
    await killLoop(
      { name: 'L6 partition of three brokers', settings, victims, worker },
      { referrals: 60 * kills, kills },
    );
  },
  300_000 + kills * 60_000,
);
