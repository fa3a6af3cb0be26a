import { beforeEach, expect, test } from '@jest/globals';
import type { Channel, Parcel } from '../../../src/core/channel.ts';
import type { Link } from '../../../src/core/link.ts';
import { practice } from '../../harness.ts';
import { anyParcel, openPortal, telnyx } from './setup.ts';

/** A link by text message. Nobody listens where its mail would go. */

const at = Date.UTC(2026, 10, 23);
const never = new AbortController().signal;
const phone = '+12127365000';
const mail = { host: '127.0.0.1', port: 1, from: 'links@riverside.example', tls: 'none' };
let published: Omit<Link, 'delivery'>[];
let handed: number;
beforeEach(() => {
  published = [];
  handed = 0;
});

const withSms = (baseUrl: string): Promise<Channel> =>
  openPortal(
    { mail, sms: { baseUrl, apiKey: 'KEY1', from: '+12125550100' } },
    { now: () => at, publish: (link) => published.push(link) },
  );
const toPhone = (over: Partial<Parcel> = {}): Parcel =>
  anyParcel({
    endpoint: { channel: 'portal', address: phone },
    handingOver: () => Promise.resolve(void (handed += 1)),
    ...over,
  });

test('goes where there is a provider, says nothing of the patient, and its code goes another way', async () => {
  const company = await telnyx(200);
  const channel = await withSms(company.url);
  const recipient = { name: null, npi: null, phone: '(212) 736-5000', endpoints: [] };
  const outcome = await channel.send(toPhone({ recipient, possibleDuplicate: true }), never);
  expect(outcome).toEqual({ kind: 'accepted', reference: 'msg-1' });
  expect(handed).toBe(1);
  const link = published[0]!;
  expect(company.asked.map(({ body }) => body)).toEqual([
    {
      from: '+12125550100',
      to: phone,
      text: `Riverside Family Practice has documents for you: https://gate.example/portal/${link.secret} Call ${practice.phone} for the six-digit code. The link works until 2026-12-07. You may have received them before, by another way. En español: llame al ${practice.phone} y le damos el código.`,
    },
  ]);
  await channel.remind?.(toPhone(), { ...link, delivery: 'dlv_1' }, never);
  expect(company.asked[1]?.body).toMatchObject({ to: phone, text: expect.stringMatching(/^Reminder: Riverside/) });
  expect(JSON.stringify(company.asked)).not.toContain(link.code);
  await company.close();
});

test('has its code texted to another telephone of the recipient', async () => {
  const company = await telnyx(200);
  const recipient = { name: null, npi: null, phone: '+12127365001', endpoints: [] };
  await (await withSms(company.url)).send(toPhone({ recipient }), never);
  const told = company.asked.map(({ body }) => body as { to: string; text: string });
  expect(told.map(({ to }) => to)).toEqual([phone, '+12127365001']);
  expect(told.map(({ text }) => text.includes(published[0]!.code))).toEqual([false, true]);
  await company.close();
});

test.each([
  [429, 'deferred', 'throttled'],
  [401, 'deferred', 'unauthorized'],
  [400, 'refused', 'rejected'],
  [500, 'unknown', 'interrupted'],
] as const)('that the provider answers with %i is %s', async (status, kind, code) => {
  const company = await telnyx(status, { 'retry-after': '90' });
  const channel = await withSms(company.url);
  expect(await channel.send(toPhone(), never)).toMatchObject({ kind, reason: { code } });
  if (status === 429) {
    expect(await channel.send(toPhone(), never)).toMatchObject({ kind, retryAt: at + 90_000 });
    expect([company.asked.length, handed]).toEqual([1, 1]);
  }
  await company.close();
});

test('waits where nobody listens, and shares the fate of the provider', async () => {
  const company = await telnyx(200);
  await company.close();
  const channel = await withSms(company.url);
  expect(await channel.send(toPhone(), never)).toMatchObject({ kind: 'deferred', reason: { code: 'unreachable' } });
  expect(channel.lane?.({ channel: 'portal', address: phone }, 'main')).toMatch(/^127\.0\.0\.1:\d+$/);
});

test('goes to whole numbers that exist, and only with a provider', async () => {
  const { capabilities, objection } = await withSms('http://127.0.0.1:1');
  const numbers = [phone, '212 736 5000', '+1212', 'a@b.example', `${phone}\n`, `x${phone}`];
  expect(numbers.map((each) => capabilities.address.test(each))).toEqual([true, false, false, true, false, false]);
  expect(objection?.({ channel: 'portal', address: phone })).toBeNull();
  expect(objection?.({ channel: 'portal', address: '+19990000000' })).toMatch(/no telephone/);
});
