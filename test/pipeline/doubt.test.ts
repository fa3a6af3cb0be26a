import { afterEach, describe, expect, test } from '@jest/globals';
import { accepted, deferred, unknown } from '../../src/core/outcome.ts';
import type { Channel, News } from '../../src/core/channel.ts';
import { arrival, harness, hour, minute, request, scripted, submission, type Harness } from '../harness.ts';

let h: Harness;
afterEach(() => h.close());

const mute = unknown('timeout', 'no reply');

async function send(channels: Parameters<typeof scripted>[], urgency: 'routine' | 'urgent' = 'routine') {
  const open = channels.map((each) => scripted(...each));
  h = harness({ channels: open });
  const { message, deliveries, referral } = await h.submit(submission({ referral: request({ urgency }) }));
  await h.turn();
  return { message, delivery: deliveries[0]!.id, referral, channels: open };
}

const receipt = (about: News['receipt']['attempt'], kind: News['receipt']['kind'], over: Partial<News> = {}): News => ({
  channel: 'direct',
  receipt: { attempt: about, kind, reason: kind === 'failed' ? { code: 'busy', detail: '' } : null, at: h.now() },
  author: ['far.example'],
  evidence: { mediaType: 'text/plain', bytes: Buffer.from('mdn') },
  ...over,
});

const decide = (delivery: `dlv_${string}`, verb: 'retry' | 'confirm' | 'reroute', route?: number) =>
  h.decideDelivery({
    id: delivery,
    who: 'user:anna',
    practices: null,
    verb,
    reason: 'phoned, they have it',
    ...(route === undefined ? {} : { route }),
  });

const eventsOf = async (message: `msg_${string}`, what: string) =>
  (await h.store.history(message)).filter((event) => event.what === what);

describe('an attempt in doubt', () => {
  test('waits, is asked about, and is left to a person when it is routine: nothing is sent twice', async () => {
    const { message, delivery, channels } = await send([['direct', mute], ['efax']]);
    expect(await h.state(delivery)).toBe('sent');
    await h.turn(hour);
    expect(await h.state(delivery)).toBe('held');
    expect(channels.map(({ sent }) => sent.length)).toEqual([1, 0]);
    expect(await h.story(message)).toBe(
      'message.received › delivery.planned › attempt.opened › attempt.unknown › doubt.waiting › receipt.overdue › doubt.asked › delivery.held',
    );
    const attempt = channels[0]!.sent[0]!.attempt;
    expect((await eventsOf(message, 'doubt.waiting'))[0]?.facts).toMatchObject({ attempt, channel: 'direct' });
    expect((await eventsOf(message, 'delivery.held'))[0]?.facts).toEqual({ reason: 'in-doubt', inDoubt: 1 });
  });

  test('takes another way when it is urgent, and says of what it may be a copy', async () => {
    const { message, channels } = await send([['direct', mute], ['efax']], 'urgent');
    await h.turn(hour);
    const [direct, efax] = channels.map(({ sent }) => sent[0]!);
    expect(efax!.possibleDuplicate).toBe(true);
    expect((await eventsOf(message, 'delivery.rerouted'))[0]?.facts).toEqual({
      channel: 'efax',
      possibleDuplicate: true,
      duplicateOf: direct!.attempt,
    });
  });

  test('is waited out no longer than until the deadline', async () => {
    const { message, delivery } = await send(
      [['direct', deferred('busy', '451'), deferred('busy', '451'), mute]],
      'urgent',
    );
    await h.turn(minute);
    await h.turn(56 * minute);
    expect(await h.state(delivery)).toBe('sent');
    const { deadline } = await h.store.message(message);
    expect((await h.store.delivery(delivery)).dueAt).toBe(deadline);
  });

  test('is repeated where a copy is ignored, inside that time only', async () => {
    const channel = scripted('direct', mute, mute, accepted());
    h = harness({ channels: [{ ...channel, capabilities: { ...channel.capabilities, repeatWithin: 90 * minute } }] });
    const { message, deliveries } = await h.submit(submission());
    await h.turn();
    await h.turn(hour);
    expect(channel.sent).toHaveLength(2);
    expect(await eventsOf(message, 'doubt.repeated')).toHaveLength(1);
    expect(new Set(channel.sent.map(({ family }) => family)).size).toBe(1);
    await h.turn(91 * minute);
    expect(channel.sent).toHaveLength(2);
    expect(await h.state(deliveries[0]!.id)).toBe('held');
  });

  test('our own intake queue is filed in again when its first filing broke', async () => {
    h = harness();
    const file = h.intake.send.bind(h.intake);
    h.intake.send = () => {
      h.intake.send = file;
      return Promise.resolve(unknown('interrupted', 'broken once'));
    };
    await h.inbox.message(arrival());
    await h.turn();
    const { rows } = await h.store.deliveries({ practices: null, limit: 5 });
    const { id } = rows[0]!.delivery;
    expect(await h.state(id)).toBe('sent');
    await h.turn(minute);
    expect(await h.state(id)).toBe('delivered');
    expect((await h.store.entries({ practices: null, limit: 5 })).rows).toMatchObject([{ state: 'waiting' }]);
  });
});

