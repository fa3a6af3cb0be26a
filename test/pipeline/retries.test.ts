import { afterEach, describe, expect, test } from '@jest/globals';
import type { Parcel } from '../../src/core/channel.ts';
import { lot } from '../../src/core/jitter.ts';
import type { DeliveryId, MessageId, Urgency } from '../../src/core/message.ts';
import { accepted, deferred, refused, type Outcome } from '../../src/core/outcome.ts';
import {
  harness,
  hour,
  minute,
  request,
  scripted,
  submission,
  type Harness,
  type ScriptedChannel,
} from '../harness.ts';

const second = 1_000;
const dead = deferred('unreachable', 'no route to host');

let h: Harness;
afterEach(() => h.close());

interface Sent {
  readonly message: MessageId;
  readonly delivery: DeliveryId;
}

async function send(to: readonly [channel: string, address: string][], urgency: Urgency = 'routine'): Promise<Sent> {
  const endpoints = to.map(([channel, address]) => ({ channel, address }));
  const recipient = { name: 'Hillside Cardiology', npi: null, phone: null, endpoints };
  const { message, deliveries } = await h.submit(submission({ referral: request({ recipient, urgency }) }));
  return { message, delivery: deliveries[0]!.id };
}

const direct = (host: string): [string, string] => ['direct', `intake@${host}`];
const fax: [string, string] = ['efax', '+12125550199'];

/** Answers by host; counts what each was asked. */
function post(answer: (host: string, parcel: Parcel) => Outcome): ScriptedChannel {
  return scripted('direct', (parcel) => Promise.resolve(answer(parcel.endpoint.address.split('@')[1]!, parcel)));
}

const sentTo = (channel: ScriptedChannel, host: string): number =>
  channel.sent.filter(({ endpoint }) => endpoint.address.endsWith(host)).length;

const patient = { delays: Array<number>(50).fill(30 * second), receiptWithin: hour, onSilence: 'fallback' as const };

