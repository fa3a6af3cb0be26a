import { afterEach, describe, expect, test } from '@jest/globals';
import { accepted, deferred, refused, unknown } from '../../src/core/outcome.ts';
import type { News } from '../../src/core/channel.ts';
import { harness, hour, minute, scripted, submission, until, type Harness, type ScriptedChannel } from '../harness.ts';

let h: Harness;
afterEach(() => h.close());

async function send(channels: readonly ScriptedChannel[], options: Parameters<typeof harness>[0] = {}) {
  h = harness({ channels, ...options });
  const { message, deliveries, referral } = await h.submit(submission());
  const delivery = deliveries[0]!.id;
  return { message, delivery, referral };
}

const news = (channel: ScriptedChannel, kind: News['receipt']['kind'], over: Partial<News> = {}): News => ({
  channel: channel.name,
  receipt: {
    attempt: channel.sent.at(-1)!.attempt,
    kind,
    reason: kind === 'failed' ? { code: 'rejected', detail: '5.0.0' } : null,
    at: h.now(),
  },
  author: ['far.example'],
  evidence: { mediaType: 'message/disposition-notification', bytes: Buffer.from('mdn') },
  ...over,
});

describe('a referral on its way', () => {
  test('is retried, falls back, and is delivered only on proof', async () => {
    const direct = scripted('direct', deferred('busy', '451'), refused('bad-address', '550'));
    const efax = scripted('efax', accepted('fax-1'));
    const { message, delivery, referral } = await send([direct, efax]);
    await h.turn();
    expect(await h.state(delivery)).toBe('pending');
    await h.turn(minute);
    expect(await h.state(delivery)).toBe('sent');
    expect((await h.store.referral(referral)).state).toBe('sent');
    await h.inbox.receipt(news(efax, 'delivered', { author: null }));
    await h.turn();
    expect(await h.state(delivery)).toBe('delivered');
    expect((await h.store.referral(referral)).state).toBe('received');
    expect(await h.story(message)).toBe(
      'message.received › delivery.planned › attempt.opened › attempt.deferred › attempt.opened › attempt.refused › delivery.rerouted › attempt.opened › attempt.accepted › receipt.recorded › delivery.delivered',
    );
    expect(efax.sent[0]!.possibleDuplicate).toBe(false);
  });

  test('claims no more than the far gateway said', async () => {
    const direct = scripted('direct', accepted());
    const { delivery } = await send([direct]);
    await h.turn();
    await h.inbox.receipt(news(direct, 'processed'));
    await h.turn();
    expect(await h.state(delivery)).toBe('sent');
    await h.inbox.receipt(news(direct, 'delivered'));
    await h.turn();
    expect(await h.state(delivery)).toBe('delivered');
  });

  test('is not kept waiting for ever by the gateways of two attempts, both of which said "processed"', async () => {
    const direct = scripted('direct', accepted());
    const { delivery } = await send([direct], { patience: { delays: [], receiptWithin: hour, onSilence: 'hold' } });
    await h.turn();
    await h.inbox.receipt(news(direct, 'processed'));
    await h.turn();
    await h.turn(hour);
    expect(await h.state(delivery)).toBe('held');
    await h.decideDelivery({ id: delivery, verb: 'retry', reason: '', who: 'ann', practices: null });
    await h.turn();
    await h.inbox.receipt(news(direct, 'processed'));
    await h.turn();
    await h.turn(hour);
    expect(await h.state(delivery)).toBe('held');
    expect((await h.store.delivery(delivery)).unresolved).toEqual(direct.sent.map(({ attempt }) => attempt));
  });

  test('keeps its timer when a receipt changes nothing', async () => {
    const direct = scripted('direct', accepted());
    const efax = scripted('efax', accepted());
    const { delivery } = await send([direct, efax]);
    await h.turn();
    await h.turn(hour);
    await h.inbox.receipt({ ...news(direct, 'processed'), author: ['far.example'] });
    await h.turn();
    await h.turn(hour);
    expect(await h.state(delivery)).toBe('held');
  });

  test('keeps its timer when a receipt overtakes an attempt that then dies with its process', async () => {
    const direct = scripted('direct', async (parcel) => {
      await parcel.handingOver();
      return new Promise(() => undefined);
    });
    const { delivery } = await send([direct]);
    void h.turn();
    await until('it is sent', () => direct.sent.length > 0);
    await h.inbox.receipt(news(direct, 'processed'));
    await h.turn();
    await h.turn(10 * minute);
    expect(await h.state(delivery)).toBe('sent');
  });

  test('falls back on silence, says that it may be a duplicate, and still counts the late receipt', async () => {
    const direct = scripted('direct', accepted());
    const efax = scripted('efax', accepted());
    const { message, delivery } = await send([direct, efax]);
    await h.turn();
    const late = news(direct, 'delivered');
    await h.turn(hour);
    expect(efax.sent).toHaveLength(1);
    expect(efax.sent[0]!.possibleDuplicate).toBe(true);
    expect(await h.state(delivery)).toBe('sent');
    await h.inbox.receipt(late);
    await h.turn();
    const settled = await h.store.delivery(delivery);
    expect(settled).toMatchObject({ state: 'delivered', provenBy: direct.sent[0]!.attempt });
    const recorded = (await h.store.history(message)).find(({ what }) => what === 'receipt.recorded');
    expect(recorded?.facts['late']).toBe(true);
  });

  test('ends as failed when everybody said no, and as held when somebody may have it', async () => {
    const first = await send([
      scripted('direct', refused('bad-address', '550')),
      scripted('efax', refused('bad-address', 'x')),
    ]);
    await h.turn();
    expect(await h.state(first.delivery)).toBe('failed');
    const referral = await h.store.referral(first.referral);
    expect(referral).toMatchObject({ state: 'undeliverable', steps: [{ to: 'undeliverable', jumped: false }] });
    await h.close();
    const second = await send([
      scripted('direct', unknown('timeout', 'no reply')),
      scripted('efax', refused('bad-address', 'x')),
    ]);
    await h.turn();
    await h.turn(hour);
    expect(await h.state(second.delivery)).toBe('held');
  });

  test('is believed only from an author bound to its recipient', async () => {
    const direct = scripted('direct', accepted());
    const { delivery, message } = await send([direct]);
    await h.turn();
    expect(await h.inbox.receipt(news(direct, 'delivered', { author: ['elsewhere.example'] }))).toBe('unmatched');
    expect(await h.inbox.receipt(news(direct, 'delivered', { author: ['evil-far.example', 'x.far.example'] }))).toBe(
      'unmatched',
    );
    expect(await h.inbox.receipt(news(direct, 'delivered', { channel: 'efax', author: null }))).toBe('unmatched');
    await h.turn();
    expect(await h.state(delivery)).toBe('sent');
    expect(await h.story(message)).toContain('receipt.refused');
    expect(await h.inbox.receipt(news(direct, 'delivered', { author: ['INTAKE@far.example'] }))).toBe('recorded');
  });

  test('hears a repeated receipt once, however many copies come at once', async () => {
    const direct = scripted('direct', accepted());
    const { message } = await send([direct]);
    await h.turn();
    const answers = await Promise.all(Array.from({ length: 100 }, () => h.inbox.receipt(news(direct, 'processed'))));
    expect(answers.filter((answer) => answer === 'recorded')).toHaveLength(1);
    expect(answers.filter((answer) => answer === 'duplicate')).toHaveLength(99);
    await h.turn();
    expect((await h.store.history(message)).filter(({ what }) => what === 'receipt.recorded')).toHaveLength(1);
  });

  test('settles even when its referral was moved by somebody else in the same moment', async () => {
    const direct = scripted('direct', accepted());
    const { delivery, referral } = await send([direct]);
    await h.turn();
    const real = h.store.referral;
    h.store.referral = async (id) => {
      const found = await real(id);
      h.store.referral = real;
      await h.recordStep({
        referral: id,
        who: 'ann',
        practices: null,
        to: 'received',
        evidence: 'phone call',
        reason: null,
      });
      return found;
    };
    await h.inbox.receipt(news(direct, 'delivered'));
    await h.turn();
    expect(await h.state(delivery)).toBe('delivered');
    expect((await h.store.referral(referral)).steps.map(({ evidence }) => evidence)).toContain('phone call');
  });

  test('is proven by what the far side says when it is asked about a silent attempt', async () => {
    const direct = scripted('direct', accepted());
    const efax = scripted('efax', accepted());
    const { delivery } = await send([direct, efax]);
    await h.turn();
    direct.inquire = async (_parcel, inbox) => {
      await inbox.receipt(news(direct, 'delivered'));
      return accepted();
    };
    await h.turn(hour);
    expect(await h.state(delivery)).toBe('delivered');
    expect(efax.sent).toEqual([]);
  });

  test('is in doubt when its adapter breaks after the hand-over, and the break is in the log', async () => {
    const direct = scripted('direct', async (parcel) => {
      await parcel.handingOver();
      throw new TypeError('Canary is undefined');
    });
    const { delivery } = await send([direct]);
    await h.turn();
    expect(await h.store.delivery(delivery)).toMatchObject({ state: 'sent', unresolved: [direct.sent[0]!.attempt] });
    expect(h.logged.map(({ event }) => event)).toContain('attempt.crashed');
  });

  test('is tried again when its adapter breaks before anything left', async () => {
    const direct = scripted('direct', () => Promise.reject(new TypeError('Canary is undefined')), accepted());
    const { delivery } = await send([direct]);
    await h.turn();
    expect(await h.store.delivery(delivery)).toMatchObject({ state: 'pending', unresolved: [] });
    await h.turn(minute);
    expect(await h.state(delivery)).toBe('sent');
  });

  test('is not handed over by a worker that slept while its attempt was given up', async () => {
    const wake = Promise.withResolvers<null>();
    const handed: string[] = [];
    const direct = scripted('direct', async (parcel) => {
      if (direct.sent.length === 1) await wake.promise;
      await parcel.handingOver();
      handed.push(parcel.attempt);
      return accepted();
    });
    const { delivery, message } = await send([direct]);
    await h.handlers.route(message, new AbortController().signal);
    const sleeping = h.handlers.deliver(delivery, new AbortController().signal);
    await until('it is about to be handed over', () => direct.sent.length === 1);
    await h.turn(5 * minute);
    expect(handed).toEqual([direct.sent[1]!.attempt]);
    wake.resolve(null);
    await sleeping;
    expect(handed).toEqual([direct.sent[1]!.attempt]);
    expect(await h.state(delivery)).toBe('sent');
  });

  test('is not called unsent when it is handed over while it is given up', async () => {
    const handOver = Promise.withResolvers<null>();
    const direct = scripted('direct', async (parcel) => {
      await handOver.promise;
      await parcel.handingOver();
      return new Promise(() => undefined);
    });
    const { delivery, message } = await send([direct]);
    await h.handlers.route(message, new AbortController().signal);
    void h.handlers.deliver(delivery, new AbortController().signal);
    await until('it is about to be handed over', () => direct.sent.length === 1);
    const { attempt } = direct.sent[0]!;
    const real = h.store.commit;
    h.store.commit = async (change) => {
      h.store.commit = real;
      handOver.resolve(null);
      await until('it is handed over', async () => (await h.store.attempt(attempt))?.phase === 'handed');
      return real(change);
    };
    await h.turn(5 * minute);
    expect(await h.store.delivery(delivery)).toMatchObject({ state: 'sent', unresolved: [attempt] });
  });

  test('hears a receipt that overtakes the answer to its own attempt', async () => {
    const direct = scripted('direct', async (parcel) => {
      await parcel.handingOver();
      await h.inbox.receipt(news(direct, 'delivered'));
      return accepted();
    });
    const { delivery } = await send([direct]);
    await h.turn();
    expect(await h.state(delivery)).toBe('delivered');
  });
});