describe('a crash', () => {
  test('after the far side said yes repeats nothing and asks nobody', async () => {
    const direct: Channel & { sent: unknown[] } = scripted('direct', async (parcel) => {
      await parcel.handingOver();
      await parcel.taken('queued-7');
      const { delivery } = (await h.store.attempt(parcel.attempt))!;
      // Its lease ran out: the work is given out again, as after a crash at this point.
      await h.handlers.deliver(delivery, new AbortController().signal);
      await h.handlers.settle(delivery, new AbortController().signal);
      left = [(await h.store.attempt(parcel.attempt))?.outcome, await h.store.delivery(delivery)];
      return accepted('queued-7');
    });
    let left: unknown[] = [];
    direct.inquire = () => Promise.reject(new Error('was asked'));
    h = harness({ channels: [direct] });
    await h.submit(submission());
    await h.turn();
    expect(left).toMatchObject([accepted('queued-7'), { state: 'sent', unresolved: [] }]);
    expect(direct.sent).toHaveLength(1);
    expect(h.logged.map(({ event }) => event)).not.toContain('inquiry.failed');
  });
});

test('a channel that breaks after the far side said yes leaves no doubt', async () => {
  const { delivery } = await send([
    [
      'direct',
      async (parcel) => {
        await parcel.handingOver();
        await parcel.taken('queued-7');
        throw new TypeError('after the yes');
      },
    ],
  ]);
  expect(await h.store.delivery(delivery)).toMatchObject({ state: 'sent', unresolved: [] });
});

describe('tries of one family', () => {
  test('go out under one name, and the proof of the first settles the second', async () => {
    const { delivery, channels } = await send([['direct', mute, accepted()]]);
    await h.turn(hour);
    await decide(delivery, 'retry');
    await h.turn(1);
    const [first, second] = channels[0]!.sent;
    expect(second!.family).toBe(first!.family);
    expect(second!.attempt).not.toBe(first!.attempt);
    expect(second!.possibleDuplicate).toBe(true);
    expect(await h.inbox.receipt(receipt(first!.family, 'delivered'))).toBe('recorded');
    await h.turn();
    expect(await h.state(delivery)).toBe('delivered');
  });

  test('are told apart by the reference of the far side: a no about the first is not one about the second', async () => {
    const { delivery, channels } = await send([['direct', accepted('one'), accepted('two')]]);
    await h.turn(hour);
    await decide(delivery, 'retry');
    await h.turn(1);
    const [first, second] = channels[0]!.sent;
    await h.inbox.receipt(receipt(first!.family, 'failed', { reference: 'one' }));
    await h.turn();
    expect(await h.store.delivery(delivery)).toMatchObject({ state: 'sent', attempt: second!.attempt, unresolved: [] });
    await h.inbox.receipt(receipt(first!.family, 'failed', { reference: 'two' }));
    await h.turn();
    expect(await h.state(delivery)).toBe('pending');
  });

  test('end where the far side says failed: what goes after it has a name of its own', async () => {
    const { channels } = await send([['direct', accepted('one')]]);
    await h.inbox.receipt(receipt(channels[0]!.sent[0]!.family, 'failed'));
    await h.turn();
    await h.turn(minute);
    const [first, second] = channels[0]!.sent;
    expect(second!.family).toBe(second!.attempt);
    // The same report once more is about the first, whatever has gone out since.
    expect(await h.inbox.receipt(receipt(first!.family, 'failed'))).toBe('duplicate');
  });
});

describe("a person's answers", () => {
  test('it arrived: delivered by a word, the sender of it on record, no machine receipt given for it', async () => {
    const { message, delivery, referral } = await send([['direct', mute]]);
    await h.turn(hour);
    await decide(delivery, 'confirm');
    await h.turn();
    expect(await h.store.delivery(delivery)).toMatchObject({ state: 'delivered', provenBy: null });
    const { state, steps } = await h.store.referral(referral);
    expect([state, steps.at(-1)?.evidence]).toEqual(['received', `a person's word on delivery ${delivery}`]);
    expect(await eventsOf(message, 'delivery.confirmed')).toMatchObject([
      { who: 'user:anna', note: 'phoned, they have it' },
    ]);
    expect(await h.store.receiptsOf(delivery)).toEqual([]);
    await expect(decide(delivery, 'confirm')).rejects.toThrow('delivered');
  });

  test('a word is not passed on to the sender as a receipt', async () => {
    const direct = scripted('direct');
    h = harness({ channels: [direct] });
    h.intake.send = () => Promise.resolve(unknown('interrupted', 'broken'));
    await h.inbox.message(arrival());
    await h.turn();
    for (let i = 0; i < 4; i++) await h.turn(minute);
    const { rows } = await h.store.deliveries({ practices: null, limit: 5 });
    const { id } = rows[0]!.delivery;
    expect(await h.state(id)).toBe('held');
    await decide(id, 'confirm');
    await h.turn();
    expect(await h.state(id)).toBe('delivered');
    expect(direct.notices.map(({ notice }) => notice)).toEqual(['processed', 'unanswered']);
  });

  test('send again goes the same way, other route goes another; both are marked', async () => {
    const { delivery, channels, message } = await send([
      ['direct', mute],
      ['efax', mute],
    ]);
    await h.turn(hour);
    await decide(delivery, 'reroute', 1);
    await h.turn();
    await h.turn(hour);
    expect(await h.store.delivery(delivery)).toMatchObject({ state: 'held', route: 1 });
    await decide(delivery, 'retry');
    await h.turn();
    const [direct, efax] = channels;
    expect([direct!.sent.length, efax!.sent.length]).toEqual([1, 2]);
    expect(efax!.sent.map(({ possibleDuplicate }) => possibleDuplicate)).toEqual([true, true]);
    expect((await eventsOf(message, 'delivery.retried'))[0]?.facts).toEqual({ possibleDuplicate: true });
  });
});
