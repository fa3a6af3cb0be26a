import { afterEach, describe, expect, test } from '@jest/globals';
import type { Delivery } from '../../src/core/delivery.ts';
import type { DeliveryId } from '../../src/core/message.ts';
import { accepted, deferred, refused, unknown, type Outcome } from '../../src/core/outcome.ts';
import { summary } from '../../src/http/sentences.ts';
import { resume } from '../../src/pipeline/held.ts';
import { admitGap } from '../../src/pipeline/restored.ts';
import {
  arrival,
  harness,
  hour,
  minute,
  otherPractice,
  practice,
  request,
  scripted,
  submission,
  type Harness,
  type ScriptedChannel,
} from '../harness.ts';

let at: Harness;
afterEach(() => at.close());

const mark = Date.UTC(2026, 10, 23, 8, 0);
const to = (...channels: string[]) =>
  submission({
    referral: request({
      recipient: {
        name: null,
        npi: null,
        phone: null,
        endpoints: channels.map((channel) => ({ channel, address: `a@${channel}.example` })),
      },
    }),
  });

/** What a restore leaves behind, done to the store at hand. */
async function restore(): Promise<void> {
  await at.restored(mark);
  await admitGap({ store: at.store, now: at.now, practices: [practice, otherPractice] }, mark);
}

const release = () => resume({ store: at.store, now: at.now })({ who: 'user:anna', reason: 'checked' });
const standing = async (id: string): Promise<Delivery> => at.store.delivery(id as DeliveryId);

async function sentBy(channel: ScriptedChannel, ...others: ScriptedChannel[]): Promise<string> {
  at = harness({ channels: [channel, ...others] });
  const { deliveries } = await at.submit(to(channel.name, ...others.map(({ name }) => name)));
  return deliveries[0]!.id;
}

describe('while it is held after a restore', () => {
  test('nothing leaves, arrivals are taken and filed, and a person’s word lets everything go on', async () => {
    const direct = scripted('direct');
    at = harness({ channels: [direct] });
    await restore();
    const { deliveries } = await at.submit(to('direct'));
    expect(await at.inbox.message(arrival())).toBe('new');
    await at.turn(minute);
    await at.turn(minute);
    expect(direct.sent).toEqual([]);
    expect(direct.notices).toEqual([]);
    expect(await at.state(deliveries[0]!.id)).toBe('pending');
    expect((await at.store.entries({ practices: null, limit: 9 })).rows.map(({ state }) => state)).toEqual(['waiting']);
    await release();
    await at.turn(minute);
    expect(direct.sent).toHaveLength(1);
    expect(direct.sent[0]?.possibleDuplicate).toBe(false);
    expect(direct.notices.map(({ notice }) => notice)).toEqual(['processed', 'delivered']);
    await expect(release()).rejects.toThrow('nothing is held back');
    expect((await at.store.eventsAfter(0, 100, null)).map(({ event }) => event)).toContainEqual(
      expect.objectContaining({ what: 'gateway.resumed', who: 'user:anna', note: 'checked' }),
    );
  });
});

