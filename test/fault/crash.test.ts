import { createHash } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from '@jest/globals';
import { lines, neighbourhood, referralForm, type Neighbourhood, type Submitted } from '../e2e/neighbourhood.ts';
import { until } from '../harness.ts';

const referrals = 300;
const kills = 40;
const tries = Array.from({ length: kills + 1 }, () => '1s');

let town: Neighbourhood;
afterAll(() => town.close());

interface Injected {
  readonly message: string;
  readonly sha256: string;
  readonly number: string;
}

/** The injector's own ledger: what was promised to it by a 202, and nothing else. */
async function inject(index: number, ledger: string): Promise<void> {
  const text = `Synthetic referral ${index}: please see the patient within two weeks.`;
  const number = `+1312200${String(index).padStart(4, '0')}`;
  const fax = { channel: 'efax', address: number };
  const endpoints = index % 2 === 0 ? [{ channel: 'direct', address: town.partner.address('ok') }, fax] : [fax];
  const submitted = await until(
    `referral ${index} is accepted`,
    () =>
      town
        .api<Submitted>('/referrals', {
          method: 'POST',
          body: referralForm(endpoints, text),
          headers: { 'idempotency-key': `r-${index}` },
        })
        .catch(() => null),
    120_000,
  );
  const sha256 = createHash('sha256').update(text).digest('hex');
  appendFileSync(ledger, `${JSON.stringify({ message: submitted.message, sha256, number })}\n`, { flush: true });
}

async function statesOf(): Promise<Map<string, string>> {
  const states = new Map<string, string>();
  let cursor = '';
  do {
    const page = await town.api<{ rows: { message: string; state: string }[]; next: string | null }>(
      `/deliveries?limit=200${cursor}`,
    );
    for (const { message, state } of page.rows) states.set(message, state);
    cursor = page.next === null ? '' : `&cursor=${page.next}`;
  } while (cursor !== '');
  return states;
}

test(`${referrals} referrals through two channels survive ${kills} kills: nothing lost, nothing twice, no false receipt`, async () => {
  town = await neighbourhood({
    pipeline: { attempt: '20s', retention: '90d' },
    // More tries than any one referral can be interrupted: patience is not what is tested here.
    patience: {
      direct: { delays: tries, receiptWithin: '20s', onSilence: 'fallback' },
      efax: { delays: tries, receiptWithin: '70s', onSilence: 'hold' },
    },
  });
  await town.start();
  const ledger = join(town.folder, 'injector.ledger');

  let next = 0;
  const injector = Promise.all(
    Array.from({ length: 4 }, async () => {
      // Spread over the kills: what is sent while nobody dies proves nothing.
      while (next < referrals) {
        await inject(next++, ledger);
        await sleep(250);
      }
    }),
  );
  for (let kill = 0; kill < kills; kill++) {
    await sleep(100 + Math.random() * 600);
    await town.kill();
    await town.start();
  }
  await injector;

  const injected = lines<Injected>(ledger);
  expect(injected).toHaveLength(referrals);
  const states = await until(
    'every delivery came to rest',
    async () => {
      const found = await statesOf();
      const moving = [...found.values()].filter((state) => ['pending', 'sending', 'sent'].includes(state));
      return moving.length === 0 ? found : null;
    },
    180_000,
  );

  const byMail = count(lines<{ sha256: string }>(town.ledgers.direct).map(({ sha256 }) => sha256));
  const byFax = count(lines<{ to: string }>(town.ledgers.fax).map(({ to }) => to));
  const arrivals = injected.map((each) => ({
    ...each,
    times: (byMail.get(each.sha256) ?? 0) + (byFax.get(each.number) ?? 0),
    state: states.get(each.message),
  }));
  expect({
    lost: arrivals.filter(({ times, state }) => times === 0 && state !== 'held').length,
    duplicates: arrivals.filter(({ times }) => times > 1).length,
    falseReceipts: arrivals.filter(({ times, state }) => state === 'delivered' && times === 0).length,
    failed: await Promise.all(
      arrivals.filter(({ state }) => state === 'failed').map(({ message }) => reasons(message)),
    ),
  }).toEqual({ lost: 0, duplicates: 0, falseReceipts: 0, failed: [] });
  expect(arrivals.filter(({ state }) => state === 'delivered').length).toBeGreaterThan(referrals * 0.9);
  process.stderr.write(
    `crash: ${referrals} referrals, ${kills} kills, ${arrivals.filter(({ state }) => state === 'held').length} left to a person, ` +
      `${[...byMail.values()].length} arrived by Direct, ${[...byFax.values()].length} by fax\n`,
  );
}, 600_000);

/** What each attempt of a message came to: the first thing to ask when one failed. */
async function reasons(message: string): Promise<string> {
  const { events } = await town.api<{ events: { what: string; facts: Record<string, string> }[] }>(
    `/messages/${message}`,
  );
  return events.map(({ what, facts }) => `${what} ${facts['reason'] ?? ''}`.trim()).join(' › ');
}

function count(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
