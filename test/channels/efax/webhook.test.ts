import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { answerTo, call, clientState, event, type House, never, oak, openHouse, there, until } from './setup.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

const delivered = (attempt: string): unknown =>
  event('fax.delivered', { status: 'delivered', client_state: clientState(attempt) });

describe('the signature of a webhook', () => {
  const body = JSON.stringify({ data: {} });
  const forged: readonly (readonly [string, (headers: Record<string, string>) => Record<string, string>])[] = [
    ['is missing', () => ({})],
    ['is empty', (h) => ({ ...h, 'telnyx-signature-ed25519': '' })],
    ['is cut short', (h) => ({ ...h, 'telnyx-signature-ed25519': (h['telnyx-signature-ed25519'] ?? '').slice(0, 40) })],
    ['is longer', (h) => ({ ...h, 'telnyx-signature-ed25519': `${h['telnyx-signature-ed25519'] ?? ''}AA` })],
    [
      'is in hex',
      (h) => ({
        ...h,
        'telnyx-signature-ed25519': Buffer.from(h['telnyx-signature-ed25519'] ?? '', 'base64').toString('hex'),
      }),
    ],
    ['is for another time', (h) => ({ ...h, 'telnyx-timestamp': String(Number(h['telnyx-timestamp']) + 1) })],
    ['has no time', (h) => ({ 'telnyx-signature-ed25519': h['telnyx-signature-ed25519'] ?? '' })],
    ['has a time in words', (h) => ({ ...h, 'telnyx-timestamp': 'now' })],
    [
      'is by another key',
      (h) => {
        const { privateKey } = generateKeyPairSync('ed25519');
        const text = Buffer.from(`${h['telnyx-timestamp'] ?? ''}|${body}`);
        return { ...h, 'telnyx-signature-ed25519': sign(null, text, privateKey).toString('base64') };
      },
    ],
  ];
  test.each(forged)('%s: 401, and nothing of it is kept or read', async (_what, change) => {
    const headers = change(house.company.sign(body, house.clock.at));
    const request = new Request(`${house.url}/webhooks/efax/main`, { method: 'POST', body, headers });
    expect(await answerTo(house, request)).toBe(401);
    expect([house.inbox.news, house.inbox.messages, house.inbox.refused]).toEqual([[], [], []]);
    expect(house.logged.some((line) => line.includes('webhook.refused'))).toBe(true);
  });

  test('is over the very bytes: a changed body is forged', async () => {
    const parcel = house.parcel();
    const text = JSON.stringify(delivered(parcel.attempt));
    const request = new Request(`${house.url}/webhooks/efax/main`, {
      method: 'POST',
      body: text.replace('fax.delivered', 'fax.delivereD'),
      headers: house.company.sign(text, house.clock.at),
    });
    expect(await answerTo(house, request)).toBe(401);
  });

  test.each([-301, 301])('is too old or too new at %d seconds, unless the event is known', async (seconds) => {
    const news = delivered(house.parcel().attempt);
    const at = house.clock.at + seconds * 1000;
    expect(await answerTo(house, call(house, news, { at }))).toBe(400);
    expect(house.inbox.news).toHaveLength(0);
    expect(await answerTo(house, call(house, news))).toBe(200);
    expect(await answerTo(house, call(house, news, { at }))).toBe(200);
    expect(house.inbox.news).toHaveLength(1);
  });

  test('may be by the old or the new key while the key is changed', async () => {
    await house.close();
    const other = await openHouse();
    const old = other.company.publicKey;
    await other.close();
    house = await openHouse();
    const both = [old, house.company.publicKey];
    const second = await openHouse({ account: { publicKey: both } });
    const news = delivered(second.parcel().attempt);
    const text = JSON.stringify(news);
    const request = new Request(`${second.url}/webhooks/efax/main`, {
      method: 'POST',
      body: text,
      headers: house.company.sign(text, second.clock.at),
    });
    expect(await answerTo(second, request)).toBe(200);
    expect(second.inbox.news).toHaveLength(1);
    await second.close();
  });

  test('is not looked at when the body is larger than any event', async () => {
    expect(await answerTo(house, call(house, `"${'x'.repeat(300_000)}"`))).toBe(413);
  });
});

