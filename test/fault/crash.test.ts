import { test } from '@jest/globals';
import { gateway, killLoop } from './kills.ts';
import { sized } from './table.ts';

const size = sized({
  short: { referrals: 80, kills: 10 },
  change: { referrals: 1_000, kills: 100 },
  nightly: { referrals: 10_000, kills: 1_000 },
});

test(
  `${size.referrals} referrals survive ${size.kills} kills of the gateway: nothing lost, nothing twice, no false receipt`,
  async () => {
    await killLoop({ name: 'L2a kill -9 on SQLite', settings: {}, victims: [gateway] }, size);
  },
  120_000 + size.kills * 9_000,
);
