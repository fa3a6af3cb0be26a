import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { neighbourhood, referralForm, type Neighbourhood } from '../e2e/neighbourhood.ts';
import { converse, mailTurns, sealedFor } from '../hostile/town.ts';
import { report, secondsSince, sized } from './table.ts';
import { letterMail } from './traffic.ts';
import { calls, promises } from './trace.ts';

const each = sized({ short: 20, change: 100, nightly: 500 });

let town: Neighbourhood;
afterEach(() => town.close());

/** Referrals by HTTP, four at a time, and mail by SMTP beside them: what the trace of the gateway shows. */
async function traced(under: readonly string[]): Promise<ReturnType<typeof promises>> {
  town = await neighbourhood();
  const file = join(town.folder, 'trace');
  const seen = 'trace=write,writev,sendto,sendmsg,pwrite64,fsync,fdatasync';
  await town.start('strace', '-f', '-yy', '-s', '5000', '-e', seen, '-e', 'signal=none', '-o', file, ...under);
  const from = town.partner.address('silent');
  let next = 0;
  const web = async (): Promise<void> => {
    while (next < each) {
      const body = referralForm([{ channel: 'efax', address: '+13122000001' }], `Synthetic referral ${next++}`);
      await town.api('/referrals', { method: 'POST', body });
    }
  };
  const post = async (): Promise<void> => {
    for (let index = 0; index < each; index++) {
      const replies = await converse(town.directPort, mailTurns(await sealedFor(town, letterMail(index)), from));
      expect(replies.at(-1)).toMatch(/^250 /);
    }
  };
  await Promise.all([web(), web(), web(), web(), post()]);
  await town.stop();
  return promises(await calls(file));
}

test('no 250 and no 202 leaves before what it promises is on disk', async () => {
  const startedAt = performance.now();
  const { made, early } = await traced([]);
  report({
    test: 'L7 fsync before 250 and 202',
    size: `${made} messages`,
    faults: `${early} too early`,
    lost: null,
    duplicates: null,
    falseReceipts: early,
    inDoubt: null,
    seconds: secondsSince(startedAt),
  });
  expect({ made, early }).toEqual({ made: 2 * each, early: 0 });
}, 300_000);

test('and the same look finds every one of them when the disk is never asked (libeatmydata)', async () => {
  const startedAt = performance.now();
  const { made, early } = await traced(['eatmydata']);
  report({
    test: 'L7 the same under libeatmydata: must fail',
    size: `${made} messages`,
    faults: `${early} too early`,
    lost: null,
    duplicates: null,
    falseReceipts: null,
    inDoubt: null,
    seconds: secondsSince(startedAt),
  });
  expect({ made, early }).toEqual({ made: 2 * each, early: made });
}, 300_000);
