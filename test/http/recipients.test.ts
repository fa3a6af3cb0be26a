import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Channel } from '../../src/core/channel.ts';
import { fax, otherPractice, request, scripted } from '../harness.ts';
import { form, house, post, send, type House } from './house.ts';

let at: House;
let sender: string;
let stranger: string;
beforeAll(async () => {
  const dialled = fax();
  const strict: Channel = {
    ...dialled,
    capabilities: { ...dialled.capabilities, address: /^\+\d{8,15}$/, addressLike: '+12125550199' },
    objection: ({ address }) => (address.startsWith('+1900') ? 'never dialled' : null),
  };
  at = house({ channels: new Map([scripted('direct'), strict].map((each) => [each.name, each])) });
  sender = await at.addKey('api-client', 'main');
  stranger = await at.addKey('api-client', otherPractice.id);
});
afterAll(() => at.close());

const list = '/api/v1/recipients';
const direct = { channel: 'direct', address: 'hearts@far.example' };
const number = { channel: 'efax', address: '+13122000000' };

interface Answer {
  readonly status: number;
  readonly body: Kept & { readonly rows: readonly Kept[]; readonly next: string; readonly fields: unknown };
}

interface Kept {
  readonly id: string;
  readonly name: string;
  readonly version: number;
}

async function ask(path: string, init?: RequestInit, key = sender): Promise<Answer> {
  const answer = await at.as(key, path, init);
  return { status: answer.status, body: (await answer.json()) as Answer['body'] };
}

const keep = async (what: object, id?: string): Promise<Kept> =>
  (await ask(id === undefined ? list : `${list}/${id}`, post(what, 'PUT'))).body;
const names = async (query: string): Promise<string[]> =>
  (await ask(`${list}?${query}`)).body.rows.map(({ name }) => name);

/** A referral to somebody by what is said of him, and where it went. */
async function refer(recipient: object): Promise<unknown> {
  const { deliveries } = await send(at, sender, { ...request(), recipient });
  const [first] = await at.store.deliveriesOf((await at.store.delivery(deliveries[0].id as `dlv_${string}`)).message);
  return first?.recipient;
}

test('a referral names whom the practice keeps by id or NPI, and goes where he is reached now', async () => {
  const hearts = await keep({ name: 'Heart Clinic', npi: '1234567893', phone: '+12125550111', endpoints: [direct] });
  expect(hearts).toMatchObject({ id: expect.stringMatching(/^rcp_/), version: 1 });
  const whole = { name: 'Heart Clinic', npi: '1234567893', phone: '+12125550111', endpoints: [direct] };
  expect(await refer({ npi: '1234567893' })).toEqual(whole);
  expect(await refer({ id: hearts.id, name: 'Dr. Ada Lee' })).toEqual({ ...whole, name: 'Dr. Ada Lee' });
  await keep({ name: 'Heart Clinic', npi: '1234567893', endpoints: [number, direct], version: 1 }, hearts.id);
  expect(await refer({ npi: '1234567893' })).toMatchObject({ endpoints: [number, direct] });
  // What the referral itself says goes first.
  expect(await refer({ npi: '1234567893', endpoints: [direct] })).toMatchObject({ name: null, endpoints: [direct] });
});

test('the same key with the same words is the same referral, though the recipient has moved', async () => {
  const moving = await keep({ name: 'Moving', npi: '1111111112', endpoints: [direct] });
  const again = () =>
    ask('/api/v1/referrals', {
      method: 'POST',
      body: form({ ...request(), recipient: { npi: '1111111112' } }),
      headers: { 'idempotency-key': 'twice' },
    });
  const first = await again();
  await keep({ name: 'Moving', npi: '1111111112', endpoints: [number] }, moving.id);
  expect(await again()).toEqual(first);
  await ask(`${list}/${moving.id}`, { method: 'DELETE' });
  expect(await again()).toEqual(first);
});