describe('a dead destination', () => {
  test('is left alone after five failures, probed by a routine item, and used again when it is back', async () => {
    let isBack = false;
    const channel = post(() => (isBack ? accepted() : dead));
    h = harness({ channels: [channel], patience: patient });
    for (let i = 0; i < 30; i++) await send([direct('dead.example')]);
    await h.turn();
    expect(channel.sent).toHaveLength(5);
    expect(await h.store.closings()).toMatchObject([{ lane: 'direct dead.example', why: 'circuit' }]);
    await h.turn(29 * second);
    expect(channel.sent).toHaveLength(5);
    await h.turn(second);
    expect(channel.sent).toHaveLength(6);
    isBack = true;
    await h.turn(59 * second);
    expect(channel.sent).toHaveLength(6);
    await h.turn(second);
    expect(channel.sent.length).toBeGreaterThan(30);
    expect(await h.store.closings()).toEqual([]);
    await h.turn(minute);
    expect((await h.store.deliveries({ practices: null, limit: 50, state: 'sent' })).rows).toHaveLength(30);
    const lane = (await h.store.eventsAfter(0, 1_000, null)).filter(
      ({ event }) => event.subject === 'direct dead.example',
    );
    expect(lane.map(({ event }) => event.what)).toEqual(['lane.closed', 'lane.opened']);
  });

  test('costs a delivery no try while it is left alone, and the record says why it waits', async () => {
    const channel = post(() => dead);
    h = harness({ channels: [channel], patience: patient });
    const sent = [];
    for (let i = 0; i < 8; i++) sent.push(await send([direct('dead.example')]));
    await h.turn();
    const deliveries = await Promise.all(sent.map(({ delivery }) => h.store.delivery(delivery)));
    expect(deliveries.map(({ tries }) => tries).reduce((sum, tries) => sum + tries)).toBe(5);
    const waiting = deliveries.filter(({ waitsFor }) => waitsFor === 'circuit');
    expect(waiting.length).toBeGreaterThan(0);
    const blocked = (await h.store.history(waiting[0]!.message)).filter(({ what }) => what === 'delivery.blocked');
    expect(blocked.map(({ facts }) => facts)).toEqual([{ lane: 'direct dead.example', by: 'circuit' }]);
  });

  test('is left at once by urgent work that has another way', async () => {
    const channel = post(() => dead);
    const efax = scripted('efax', accepted());
    h = harness({ channels: [channel, efax], patience: patient });
    for (let i = 0; i < 5; i++) await send([direct('dead.example')]);
    await h.turn();
    const { message, delivery } = await send([direct('dead.example'), fax], 'urgent');
    await h.turn();
    expect(channel.sent).toHaveLength(5);
    expect(efax.sent).toHaveLength(1);
    expect(await h.state(delivery)).toBe('sent');
    expect(await h.story(message)).toBe(
      'message.received › delivery.planned › delivery.blocked › delivery.rerouted › attempt.opened › attempt.accepted',
    );
  });

  test('is tried all the same by urgent work that has no other way', async () => {
    const channel = post(() => dead);
    h = harness({ channels: [channel], patience: patient });
    for (let i = 0; i < 5; i++) await send([direct('dead.example')]);
    await h.turn();
    await send([direct('dead.example')], 'stat');
    await h.turn();
    expect(channel.sent).toHaveLength(6);
    expect(channel.sent.at(-1)!.message.urgency).toBe('stat');
  });

  test('is never probed by urgent work', async () => {
    const channel = post(() => dead);
    const efax = scripted('efax', accepted());
    h = harness({ channels: [channel, efax], patience: patient });
    for (let i = 0; i < 7; i++) await send([direct('dead.example')]);
    await h.turn();
    for (let i = 0; i < 40; i++) {
      await send([direct('dead.example'), fax], 'urgent');
      await h.turn(15 * second);
    }
    const probes = channel.sent.slice(5);
    expect(probes.length).toBeGreaterThan(5);
    expect(new Set(probes.map(({ message }) => message.urgency))).toEqual(new Set(['routine']));
    expect(efax.sent).toHaveLength(40);
  });

  test('keeps nobody past the time that its route has: the next one gets its turn, or the last is tried', async () => {
    const channel = post(() => dead);
    const efax = scripted('efax', accepted());
    h = harness({ channels: [channel, efax], patience: patient });
    const kept = [];
    for (let i = 0; i < 40; i++) kept.push(await send([direct('dead.example'), fax]));
    await h.turn();
    for (let i = 0; i < 13; i++) await h.turn(hour);
    expect(efax.sent).toHaveLength(40);
    expect(sentTo(channel, 'dead.example')).toBeLessThan(60);
    for (const { delivery } of kept) expect(await h.state(delivery)).toMatch(/sent|held/);
  });

  test('is no reason to refuse for ever: a delivery without another way ends by itself', async () => {
    h = harness({ channels: [post(() => dead)] });
    const sent = [];
    for (let i = 0; i < 12; i++) sent.push(await send([direct('dead.example')]));
    for (let i = 0; i < 30; i++) await h.turn(hour);
    for (const { delivery } of sent) expect(await h.state(delivery)).toBe('failed');
  });

  test('is not what one refused address makes of it', async () => {
    const channel = post(() => refused('bad-address', '550 no such user'));
    h = harness({ channels: [channel] });
    for (let i = 0; i < 20; i++) await send([direct('strict.example')]);
    await h.turn();
    expect(channel.sent).toHaveLength(20);
    expect(await h.store.closings()).toEqual([]);
  });

  test('holding 10,000 items is asked five times, and those for others go as if it were not there', async () => {
    const live = 200;
    const run = async (items: number): Promise<{ claims: number; handled: number }> => {
      const channel = post((host) => (host === 'dead.example' ? dead : accepted()));
      h = harness({ channels: [channel], patience: patient });
      // Planned and due, as the route stage leaves them: 10,000 submissions would be most of this test.
      const template = await h.store.delivery((await send([direct('dead.example')])).delivery);
      await h.turn();
      const planned = await h.store.delivery(template.id);
      for (let from = 0; from < items; from += 500) {
        const copies = Array.from({ length: Math.min(500, items - from) }, (_, i) => ({
          ...planned,
          id: `dlv_dead${String(from + i).padStart(6, '0')}` as const,
          ...{ state: 'pending' as const, tries: 0, attempt: null, dueAt: h.now(), version: 1 },
        }));
        const lane = 'direct dead.example';
        const work = copies.map(({ id }) => ({ stage: 'deliver' as const, subject: id, dueAt: h.now(), lane }));
        await h.store.commit({ deliveries: copies, work, events: [] });
      }
      await h.turn(second);
      for (let i = 0; i < live; i++) await send([direct(`live${i % 20}.example`)]);
      const { claim } = h.store;
      const seen = { claims: 0, handled: 0 };
      h.store.claim = async (...terms) => {
        const claimed = await claim(...terms);
        seen.claims += 1;
        seen.handled += claimed.length;
        return claimed;
      };
      await h.turn();
      expect(channel.sent.length - sentTo(channel, 'dead.example')).toBe(live);
      expect(sentTo(channel, 'dead.example')).toBeLessThanOrEqual(5);
      return seen;
    };
    const alone = await run(0);
    await h.close();
    const beside = await run(10_000);
    expect(beside.handled).toBeLessThanOrEqual(alone.handled + 5);
    expect(beside.claims).toBeLessThanOrEqual(alone.claims + 5);
  });
});

