import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Parcel } from '../../src/core/channel.ts';
import { follow, type Link } from '../../src/core/link.ts';
import { accepted, deferred, refused, unknown, type Outcome } from '../../src/core/outcome.ts';
import { createDesk } from '../../src/desk.ts';
import { openLink, revokeLink } from '../../src/pipeline/portal.ts';
import { harness, hour, request, scripted, submission, type Harness } from '../harness.ts';

let at: Harness;
let token: string;
let delivery: `dlv_${string}`;
let message: `msg_${string}`;
let reminders: Link[];
let says: (parcel: Parcel) => Promise<Outcome>;

const taken = async ({ handingOver }: Parcel): Promise<Outcome> => {
  await handingOver();
  return accepted();
};

/** A link that is reminded of after two hours. */
beforeEach(async () => {
  reminders = [];
  says = taken;
  const portal = scripted('portal', async (parcel) => {
    const { attempt, message: sent, practice } = parcel;
    const secret = 'a link';
    token = createHash('sha256').update(secret).digest('hex');
    const own = { token, secret, code: '123456', attempt, message: sent.id, practice: practice.id };
    const fresh = { expiresAt: at.now() + 48 * hour, wrongCodes: 0, openedAt: null, answer: null, version: 1 };
    const desk = createDesk({ store: at.store, now: () => at.now(), draw: () => Promise.resolve([]) });
    await desk.publish({ ...own, ...fresh, remindAt: at.now() + 2 * hour });
    return taken(parcel);
  });
  const remind = (parcel: Parcel, link: Link) => {
    reminders.push(link);
    return says(parcel);
  };
  const patience = { delays: [], receiptWithin: 72 * hour, onSilence: 'hold' as const };
  at = harness({ channels: [Object.assign(portal, { remind })], patience });
  const endpoints = [{ channel: 'portal', address: 'desk@far.example' }];
  const recipient = { name: null, npi: null, phone: null, endpoints };
  const submitted = await at.submit(submission({ referral: request({ recipient }) }));
  [message, delivery] = [submitted.message, submitted.deliveries[0]!.id];
  await at.turn();
});
afterEach(() => at.close());

const told = async (what: string): Promise<number> =>
  (await at.store.history(message)).filter((event) => event.what === what).length;
const decided = { who: 'user:anna', practices: null, reason: 'wrong clinic' } as const;

test('a link that nobody opened is reminded of once, with the same link', async () => {
  await at.turn(hour);
  expect(reminders).toEqual([]);
  await at.turn(hour);
  await at.turn(24 * hour);
  expect(reminders.map(({ secret }) => secret)).toEqual(['a link']);
  expect(await told('portal.reminded')).toBe(1);
  expect((await at.store.link(token))?.remindedAt).toBeGreaterThan(0);
});

test.each([
  ['opened', () => openLink({ store: at.store, inbox: at.inbox, now: () => at.now() })({ token, code: '123456' })],
  ['taken back', () => revokeLink({ store: at.store, now: () => at.now() })({ ...decided, delivery })],
  [
    'locked',
    async () => at.store.commit({ link: { ...(await at.store.link(token))!, wrongCodes: 5, version: 2 }, events: [] }),
  ],
])('what was %s is not reminded of', async (_, happens) => {
  await at.turn(hour);
  await happens();
  await at.turn(24 * hour);
  expect(reminders).toEqual([]);
});

test('opened while the letter is on its way out: it does not leave', async () => {
  says = async ({ handingOver }) => {
    const link = await at.store.link(token);
    await at.store.commit({ link: follow(link!, { type: 'opened' }, at.now()), events: [] });
    return handingOver().then(
      () => accepted(),
      () => deferred('interrupted', 'stopped'),
    );
  };
  await at.turn(2 * hour);
  await at.turn(24 * hour);
  expect(reminders).toHaveLength(1);
  expect(await told('portal.reminded')).toBe(0);
});

test.each<[string, (parcel: Parcel) => Promise<Outcome>, number]>([
  ['nobody listened', () => Promise.resolve(deferred('unreachable', '')), 2],
  ['the letter was turned away for now', (parcel) => taken(parcel).then(() => deferred('throttled', '451')), 2],
  ['it was refused', () => Promise.resolve(refused('bad-address', '550')), 1],
  ['nobody knows whether it was taken', (parcel) => taken(parcel).then(() => unknown('interrupted', '')), 1],
  ['the adapter broke', () => Promise.reject(new Error('bug')), 1],
])('when %s', async (_, first, times) => {
  says = first;
  await at.turn(2 * hour);
  says = taken;
  await at.turn(hour);
  await at.turn(24 * hour);
  expect(reminders).toHaveLength(times);
});

test('nothing says that a refused letter left, even when its bytes had begun to', async () => {
  says = (parcel) => taken(parcel).then(() => refused('bad-address', '550'));
  await at.turn(2 * hour);
  await at.turn(24 * hour);
  expect(reminders).toHaveLength(1);
  expect(await told('portal.reminder-failed')).toBe(1);
  const link = await at.store.link(token);
  expect([link?.remindedAt, link?.remindAt]).toEqual([null, null]);
});