describe('a signed webhook', () => {
  test('that is no event of ours is kept for a person', async () => {
    expect(await answerTo(house, call(house, '{"data": [1,'))).toBe(200);
    expect(await answerTo(house, call(house, '{"data": [1,'))).toBe(200);
    expect(house.inbox.refused).toHaveLength(1);
  });

  test.each(['fax.queued', 'fax.media.processed', 'fax.sending.started', 'fax.receiving.started', 'fax.something.new'])(
    'about %s is answered and changes nothing',
    async (type) => {
      const { attempt } = house.parcel();
      expect(await answerTo(house, call(house, event(type, { client_state: clientState(attempt) })))).toBe(200);
      expect([house.inbox.news, house.inbox.messages, house.inbox.refused]).toEqual([[], [], []]);
    },
  );

  test('without the envelope is read as well', async () => {
    const { data } = delivered(house.parcel().attempt) as { data: unknown };
    expect(await answerTo(house, call(house, data))).toBe(200);
    expect(house.inbox.news).toHaveLength(1);
  });

  test.each([
    ['an attempt that is not ours', clientState('att_00000000000000000000000000')],
    ['something else in its client state', clientState('order 66')],
    ['no client state', null],
  ])('about %s is answered and changes nothing', async (_what, state) => {
    const body = event('fax.delivered', { client_state: state });
    expect(await answerTo(house, call(house, body))).toBe(200);
    expect(house.inbox.news).toHaveLength(0);
    expect(house.logged.some((line) => line.includes('receipt.unmatched'))).toBe(true);
  });

  test("about another practice's attempt is answered and changes nothing", async () => {
    const { attempt } = house.parcel({ practice: oak });
    expect(await answerTo(house, call(house, delivered(attempt)))).toBe(200);
    expect(house.inbox.news).toHaveLength(0);
  });

  test('carries the time when it happened', async () => {
    const { attempt } = house.parcel();
    await answerTo(house, call(house, delivered(attempt)));
    expect(house.inbox.news[0]?.receipt.at).toBe(Date.UTC(2026, 10, 22, 10, 0, 0, 123));
  });

  test('a hundred times at once is one receipt', async () => {
    const news = delivered(house.parcel().attempt);
    const statuses = await Promise.all(Array.from({ length: 100 }, () => answerTo(house, call(house, news))));
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(house.inbox.news).toHaveLength(1);
  });

  test('is not answered 200 when it could not be kept', async () => {
    const news = delivered(house.parcel().attempt);
    house.inbox.broken = true;
    await expect(answerTo(house, call(house, news))).rejects.toThrow('disk full');
    house.inbox.broken = false;
    expect(await answerTo(house, call(house, news))).toBe(200);
    expect(house.inbox.news).toHaveLength(1);
  });
});

