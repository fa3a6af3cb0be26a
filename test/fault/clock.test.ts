import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { neighbourhood, referralForm, type Neighbourhood, type Submitted } from '../e2e/neighbourhood.ts';
import { until } from '../harness.ts';

let town: Neighbourhood;
afterEach(() => town.close());

const library = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';

/** A gateway whose wall clock is what the file says, as when somebody sets the machine's; its monotonic one is true. */
async function fakedTown(): Promise<(shift: string) => void> {
  const setting = join(mkdtempSync(join(tmpdir(), 'loopgate-clock-')), 'setting');
  const set = (shift: string): void => writeFileSync(setting, `${shift}\n`);
  set('+0');
  town = await neighbourhood(
    {
      patience: {
        direct: { delays: ['1s', '1s'], receiptWithin: '8s', onSilence: 'fallback' },
        efax: { delays: ['1s', '1s'], waits: null, receiptWithin: '60s', onSilence: 'hold' },
      },
    },
    {
      env: {
        LD_PRELOAD: library,
        FAKETIME_TIMESTAMP_FILE: setting,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      },
    },
  );
  await town.start();
  return set;
}

async function submit(mailbox: 'ok' | 'silent', text: string): Promise<string> {
  const endpoints = [
    { channel: 'direct', address: town.partner.address(mailbox) },
    { channel: 'efax', address: '+13122000001' },
  ];
  const { message } = await town.api<Submitted>('/referrals', { method: 'POST', body: referralForm(endpoints, text) });
  return message;
}

async function story(message: string): Promise<string[]> {
  const { events } = await town.api<{ events: { what: string }[] }>(`/messages/${message}`);
  return events.map(({ what }) => what);
}

test.each(['+26h', '-26h'])(
  'a machine whose clock is set by %s goes on as if nothing had happened',
  async (shift) => {
    const set = await fakedTown();
    const message = await submit('silent', 'Waits for a receipt that never comes.');
    await until('it is sent', async () => (await story(message)).includes('attempt.accepted'));
    set(shift);
    await until('the gateway saw it', () => town.output().includes('clock.stepped'));
    await sleep(3_000);
    expect(await story(message)).not.toContain('receipt.overdue');
    await until('silence is believed in time', async () => (await story(message)).includes('receipt.overdue'), 12_000);

    const later = await submit('ok', 'Sent after the clock was set.');
    await until('it is proven', async () => (await story(later)).includes('delivery.delivered'));
    expect((await story(later)).filter((what) => what === 'attempt.opened')).toHaveLength(1);
  },
  90_000,
);
