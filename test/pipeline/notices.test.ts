import { afterEach, describe, expect, test } from '@jest/globals';
import type { HandIn, News } from '../../src/core/channel.ts';
import { accepted, refused, unknown, type Outcome } from '../../src/core/outcome.ts';
import { harness, hour, minute, practice, scripted, type Harness, type ScriptedChannel } from '../harness.ts';

/** The sender's side of delivery notification, N10 to N13, N15 and N17: what a practice's own system hears of what it
 *  handed in, and what far sides can make us believe. */
let h: Harness;
let direct: ScriptedChannel;
let edge: ScriptedChannel;
afterEach(() => h.close());

const mail: HandIn = {
  practice: practice.id,
  origin: {
    channel: 'edge',
    token: 'main <1@ehr>',
    from: 'referrals@riverside.example',
    details: { messageId: '1@ehr' },
  },
  subject: 'A synthetic referral',
  urgency: 'routine',
  to: [{ channel: 'direct', address: 'dr@far.example' }],
  documents: [{ name: 'letter.txt', mediaType: 'text/plain', bytes: Buffer.from('Synthetic') }],
  raw: null,
};

/** Hand a message in; its one delivery. */
async function handIn(outcome: Outcome = accepted('queue-1')) {
  direct = scripted('direct', outcome);
  edge = scripted('edge');
  h = harness({ channels: [direct, edge] });
  expect(await h.inbox.handIn(mail)).toBeNull();
  await h.turn();
  const { rows } = await h.store.deliveries({ practices: null, limit: 9 });
  expect(rows).toHaveLength(1);
  return rows[0]!.delivery.id;
}

const told = (): string[] => edge.notices.map(({ notice }) => notice).filter((notice) => notice !== 'processed');

const receipt = (kind: News['receipt']['kind'], over: Partial<News> = {}): News => ({
  channel: 'direct',
  receipt: {
    attempt: direct.sent[0]!.family,
    kind,
    reason: kind === 'failed' ? { code: 'rejected', detail: 'failed 5.2.2' } : null,
    at: h.now(),
  },
  author: ['far.example'],
  evidence: { mediaType: 'message/rfc822', bytes: Buffer.from(`${kind} ${h.now()}`) },
  ...over,
});

async function hear(news: News): Promise<string> {
  const state = await h.inbox.receipt(news);
  await h.turn();
  return state;
}

const plainBounce = (): News => receipt('failed', { author: null, unsigned: true });

describe('N10, N11: who handed a message in hears that', () => {
  test.each(['no-certificate', 'untrusted', 'bad-address'] as const)('nothing was sent: %s', async (code) => {
    await handIn(refused(code, 'no'));
    expect(told()).toEqual(['failed']);
  });

  test('nothing came in time, when the time is over and not before', async () => {
    const delivery = await handIn();
    await h.turn(hour - 1);
    expect(told()).toEqual([]);
    await h.turn(1);
    expect(told()).toEqual(['unanswered']);
    expect(await h.state(delivery)).toBe('held');
  });

  test('the far gateway has it and its reader is not heard of, an hour after the former', async () => {
    await handIn();
    await h.turn(30 * minute);
    await hear(receipt('processed'));
    await h.turn(hour - 1);
    expect(told()).toEqual([]);
    await h.turn(1);
    expect(told()).toEqual(['undispatched']);
  });

  test('its last answer got lost, and nothing else came in time', async () => {
    await handIn(unknown('silence', 'lost after DATA'));
    await h.turn(hour);
    expect(told()).toEqual(['unanswered']);
  });
});

describe('N12: complete is', () => {
  test('processed and dispatched together', async () => {
    const delivery = await handIn();
    await hear(receipt('processed'));
    expect(await h.state(delivery)).toBe('sent');
    await hear(receipt('delivered'));
    expect(await h.state(delivery)).toBe('delivered');
  });

  test('dispatched alone, should processed have got lost', async () => {
    const delivery = await handIn();
    await hear(receipt('delivered'));
    expect(await h.state(delivery)).toBe('delivered');
  });

  test('failed, before or after processed', async () => {
    const delivery = await handIn();
    await hear(receipt('processed'));
    await hear(receipt('failed'));
    expect(await h.state(delivery)).toBe('failed');
    expect(told()).toEqual(['failed']);
  });
});

describe('N13: after the word that no proof came', () => {
  test.each(['processed', 'delivered', 'opened'] as const)('a late %s is told to nobody', async (kind) => {
    const delivery = await handIn();
    await h.turn(hour);
    await hear(receipt(kind));
    await h.turn(8 * 24 * hour);
    expect(await h.state(delivery)).toBe(kind === 'processed' ? 'held' : 'delivered');
    expect(told().filter((notice) => notice !== 'delivered')).toEqual(['unanswered']);
  });

  test('a late failure is not told a second time', async () => {
    await handIn();
    await h.turn(hour);
    await hear(receipt('failed'));
    await h.turn(8 * 24 * hour);
    expect(told()).toEqual(['unanswered']);
  });

  test('and after dispatched, a late failure changes nothing', async () => {
    const delivery = await handIn();
    await hear(receipt('delivered'));
    await hear(receipt('failed'));
    await h.turn(8 * 24 * hour);
    expect(await h.state(delivery)).toBe('delivered');
    expect(told()).toEqual(['delivered']);
  });

  test('the same notice twice is one', async () => {
    await handIn();
    const notice = receipt('processed');
    expect([await hear(notice), await hear(notice)]).toEqual(['recorded', 'duplicate']);
  });
});

test('N15: a notice by somebody who does not speak for the recipient changes nothing', async () => {
  const delivery = await handIn();
  for (const author of [['other.example'], ['dr@far.example.evil.example'], ['else@far.example'], []])
    expect(await hear(receipt('delivered', { author }))).toBe('unmatched');
  expect(await h.state(delivery)).toBe('sent');
});

describe('N17: a mail server’s own, unsigned word', () => {
  test('that it failed ends the wait', async () => {
    const delivery = await handIn();
    expect(await hear(plainBounce())).toBe('recorded');
    expect(await h.state(delivery)).toBe('failed');
    expect(told()).toEqual(['failed']);
  });

  test.each(['processed', 'delivered'] as const)('counts for nothing after the recipient said %s', async (kind) => {
    const delivery = await handIn();
    await hear(receipt(kind));
    const before = await h.state(delivery);
    expect(await hear(plainBounce())).toBe('unmatched');
    expect(await h.state(delivery)).toBe(before);
  });

  test('counts for nothing once nobody waits, and gives way to a signed one that comes late', async () => {
    const delivery = await handIn();
    await h.turn(hour);
    expect(await hear(plainBounce())).toBe('unmatched');
    expect(await h.state(delivery)).toBe('held');
    await hear(receipt('delivered'));
    expect(await h.state(delivery)).toBe('delivered');
  });
});