describe('a failed fax', () => {
  const table = JSON.parse(
    readFileSync(new URL('../../../channels/efax/providers/telnyx-reasons.json', import.meta.url), 'utf8'),
  ) as {
    failureReason: Record<string, string>;
  };
  /** Telnyx's list of failure_reason values (its SDK's description of the fax object). */
  const documented =
    'receiver_call_dropped sender_call_dropped sender_canceled carrier_lost service_unavailable fax_signaling_error ' +
    'receiver_communication_error sender_communication_error receiver_decline receiver_recovery_on_timer_expire ' +
    'receiver_no_response receiver_invalid_number_format receiver_no_answer receiver_incompatible_destination ' +
    'receiver_unallocated_number destination_unreachable user_busy invalid_ecm_response_from_receiver ' +
    'fax_initial_communication_timeout destination_not_in_service_plan account_disabled destination_invalid ' +
    'no_outbound_profile destination_not_in_countries_whitelist user_channel_limit_exceeded ' +
    'outbound_profile_channel_limit_exceeded connection_channel_limit_exceeded ' +
    'outbound_profile_daily_spend_limit_exceeded unverified_origination_number unverified_destination_not_allowed ' +
    'file_format_invalid file_download_failed file_size_limit_exceeded page_count_limit_exceeded media_processing_exception';

  test('has a meaning for every documented reason', () => {
    expect(Object.keys(table.failureReason).sort()).toEqual(documented.split(' ').sort());
  });

  test.each(documented.split(' '))('%s becomes a receipt with its reason', async (reason) => {
    house.company.behave(there, { fails: reason });
    const parcel = house.parcel();
    await house.channel.send(parcel, never);
    const news = await until('the report is in', () => house.inbox.news[0]);
    expect(news.receipt).toMatchObject({
      attempt: parcel.attempt,
      kind: 'failed',
      reason: { code: table.failureReason[reason], detail: `telnyx ${reason}` },
    });
  });

  const meanings: readonly (readonly [string, string])[] = [
    ['user_busy', 'busy'],
    ['receiver_no_answer', 'no-answer'],
    ['fax_initial_communication_timeout', 'not-a-fax'],
    ['receiver_unallocated_number', 'bad-address'],
    ['receiver_decline', 'rejected'],
    ['account_disabled', 'unauthorized'],
    ['fax_signaling_error', 'negotiation'],
    ['service_unavailable', 'unreachable'],
    ['connection_channel_limit_exceeded', 'throttled'],
    ['file_format_invalid', 'unsupported'],
    ['page_count_limit_exceeded', 'too-large'],
    ['sender_canceled', 'rejected'],
    ['a_reason_of_next_year', 'rejected'],
  ];
  test.each(meanings)('%s means %s', async (reason, code) => {
    const { attempt } = house.parcel();
    const body = event('fax.failed', { client_state: clientState(attempt), failure_reason: reason });
    await answerTo(house, call(house, body));
    expect(house.inbox.news[0]?.receipt.reason?.code).toBe(code);
  });

  test('that broke off after a page is partial', async () => {
    house.company.behave(there, 'partial');
    await house.channel.send(house.parcel(), never);
    const news = await until('the report is in', () => house.inbox.news[0]);
    expect(news.receipt).toMatchObject({ kind: 'failed', reason: { code: 'partial' } });
    expect(house.company.ledger).toMatchObject([{ whole: false, pages: 1 }]);
  });

  test.each([
    [{ failure_reason: 'carrier_lost', page_count: 2 }, 'fax.failed'],
    [{ partial_content: true }, 'fax.delivered'],
  ])('is partial when pages were confirmed, whatever it is called', async (payload, type) => {
    const { attempt } = house.parcel();
    await answerTo(house, call(house, event(type, { client_state: clientState(attempt), ...payload })));
    expect(house.inbox.news[0]?.receipt).toMatchObject({ kind: 'failed', reason: { code: 'partial' } });
  });

  test('never puts free text of the company into the reason', async () => {
    const { attempt } = house.parcel();
    const body = event('fax.failed', { client_state: clientState(attempt), failure_reason: 'Call John Doe!' });
    await answerTo(house, call(house, body));
    expect(house.inbox.news[0]?.receipt.reason).toEqual({ code: 'rejected', detail: 'telnyx without a reason' });
  });
});

describe('the company', () => {
  test.each(['duplicates', 'reorders', 'slow'] as const)('that %s still makes one receipt', async (behaviour) => {
    house.company.behave(there, behaviour);
    await house.channel.send(house.parcel(), never);
    const copies = behaviour === 'duplicates' ? 12 : 4;
    await until('all webhooks are answered', () => house.company.calls.length === copies);
    expect(house.company.calls.every(({ status, attempt }) => status === 200 && attempt === 1)).toBe(true);
    expect(house.inbox.news.map(({ receipt }) => receipt.kind)).toEqual(['delivered']);
  });

  test('that stays silent sent the fax all the same', async () => {
    house.company.behave(there, 'silent');
    await house.channel.send(house.parcel(), never);
    await until('the call is over', () => house.company.faxes[0]?.status === 'delivered');
    expect([house.company.calls, house.inbox.news]).toEqual([[], []]);
    expect(house.company.ledger).toHaveLength(1);
  });
});
