import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '../harness.ts';
import { neighbourhood, referralForm, type Neighbourhood, type Submitted } from './neighbourhood.ts';

const quick = ['1s', '1s', '1s'];
const root = join(import.meta.dirname, '../..');

let town: Neighbourhood;
beforeAll(async () => {
  town = await neighbourhood({
    patience: {
      direct: { delays: quick, receiptWithin: '4s', onSilence: 'fallback' },
      efax: { delays: quick, waits: null, receiptWithin: '20s', onSilence: 'hold' },
    },
  });
  await town.start();
});
afterAll(() => town.close());

interface Story {
  readonly deliveries: readonly {
    readonly state: string;
    readonly summary: string;
    readonly attempts: readonly {
      readonly channel: string;
      readonly outcome: string;
      readonly reason: { readonly code: string } | null;
    }[];
    readonly receipts: readonly { readonly kind: string; readonly evidence: string }[];
  }[];
  readonly referral: string;
  readonly events: readonly { readonly what: string; readonly facts: Readonly<Record<string, unknown>> }[];
}

const fax = (address: string) => ({ channel: 'efax', address });
const mail = (habit: Parameters<Neighbourhood['partner']['address']>[0]) => ({
  channel: 'direct',
  address: town.partner.address(habit),
});

async function send(endpoints: Parameters<typeof referralForm>[0], text: string): Promise<string> {
  const body = referralForm(endpoints, text);
  return (await town.api<Submitted>('/referrals', { method: 'POST', body })).message;
}

const rested = (message: string): Promise<Story> =>
  until(
    'the delivery comes to rest',
    async () => {
      const story = await town.api<Story>(`/messages/${message}`);
      return story.deliveries.every(({ state }) => ['delivered', 'failed', 'held'].includes(state)) ? story : null;
    },
    40_000,
  );

const evidence = async (story: Story, kind: string): Promise<string> => {
  const receipt = story.deliveries[0]?.receipts.find((each) => each.kind === kind);
  const key = readFileSync(join(town.folder, 'data-keys', 'cli.key'), 'utf8').trim();
  const response = await fetch(`${town.url}/api/v1/documents/${receipt?.evidence ?? ''}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  return response.text();
};

describe('a referral goes out', () => {
  test('by Direct, and is delivered on the partner’s signed notices, which are kept', async () => {
    const story = await rested(await send([mail('ok')], 'Please see this patient.'));
    expect(story.deliveries[0]).toMatchObject({
      state: 'delivered',
      attempts: [{ channel: 'direct', outcome: 'accepted' }],
    });
    expect(story.deliveries[0]?.receipts.map(({ kind }) => kind).toSorted()).toEqual(['delivered', 'processed']);
    expect(await evidence(story, 'delivered')).toMatch(/application\/(x-)?pkcs7-mime/);
    const referral = await town.api<{ state: string }>(`/referrals/${story.referral}`);
    expect(referral.state).toBe('received');
  });

  test('by fax when Direct stays silent; the late notice would still count', async () => {
    const story = await rested(await send([mail('silent'), fax('+13122000011')], 'Silence is no proof.'));
    expect(story.deliveries[0]).toMatchObject({
      state: 'delivered',
      attempts: [{ channel: 'direct' }, { channel: 'efax', outcome: 'accepted' }],
    });
    expect(story.events.find(({ what }) => what === 'delivery.rerouted')?.facts).toMatchObject({
      possibleDuplicate: true,
    });
  });

  test('by fax when nobody at the partner has that address', async () => {
    const story = await rested(
      await send([{ channel: 'direct', address: 'nobody@far.example' }, fax('+13122000012')], 'Wrong address.'),
    );
    expect(story.deliveries[0]?.attempts).toMatchObject([
      { channel: 'direct', outcome: 'refused', reason: { code: 'bad-address' } },
      { channel: 'efax' },
    ]);
    expect(story.deliveries[0]?.state).toBe('delivered');
  });

  test('to a busy fax line again and again until it answers', async () => {
    town.company.behave('+13122000013', 'busy', 'busy', 'ok');
    const story = await rested(await send([fax('+13122000013')], 'Busy twice.'));
    expect(story.deliveries[0]?.attempts).toHaveLength(3);
    expect(story.deliveries[0]?.state).toBe('delivered');
    expect(
      story.events.filter(({ what, facts }) => what === 'receipt.recorded' && facts['reason'] === 'busy'),
    ).toHaveLength(2);
  });

  test('and is proven by the company’s own list when its webhooks never come', async () => {
    town.company.behave('+13122000014', 'silent');
    const story = await rested(await send([fax('+13122000014')], 'No webhook ever.'));
    expect(story.deliveries[0]).toMatchObject({ state: 'delivered', attempts: [{ outcome: 'accepted' }] });
    expect(town.company.ledger.filter(({ to }) => to === '+13122000014')).toHaveLength(1);
  });

  test('and fails plainly when the number does not exist', async () => {
    town.company.behave('+13122000015', 'invalid number');
    const story = await rested(await send([fax('+13122000015')], 'No such number.'));
    expect(story.deliveries[0]).toMatchObject({ state: 'failed' });
  });
});

describe('something comes in', () => {
  const waiting = (channel: string) =>
    until(
      `an entry from ${channel}`,
      async () => {
        const { rows } = await town.api<{
          rows: { id: string; channel: string; pages: number; fields: { name: string; value: string }[] }[];
        }>('/intake?state=waiting');
        return rows.find((row) => row.channel === channel);
      },
      60_000,
    );

  test('by fax: its pages are read, and it waits in the queue with proposed fields', async () => {
    const file = readFileSync(join(root, 'demo/faxes/letter.tif'));
    await town.company.receive({ to: '+12125550101', from: '+13122000101', file });
    const entry = await waiting('efax');
    expect(entry.pages).toBeGreaterThan(0);
    expect(entry.fields.map(({ name }) => name)).toContain('patient.name');
    const accepted = await town.api<{ state: string; referral: string }>(`/intake/${entry.id}/accept`, {
      method: 'POST',
      body: JSON.stringify({ corrections: { 'patient.name': 'Wilhelmina Canary-Quist' } }),
      headers: { 'content-type': 'application/json' },
    });
    expect(accepted.state).toBe('accepted');
    expect(await town.api(`/referrals/${accepted.referral}`)).toMatchObject({
      direction: 'incoming',
      state: 'received',
    });
  });

  test('by Direct: the partner is told that it was processed, and the letter waits in the queue', async () => {
    const bytes = Buffer.from('Patient: Wilhelmina Canary-Quist\nDate of birth: 04/09/1961');
    const outcome = await town.partner.refer('referrals@riverside.example', {
      name: 'letter.txt',
      mediaType: 'text/plain',
      bytes,
    });
    expect(outcome.kind).toBe('accepted');
    expect((await waiting('direct')).pages).toBeGreaterThan(0);
  });
});

test('after all that, no patient stands in the log, in the data files, or in any name on disk', () => {
  expect(town.output()).toContain('attempt.closed');
  expect(town.output()).not.toMatch(/canary|wilhelmina|1961-04-09/i);
  const files = readdirSync(join(town.folder, 'data'));
  expect(files.join(' ')).not.toMatch(/canary/i);
  for (const file of files)
    expect(readFileSync(join(town.folder, 'data', file), 'latin1')).not.toMatch(/canary|wilhelmina/i);
});
