import { afterAll, test } from '@jest/globals';
import { postgres } from '../services/postgres.ts';
import { gateway, killLoop, type House, type Victim } from './kills.ts';
import { sized } from './table.ts';

const server = postgres();
afterAll(() => server.stop());

const database: Victim = {
  name: 'database',
  async strike() {
    await server.kill();
    await server.restart();
  },
};

const embedded: House = { name: 'L2a kill -9 on SQLite', settings: {}, victims: [gateway] };

test(
  'nothing is lost, nothing comes twice, no receipt is false when the gateway is killed',
  async () => {
    const size = sized({
      short: { referrals: 120, kills: 15 },
      change: { referrals: 1_000, kills: 100 },
      nightly: { referrals: 10_000, kills: 1_000 },
    });
    await killLoop(embedded, size);
  },
  sized({ short: 300_000, change: 900_000, nightly: 9_000_000 }),
);

test(
  'nor on PostgreSQL, when it is killed as well',
  async () => {
    const size = sized({
      short: { referrals: 40, kills: 6 },
      change: { referrals: 300, kills: 30 },
      nightly: { referrals: 10_000, kills: 1_000 },
    });
    const house = {
      name: 'L2b kill -9 on PostgreSQL',
      settings: { store: { url: await server.url() } },
      victims: [gateway, gateway, database],
    };
    await killLoop(house, size);
  },
  sized({ short: 300_000, change: 900_000, nightly: 9_000_000 }),
);