describe('what was under way when the backup was made', () => {
  test('pending, before any route: waits for a person, and says why', async () => {
    const direct = scripted('direct');
    const id = await sentBy(direct);
    await restore();
    await release();
    await at.turn(hour);
    expect(direct.sent).toEqual([]);
    const delivery = await standing(id);
    expect(delivery.state).toBe('held');
    expect(summary({ delivery, attempts: [], receipts: [], word: null, wrongPlace: null, blockedBy: null })).toBe(
      'Waits for a person. What is known was restored from a backup of 2026-11-23T08:00:00.000Z: it may have gone out since.',
    );
    await at.decideDelivery({ id: delivery.id, verb: 'retry', who: 'user:anna', practices: null, reason: 'not there' });
    await at.turn(minute);
    expect(direct.sent.map(({ possibleDuplicate }) => possibleDuplicate)).toEqual([true]);
    expect(await at.state(delivery.id)).toBe('sent');
  });

  test('pending between two tries: waits for a person, whose retry follows the usual schedule', async () => {
    const direct = scripted('direct', deferred('busy', ''));
    const id = await sentBy(direct);
    await at.turn();
    expect(direct.sent).toHaveLength(1);
    await restore();
    await release();
    await at.turn(hour);
    expect(direct.sent).toHaveLength(1);
    expect((await standing(id)).state).toBe('held');
    await at.decideDelivery({ id: id as DeliveryId, verb: 'retry', who: 'user:anna', practices: null, reason: 'x' });
    await at.turn(minute);
    await at.turn(5 * minute);
    await at.turn(10 * minute);
    // Turned down by every route it was tried on: still more than anybody can prove.
    expect(direct.sent.length).toBeGreaterThan(3);
    expect((await standing(id)).state).toBe('held');
  });

  test.each<[string, Outcome | null, string]>([
    ['the far side says it has it', accepted('q1'), 'sent'],
    ['the far side says it never had it', deferred('unreachable', ''), 'held'],
    ['the far side turned it down', refused('rejected', ''), 'held'],
    ['the far side cannot say', null, 'held'],
  ])('sending: it is asked about, and never sent again by itself (%s)', async (_, answer, state) => {
    const direct = scripted('direct', (parcel) =>
      parcel.handingOver().then(() => new Promise<Outcome>(() => undefined)),
    );
    const efax = scripted('efax');
    const id = await sentBy(direct, efax);
    void at.turn();
    for (let i = 0; i < 1000 && direct.sent.length === 0; i++) await new Promise((resume) => setTimeout(resume, 5));
    await new Promise((resume) => setTimeout(resume, 50));
    expect((await standing(id)).state).toBe('sending');
    direct.inquiries = [answer];
    await restore();
    await release();
    await at.turn(minute);
    await at.turn(2 * minute);
    expect((await standing(id)).state).toBe(state);
    expect(direct.sent).toHaveLength(1);
    expect(efax.sent).toEqual([]);
    const [attempt] = await at.store.attemptsOf(id as DeliveryId);
    expect(attempt?.closedAt).not.toBeNull();
  });

  test('sent: proof still counts, silence asks a person instead of the next route', async () => {
    const efax = scripted('efax');
    const id = await sentBy(scripted('direct'), efax);
    const { deliveries } = await at.submit(to('direct', 'efax'));
    const other = deliveries[0]!.id;
    await at.turn();
    await restore();
    await release();
    const { attempt } = await standing(other);
    await at.inbox.receipt({
      channel: 'direct',
      receipt: { attempt: attempt!, kind: 'delivered', reason: null, at: at.now() },
      author: null,
      evidence: { mediaType: 'text/plain', bytes: Buffer.from('x') },
    });
    await at.turn(2 * hour);
    expect((await standing(id)).state).toBe('held');
    expect((await standing(other)).state).toBe('delivered');
    expect(efax.sent).toEqual([]);
  });

  test('what is over stays so; failed and held keep their state, and are marked when a person sends them again', async () => {
    const direct = scripted('direct', refused('rejected', ''));
    const failed = await sentBy(direct);
    await at.turn();
    direct.answers = [unknown('timeout', '')];
    const { deliveries } = await at.submit(to('direct'));
    const held = deliveries[0]!.id;
    await at.turn(2 * hour);
    await at.turn(2 * hour);
    expect([await at.state(failed as DeliveryId), await at.state(held)]).toEqual(['failed', 'held']);
    await restore();
    await release();
    expect([await at.state(failed as DeliveryId), await at.state(held)]).toEqual(['failed', 'held']);
    direct.sent.length = 0;
    direct.answers = [accepted()];
    await at.decideDelivery({ id: failed as DeliveryId, verb: 'retry', who: 'x', practices: null, reason: 'x' });
    await at.turn(minute);
    expect(direct.sent.map(({ possibleDuplicate }) => possibleDuplicate)).toEqual([true]);
  });
});

test('telling of the gap goes on where it was cut off, and says it once', async () => {
  const id = await sentBy(scripted('direct'));
  await at.restored(mark);
  expect(await at.store.held()).toEqual({ mark, at: at.now(), ready: false });
  const deps = { store: at.store, now: at.now, practices: [practice, otherPractice] };
  const once = { ...at.store, commit: () => Promise.reject(new Error('killed')) };
  await expect(admitGap({ ...deps, store: once }, mark)).rejects.toThrow('killed');
  expect(await admitGap(deps, mark)).toMatchObject({ pending: 1 });
  expect(await admitGap(deps, mark)).toMatchObject({ pending: 0, held: 0 });
  expect(await at.store.held()).toMatchObject({ ready: true });
  expect((await at.story((await standing(id)).message)).match(/delivery.restored/g)).toHaveLength(1);
});