describe('an attempt that a crash cut off', () => {
  test('is repeated when nothing was handed over, and doubted when it was', async () => {
    const channel = scripted('direct', accepted());
    const { delivery } = await send([channel]);
    const [routing] = await h.store.claim(['route'], 1, hour);
    await h.handlers.route(routing!.subject, new AbortController().signal);
    const planned = await h.store.delivery(delivery);
    const at = h.now();
    const opened = {
      ...planned,
      state: 'sending' as const,
      attempt: 'att_cut' as const,
      tries: 1,
      dueAt: at + 4 * minute,
      version: planned.version + 1,
    };
    const attempt = {
      id: 'att_cut' as const,
      delivery,
      channel: 'direct',
      address: 'intake@far.example',
      family: 'att_cut' as const,
      openedAt: at,
      phase: 'started' as const,
      closedAt: null,
      outcome: null,
    };
    await h.store.commit({
      deliveries: [opened],
      attempt,
      work: [{ stage: 'settle', subject: delivery, dueAt: at + 4 * minute }],
      events: [],
    });
    await h.turn(4 * minute);
    expect(channel.sent).toHaveLength(1);
    expect((await h.store.attempt('att_cut'))?.outcome).toMatchObject({
      kind: 'deferred',
      reason: { code: 'interrupted' },
    });
    expect((await h.store.delivery(delivery)).unresolved).toEqual([]);
  });

  test('goes on with the truth when the far side can be asked', async () => {
    const channel = scripted('direct', async (parcel) => {
      await parcel.handingOver();
      return unknown('timeout', 'no reply');
    });
    const { delivery, message } = await send([channel, scripted('efax', accepted())]);
    await h.turn();
    expect((await h.store.delivery(delivery)).unresolved).toHaveLength(1);
    channel.inquiries = [accepted('theirs-7')];
    await h.turn(hour);
    expect(await h.store.delivery(delivery)).toMatchObject({ state: 'sent', unresolved: [] });
    expect(await h.story(message)).toContain('attempt.clarified');
    expect(channel.sent).toHaveLength(1);
  });

  test('is left alone by a holder who slept while another took it over', async () => {
    const channel = scripted('direct', async (parcel) => {
      const { delivery } = (await h.store.attempt(parcel.attempt))!;
      await h.handlers.deliver(delivery, new AbortController().signal);
      await h.handlers.settle(delivery, new AbortController().signal);
      await parcel.handingOver();
      throw new Error('handed over what somebody else has taken over');
    });
    const { delivery, message } = await send([channel]);
    channel.answers.push(accepted());
    await h.turn();
    expect(await h.store.delivery(delivery)).toMatchObject({ state: 'sent', unresolved: [] });
    const slept = await h.store.attempt(channel.sent[0]!.attempt);
    expect(slept).toMatchObject({ phase: 'started', outcome: { kind: 'deferred', reason: { code: 'interrupted' } } });
    expect(h.logged.map(({ event }) => event)).not.toContain('attempt.crashed');
    expect(await h.story(message)).toContain(
      'attempt.opened › attempt.abandoned › attempt.deferred › attempt.opened › attempt.accepted',
    );
  });

  test('is doubted, not repeated, when it was handing over as the process died', async () => {
    const channel = scripted('direct', async (parcel) => {
      await parcel.handingOver();
      // What stands in the store now is what a crash at this point leaves behind: judge that, as the next holder of the
      // same work would.
      const { delivery } = (await h.store.attempt(parcel.attempt))!;
      await h.handlers.deliver(delivery, new AbortController().signal);
      await h.handlers.settle(delivery, new AbortController().signal);
      expect((await h.store.attempt(parcel.attempt))?.outcome).toMatchObject({ kind: 'unknown' });
      return unknown('interrupted', 'dead');
    });
    const { delivery } = await send([channel]);
    await h.turn();
    expect(await h.store.delivery(delivery)).toMatchObject({ state: 'sent', unresolved: [channel.sent[0]!.attempt] });
    expect(channel.sent).toHaveLength(1);
  });
});
