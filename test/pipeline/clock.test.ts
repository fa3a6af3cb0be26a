import { afterEach, describe, expect, test } from '@jest/globals';
import { accepted, deferred } from '../../src/core/outcome.ts';
import { harness, hour, minute, scripted, submission, type Harness } from '../harness.ts';

let h: Harness;
afterEach(() => h.close());

const day = 24 * hour;

describe.each([26 * hour, -26 * hour, hour, -hour])('a clock that is set by %i ms', (by) => {
  test('ends no wait for proof early, and none late', async () => {
    const [direct, efax] = [scripted('direct', accepted()), scripted('efax', accepted())];
    h = harness({ channels: [direct, efax] });
    const { deliveries } = await h.submit(submission());
    await h.turn();
    h.setClock(by);
    for (let waited = 0; waited < 50; waited += 10) await h.turn(10 * minute);
    expect(efax.sent).toEqual([]);
    for (let waited = 0; waited < 20; waited += 10) await h.turn(10 * minute);
    expect(efax.sent).toHaveLength(1);
    expect(await h.state(deliveries[0]!.id)).toBe('sent');
  });

  test('neither hastens the next try nor loses it', async () => {
    const direct = scripted('direct');
    h = harness({
      channels: [direct],
      patience: { delays: [day, day], receiptWithin: day, onSilence: 'hold' },
    });
    // The far side names the time, so that no wait is drawn.
    direct.answers = [deferred('busy', '451', h.now() + 20 * minute), deferred('busy', '451', h.now() + 2 * day)];
    await h.submit(submission());
    await h.turn();
    h.setClock(by);
    await h.turn(15 * minute);
    expect(direct.sent).toHaveLength(1);
    await h.turn(10 * minute);
    expect(direct.sent).toHaveLength(2);
    await h.turn(hour);
    expect(direct.sent).toHaveLength(2);
  });
});

/** Daylight saving begins and ends in the United States, a leap day, 32 bits of seconds run out, a century does. */
describe.each([
  ['2026-03-08T06:30:00Z'],
  ['2026-11-01T05:30:00Z'],
  ['2028-02-28T23:30:00Z'],
  ['2038-01-19T02:30:00Z'],
  ['2099-12-31T23:30:00Z'],
])('a night that begins on %s', (begins) => {
  test('passes like any other', async () => {
    const [direct, efax] = [scripted('direct', deferred('busy', '451'), accepted()), scripted('efax', accepted())];
    h = harness({ channels: [direct, efax], at: Date.parse(begins) });
    const { message, deliveries, referral } = await h.submit(submission());
    await h.turn();
    await h.turn(minute);
    await h.turn(59 * minute);
    expect(await h.state(deliveries[0]!.id)).toBe('sent');
    expect(efax.sent).toEqual([]);
    await h.turn(minute);
    expect(efax.sent).toHaveLength(1);
    await h.inbox.receipt({
      channel: 'efax',
      receipt: { attempt: efax.sent[0]!.attempt, kind: 'delivered', reason: null, at: h.now() },
      author: null,
      evidence: { mediaType: 'application/json', bytes: Buffer.from('{}') },
    });
    await h.turn();
    expect((await h.store.referral(referral)).state).toBe('received');
    const at = (await h.store.history(message)).map((event) => event.at - Date.parse(begins));
    expect(at).toEqual(at.toSorted((a, b) => a - b));
    expect(at.at(-1)).toBe(61 * minute);
    await h.turn(91 * day);
    expect(await h.story(message)).toMatch(/message\.erased$/);
  });
});

test.each([10 * minute, -10 * minute])(
  'a provider whose clock differs by %i ms is believed all the same',
  async (by) => {
    const direct = scripted('direct', accepted());
    h = harness({ channels: [direct] });
    const { deliveries } = await h.submit(submission());
    await h.turn();
    const [parcel] = direct.sent;
    for (const kind of ['processed', 'delivered'] as const) {
      await h.inbox.receipt({
        channel: 'direct',
        receipt: { attempt: parcel!.attempt, kind, reason: null, at: h.now() + by },
        author: ['far.example'],
        evidence: { mediaType: 'message/disposition-notification', bytes: Buffer.from(kind) },
      });
      await h.turn(minute);
    }
    expect(await h.state(deliveries[0]!.id)).toBe('delivered');
  },
);
