import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { DeliveryId } from '../../src/core/message.ts';
import { accepted, refused, type ReasonCode } from '../../src/core/outcome.ts';
import { decideNumber, drawLetter, reportMisdirected } from '../../src/pipeline/numbers.ts';
import { keepRecipient } from '../../src/pipeline/recipients.ts';
import {
  fax,
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

const number = '+12125550199';
const endpoint = { channel: 'efax', address: number };
const anna = { who: 'user:anna', practices: ['main'] };

let line: ScriptedChannel;
let at: Harness;
beforeEach(() => {
  line = fax(accepted('fax_1'));
  at = harness({ channels: [scripted('direct', refused('bad-address', '550')), line] });
});
afterEach(() => at.close());

const faxOnly = (over = {}) => ({
  referral: request({ recipient: { name: 'Hillside', npi: null, phone: null, endpoints: [endpoint] } }),
  ...over,
});
async function sent(over = {}): Promise<DeliveryId> {
  const { deliveries } = await at.submit(submission(faxOnly(over)));
  await at.turn();
  return deliveries[0]!.id;
}
async function ended(delivery: DeliveryId, code: ReasonCode | null): Promise<void> {
  const { attempt } = await at.store.delivery(delivery);
  await at.inbox.receipt({
    channel: 'efax',
    receipt: {
      attempt: attempt!,
      kind: code ? 'failed' : 'delivered',
      reason: code && { code, detail: 'the company' },
      at: at.now(),
    },
    author: null,
    evidence: { mediaType: 'application/json', bytes: Buffer.from('{}') },
  });
  await at.turn();
}
const say = (type: 'confirm' | 'lift') =>
  decideNumber(at)({ ...anna, practice: 'main', endpoint, reason: 'phoned them', word: { type } });
const suppress = (until: number | null = null) =>
  decideNumber(at)({
    ...anna,
    practice: 'main',
    endpoint,
    reason: 'they want no more',
    word: { type: 'suppress', why: 'asked', until },
  });

describe('one call at a time', () => {
  test('a second fax to the same number waits until the first one’s end is known', async () => {
    const [first, second] = [await sent(), await sent()];
    expect([await at.state(first), await at.state(second)]).toEqual(['sent', 'pending']);
    await at.turn(5 * minute);
    expect(line.sent).toHaveLength(1);
    await ended(first, null);
    expect([await at.state(first), await at.state(second)]).toEqual(['delivered', 'sent']);
  });

  test('whoever loses the race for a number waits, and its work is not lost', async () => {
    const [first, second] = [await sent(), await sent()];
    // As a process that was given the work before the first call began.
    await at.handlers.deliver(second, new AbortController().signal);
    expect(line.sent).toHaveLength(1);
    await ended(first, null);
    expect(await at.state(second)).toBe('sent');
  });
});

describe('what calls tell of a number', () => {
  test('one that does not work is dialled no more, by nobody of the practice, until somebody confirms it', async () => {
    const [first, second] = [await sent(), await sent()];
    await ended(first, 'bad-address');
    expect([await at.state(first), await at.state(second)]).toEqual(['failed', 'held']);
    const third = await at.store.delivery(await sent());
    expect(third).toMatchObject({ state: 'held', rejected: [{ ...endpoint, reason: 'the number does not work' }] });
    expect(line.sent).toHaveLength(1);
    expect(await say('confirm')).toMatchObject({ released: 2 });
    await at.turn();
    expect(line.sent).toHaveLength(2);
  });

  test('a voice ends it at the second time', async () => {
    const [first, second, third] = [await sent(), await sent(), await sent()];
    await ended(first, 'not-a-fax');
    expect(await at.state(second)).toBe('sent');
    await ended(second, 'not-a-fax');
    expect(await at.state(third)).toBe('held');
    expect(await at.story((await at.store.delivery(third)).message)).toContain('delivery.barred › delivery.held');
  });

  test('another practice learns for itself', async () => {
    await ended(await sent(), 'bad-address');
    const theirs = await sent({ practice: otherPractice.id });
    expect(await at.state(theirs)).toBe('sent');
  });
});

describe('the list of numbers that must not be dialled', () => {
  test('holds back what was planned before, and what comes after; lifting lets it go', async () => {
    const [first, second] = [await sent(), await sent()];
    await suppress();
    await ended(first, null);
    const third = await sent();
    expect([await at.state(second), await at.state(third)]).toEqual(['held', 'held']);
    await expect(say('confirm')).rejects.toMatchObject({ code: 'conflict' });
    expect(await say('lift')).toMatchObject({ released: 2 });
    await at.turn();
    expect([await at.state(second), await at.state(third)].sort()).toEqual(['pending', 'sent']);
    await expect(say('lift')).rejects.toMatchObject({ code: 'conflict' });
  });

  test('ends by itself at its time', async () => {
    await suppress(at.now() + hour);
    expect(await at.state(await sent())).toBe('held');
    await at.turn(2 * hour);
    expect(await at.state(await sent())).toBe('sent');
  });

  test('leaves the other ways to the recipient', async () => {
    await suppress();
    const { deliveries } = await at.submit(submission());
    await at.turn();
    expect(await at.store.delivery(deliveries[0]!.id)).toMatchObject({
      routes: [{ channel: 'direct' }],
      rejected: [{ channel: 'efax', reason: 'must not be dialled' }],
    });
  });

  test('is each practice’s own', async () => {
    await expect(
      decideNumber(at)({ ...anna, practice: 'other', endpoint, reason: 'x', word: { type: 'confirm' } }),
    ).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('a number that is used for the first time', () => {
  beforeEach(() => {
    Object.assign(line, { capabilities: { ...line.capabilities, dials: { confirmFirst: true } } });
  });

  test('waits for a person, and goes out at once when it is confirmed', async () => {
    const first = await sent();
    expect(await at.store.delivery(first)).toMatchObject({
      state: 'held',
      rejected: [{ ...endpoint, reason: 'nobody confirmed the number yet' }],
    });
    expect(line.sent).toEqual([]);
    expect(await say('confirm')).toMatchObject({ released: 1 });
    await at.turn();
    expect(await at.state(first)).toBe('sent');
  });

  test('needs no word when somebody keeps it with a recipient of the practice', async () => {
    const recipient = { name: 'Hearts', npi: null, phone: null, endpoints: [endpoint] };
    const keep = keepRecipient({ store: at.store, now: () => at.now() });
    await keep({ ...anna, practices: null, id: null, practice: otherPractice.id, recipient, version: null });
    expect(await at.state(await sent())).toBe('held');
    await keep({ ...anna, id: null, practice: 'main', recipient, version: null });
    expect(await at.state(await sent())).toBe('sent');
  });

  test('keeps its place behind the other ways: a person is asked when its turn comes', async () => {
    const { deliveries } = await at.submit(submission());
    await at.turn();
    expect(await at.state(deliveries[0]!.id)).toBe('held');
    expect(await at.story((await at.store.delivery(deliveries[0]!.id)).message)).toContain(
      'attempt.refused › delivery.rerouted › delivery.barred › delivery.held',
    );
  });
});

describe('pages at the wrong place', () => {
  const report = (delivery: DeliveryId, over = {}) =>
    reportMisdirected({ ...at, channels: new Map([[line.name, line]]) })({
      ...anna,
      delivery,
      reporter: 'the flower shop, +1 212 555 0177',
      assurance: 'destroyed',
      reason: 'they phoned: three pages came out of their machine',
      ...over,
    });

  test('are kept with who, what and when; the number is not dialled again; letters can be drawn up', async () => {
    const first = await sent();
    await ended(first, null);
    const made = await report(first);
    expect(made).toMatchObject({
      endpoint,
      by: 'user:anna',
      assurance: 'destroyed',
      disclosed: {
        patient: { name: 'Wilhelmina Canary-Quist', birthDate: '1961-04-09' },
        documents: [{ name: 'referral.pdf' }],
        recipient: 'Hillside',
      },
    });
    expect(made.attempts).toHaveLength(1);
    expect(await at.state(await sent())).toBe('held');
    expect((await at.store.misdirections({ practices: ['main'], limit: 5 })).rows).toEqual([made]);
    const draw = drawLetter({ ...at, practices: [practice] });
    for (const to of ['holder', 'patient'] as const) {
      const letter = await draw({ ...anna, id: made.id, to });
      expect(Buffer.from(letter.subarray(0, 5)).toString()).toBe('%PDF-');
    }
    const history = await at.store.history(made.message);
    expect(history.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['delivery.misdirected', 'letter.exported']),
    );
    // What the record shows in the clear names nobody.
    expect(JSON.stringify(history.map(({ facts, subject }) => [facts, subject]))).not.toMatch(/Canary|flower|0199/);
    await expect(draw({ who: 'user:eve', practices: ['other'], id: made.id, to: 'holder' })).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  test('cannot be reported of what was never faxed', async () => {
    await suppress();
    await expect(report(await sent())).rejects.toMatchObject({ code: 'conflict' });
  });
});