describe('a flapping provider', () => {
  const traffic = async (answer: (at: number, call: number) => Outcome): Promise<{ made: number; first: number }> => {
    let isCalm = false;
    let calls = 0;
    const efax = scripted('efax', () => Promise.resolve(isCalm ? accepted() : answer(h.now(), ++calls)));
    h = harness({ channels: [efax], patience: { ...patient, receiptWithin: 20 * hour } });
    const began = h.now();
    while (h.now() - began < 20 * minute) {
      for (let i = 0; i < 3; i++) await send([fax]);
      await h.turn(2 * second);
    }
    const made = efax.sent.length;
    const first = new Set(efax.sent.map(({ message }) => message.id)).size;
    // Two minutes after it is well again, nothing waits any more.
    isCalm = true;
    for (let i = 0; i < 12; i++) await h.turn(10 * second);
    for (const state of ['pending', 'failed', 'held'] as const) {
      expect((await h.store.deliveries({ practices: null, limit: 50, state })).rows).toEqual([]);
    }
    return { made, first };
  };

  test('that is away every other two minutes is asked at most 1.2 times for each item', async () => {
    const { made, first } = await traffic((at) => (Math.floor(at / (2 * minute)) % 2 === 0 ? accepted() : dead));
    expect(first).toBeGreaterThan(500);
    expect(made / first).toBeLessThanOrEqual(1.2);
  });

  test('that loses every second call in every other two minutes, too', async () => {
    const { made, first } = await traffic((at, call) =>
      Math.floor(at / (2 * minute)) % 2 === 0 || lot(`${call}`) < 0.5 ? accepted() : dead,
    );
    expect(first).toBeGreaterThan(500);
    expect(made / first).toBeLessThanOrEqual(1.2);
  });

  test('that loses every second call for good, too', async () => {
    const { made, first } = await traffic((_, call) => (lot(`${call}`) < 0.5 ? accepted() : dead));
    expect(first).toBeGreaterThan(300);
    expect(made / first).toBeLessThanOrEqual(1.2);
  });
});

describe('urgent work', () => {
  test('goes before all routine work that was there first', async () => {
    const channel = post(() => accepted());
    h = harness({ channels: [channel] });
    for (let i = 0; i < 20; i++) await send([direct(`a${i}.example`)]);
    await send([direct('b.example')], 'urgent');
    await send([direct('b.example')], 'stat');
    await h.turn();
    expect(channel.sent.slice(0, 2).map(({ message }) => message.urgency)).toEqual(['stat', 'urgent']);
  });
});

describe('a provider that names the time', () => {
  test('is not asked before it, by anybody', async () => {
    const answers = [deferred('throttled', 'telnyx 429', NaN)];
    const efax = scripted('efax', () => Promise.resolve(answers.shift() ?? accepted()));
    h = harness({ channels: [efax], patience: patient });
    answers[0] = deferred('throttled', 'telnyx 429', h.now() + 4 * minute);
    for (let i = 0; i < 3; i++) await send([fax]);
    await h.turn();
    expect(efax.sent).toHaveLength(1);
    expect(await h.store.closings()).toMatchObject([{ why: 'throttled', until: h.now() + 4 * minute }]);
    await h.turn(4 * minute - 1);
    expect(efax.sent).toHaveLength(1);
    await h.turn(1);
    expect(efax.sent).toHaveLength(4);
  });

  test('is asked no more often than its rate, and urgent items get theirs', async () => {
    const efax = scripted('efax', accepted());
    Object.assign(efax.capabilities, { perLane: { width: 4, perMinute: 60 } });
    h = harness({ channels: [efax], patience: patient });
    for (let i = 0; i < 100; i++) await send([fax]);
    await h.turn();
    expect(efax.sent).toHaveLength(12);
    await send([fax], 'urgent');
    await h.turn();
    expect(efax.sent.at(-1)!.message.urgency).toBe('urgent');
    for (let i = 0; i < 30; i++) await h.turn(second);
    expect(efax.sent.length).toBeGreaterThanOrEqual(12 + 29);
    expect(efax.sent.length).toBeLessThanOrEqual(13 + 30);
  });
});