test('nobody, or more than one, is told as what it is, and nothing is sent', async () => {
  const fault = async (recipient: object): Promise<unknown> => {
    const body = form({ ...request(), recipient });
    return (await ask('/api/v1/referrals', { method: 'POST', body })).body.fields;
  };
  expect(await fault({ npi: '1000000004' })).toEqual({ 'recipient.npi': expect.stringMatching(/keep him first/) });
  expect(await fault({})).toEqual({ 'recipient.endpoints': expect.stringMatching(/at least one endpoint/) });
  const unknown = { 'recipient.id': 'no recipient of yours has this id' };
  expect(await fault({ id: 'rcp_0' })).toEqual(unknown);
  const theirs = await ask(list, post({ name: 'Theirs', npi: '1234567893', endpoints: [number] }, 'PUT'), stranger);
  expect(await fault({ id: theirs.body.id })).toEqual(unknown);
  const two = await Promise.all(['A', 'B'].map((name) => keep({ name, npi: '1999999992', endpoints: [number] })));
  const said = JSON.stringify(await fault({ npi: '1999999992' }));
  for (const { id } of two) expect(said).toContain(id);
});

test('a referral to an address that nothing can reach is refused at once, and nothing of it is kept', async () => {
  const before = await at.store.lastEvent();
  const recipient = { endpoints: [direct, { channel: 'efax', address: '+19005550123' }] };
  const body = form({ ...request(), recipient });
  const answer = await at.as(sender, '/api/v1/referrals', { method: 'POST', body });
  expect([answer.status, await answer.json()]).toMatchObject([
    400,
    {
      detail: 'it cannot go there; nothing was sent',
      fields: { 'referral.recipient.endpoints.1.address': 'never dialled' },
    },
  ]);
  expect(await at.store.lastEvent()).toBe(before);
});

test('found by beginnings of words, page by page, and only by one’s own', async () => {
  for (const name of ['Zoë Zimmer', 'Åsa Zink', 'Zebra Imaging']) await keep({ name, endpoints: [direct] });
  expect(await names('q=z')).toEqual(['Åsa Zink', 'Zebra Imaging', 'Zoë Zimmer']);
  expect(await names('q=zoe zim')).toEqual(['Zoë Zimmer']);
  const { body } = await ask(`${list}?q=z&limit=2`);
  expect([body.rows.length, await names(`q=z&limit=2&cursor=${body.next}`)]).toEqual([2, ['Zoë Zimmer']]);
  expect(await names('q=hearts@')).toContain('Heart Clinic');
  expect((await ask(list, {}, stranger)).body.rows.map(({ name }) => name)).toEqual(['Theirs']);
});

test('what cannot be reached, or was changed by somebody else, is refused; what is forgotten is gone', async () => {
  const wrong = {
    name: 'W',
    endpoints: [
      { channel: 'efax', address: 'hearts' },
      { channel: 'pigeon', address: 'x' },
      { channel: 'efax', address: '+19005550123' },
    ],
  };
  expect(await ask(list, post(wrong, 'PUT'))).toMatchObject({
    status: 400,
    body: {
      fields: {
        'endpoints.0.address': 'no address for fax; one looks like +12125550199',
        'endpoints.1.channel': 'no such channel is switched on',
        'endpoints.2.address': 'never dialled',
      },
    },
  });
  const kept = await keep({ name: 'Brief', endpoints: [number] });
  await keep({ name: 'Brief', endpoints: [number], version: 1 }, kept.id);
  const late = await ask(`${list}/${kept.id}`, post({ name: 'Late', endpoints: [number], version: 1 }, 'PUT'));
  expect(late).toMatchObject({ status: 409 });
  expect(await ask(`${list}/${kept.id}`, { method: 'DELETE' }, stranger)).toMatchObject({ status: 404 });
  expect(await ask(`${list}/${kept.id}`, { method: 'DELETE' })).toEqual({ status: 200, body: { id: kept.id } });
  expect((await ask(`${list}/${kept.id}`)).status).toBe(404);
  const told = await at.store.eventsAfter(0, 1000, ['main']);
  expect(told.map(({ event }) => event.what)).toEqual(expect.arrayContaining(['recipient.kept', 'recipient.removed']));
});
