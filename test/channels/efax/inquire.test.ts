import { afterEach, describe, expect, test } from '@jest/globals';
import type { Parcel, Question } from '../../../src/core/channel.ts';
import { apiKey, clientState, type House, type HouseOptions, never, openHouse, ours, there, until } from './setup.ts';

const open: House[] = [];
const house = async (options?: HouseOptions): Promise<House> => {
  const made = await openHouse(options);
  open.push(made);
  return made;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

describe('an attempt whose answer was lost', () => {
  const ask = (h: House, parcel: Parcel, over: Partial<Question> = {}) =>
    h.channel.inquire?.(
      { ...parcel, openedAt: parcel.message.receivedAt, reference: null, others: [], ...over },
      h.inbox,
      never,
    );

  test('is found by its client state among others to the same number', async () => {
    const h = await house();
    await h.channel.send(h.parcel(), never);
    h.company.behave(there, 'drops the reply');
    const parcel = h.parcel();
    expect(await h.channel.send(parcel, never)).toMatchObject({ kind: 'unknown' });
    const fax = h.company.faxes.find((each) => each.client_state === clientState(parcel.attempt));
    expect(await ask(h, parcel)).toEqual({ kind: 'accepted', reference: fax?.id });
  });

  test('is found beyond the first page of the list', async () => {
    const h = await house({ company: { pace: 100_000 } });
    const first = h.parcel();
    await h.channel.send(first, never);
    for (let i = 0; i < 110; i++) {
      const body = { connection_id: '1234567890', from: ours, to: there, media_url: `${h.url}/none` };
      await fetch(`${h.company.url}/faxes`, {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}` },
        body: JSON.stringify(body),
      });
    }
    expect(await ask(h, first)).toMatchObject({ kind: 'accepted' });
  });

  test('may be sent again when a full list, a minute later, does not know it', async () => {
    const h = await house();
    h.company.behave(there, 'breaks');
    const parcel = h.parcel();
    await h.channel.send(parcel, never);
    expect(await ask(h, parcel)).toBeNull();
    h.clock.at += 61_000;
    expect(await ask(h, parcel)).toMatchObject({ kind: 'deferred', reason: { code: 'interrupted' } });
  });

  test('stays open while the company cannot be asked', async () => {
    const h = await house({ account: { baseUrl: 'http://127.0.0.1:1' } });
    const parcel = h.parcel();
    h.clock.at += 61_000;
    expect(await ask(h, parcel)).toBeNull();
  });

  test('is over when the company says that it failed', async () => {
    const h = await house();
    h.company.behave(there, 'busy', 'invalid number');
    const busy = h.parcel();
    await h.channel.send(busy, never);
    const wrong = h.parcel();
    await h.channel.send(wrong, never);
    await until('both webhooks came', () => h.inbox.news.length === 2);
    h.inbox.news.length = 0;
    expect(await ask(h, busy)).toMatchObject({ kind: 'accepted' });
    expect(await ask(h, wrong)).toMatchObject({ kind: 'accepted' });
    expect(h.inbox.news.map(({ receipt }) => [receipt.attempt, receipt.kind, receipt.reason?.code])).toEqual([
      [busy.attempt, 'failed', 'busy'],
      [wrong.attempt, 'failed', 'bad-address'],
    ]);
  });

  test("is proven by the company's own record when no webhook ever came", async () => {
    const h = await house();
    h.company.behave(there, 'silent');
    const parcel = h.parcel();
    await h.channel.send(parcel, never);
    expect(await ask(h, parcel)).toMatchObject({ kind: 'accepted' });
    expect(h.inbox.news).toEqual([]);
    await until('the call is over', () => h.company.faxes[0]?.status === 'delivered');
    expect(await ask(h, parcel)).toMatchObject({ kind: 'accepted' });
    expect(h.inbox.news).toMatchObject([{ receipt: { attempt: parcel.attempt, kind: 'delivered' }, author: null }]);
    const evidence = Buffer.from(h.inbox.news[0]?.evidence.bytes ?? []).toString();
    expect(JSON.parse(evidence)).toMatchObject({
      status: 'delivered',
      to: there,
      client_state: clientState(parcel.attempt),
    });
  });

  test('is not repeated when its call broke off: pages may lie on the far desk', async () => {
    const h = await house();
    h.company.behave(there, 'partial');
    const parcel = h.parcel();
    await h.channel.send(parcel, never);
    await until('the webhook came', () => h.inbox.news.length === 1);
    h.inbox.news.length = 0;
    await ask(h, parcel);
    expect(h.inbox.news).toMatchObject([{ receipt: { kind: 'failed', reason: { code: 'partial' } } }]);
  });

  test('is not taken for an earlier try under the same name', async () => {
    const h = await house();
    const first = h.parcel();
    const taken = await h.channel.send(first, never);
    const second = h.parcel({ family: first.family });
    expect(await ask(h, second)).toEqual(taken);
    const others = taken.kind === 'accepted' && taken.reference !== undefined ? [taken.reference] : [];
    expect(await ask(h, second, { others })).toBeNull();
    h.clock.at += 61_000;
    expect(await ask(h, second, { others })).toMatchObject({ kind: 'deferred' });
    h.company.behave(there, 'drops the reply');
    await h.channel.send(second, never);
    expect(await ask(h, second, { others })).toMatchObject({ kind: 'accepted' });
    expect(new Set(h.company.faxes.map(({ client_state }) => client_state))).toEqual(
      new Set([clientState(first.family)]),
    );
  });

  test('is known by number and time when the company shows no client state, if only one fits, and no report is made of it', async () => {
    const h = await house();
    const parcel = h.parcel();
    const stateless = async (): Promise<void> => {
      h.company.behave(there, 'silent');
      await h.channel.send(h.parcel(), never);
      const fax = h.company.faxes.at(-1);
      if (fax) Object.assign(fax, { client_state: null });
    };
    await stateless();
    await until('the call is over', () => h.company.faxes[0]?.status === 'delivered');
    expect(await ask(h, parcel)).toEqual({ kind: 'accepted', reference: h.company.faxes[0]?.id });
    expect(await ask(h, parcel, { openedAt: parcel.message.receivedAt - 600_000 })).toMatchObject({ kind: 'deferred' });
    expect(h.inbox.news).toEqual([]);
    await stateless();
    h.clock.at += 61_000;
    expect(await ask(h, parcel)).toBeNull();
  });
});
