import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Channel, News } from '../../src/core/channel.ts';
import { faxOf } from '../../src/core/link.ts';
import type { DeliveryId } from '../../src/core/message.ts';
import type { ReasonCode } from '../../src/core/outcome.ts';
import { decideNumber } from '../../src/pipeline/numbers.ts';
import {
  fax,
  harness,
  hour,
  minute,
  request,
  scripted,
  submission,
  type Harness,
  type ScriptedChannel,
} from '../harness.ts';

/** What is proven by a portal link that the fax channel carries, and what holds of the number that it rings. */

const number = '+12125550199';
const link = { channel: 'portal', address: `fax:${number}` };
const plain = { channel: 'efax', address: number };

let line: ScriptedChannel;
let portal: ScriptedChannel;
let at: Harness;
beforeEach(() => {
  line = fax();
  portal = scripted('portal');
  const carried: Channel['carried'] = ({ address }) => {
    const there = faxOf(address);
    return there === null ? null : { channel: 'efax', address: there };
  };
  at = harness({ channels: [line, Object.assign(portal, { carried })] });
});
afterEach(() => at.close());

async function send(...endpoints: readonly { channel: string; address: string }[]): Promise<DeliveryId> {
  const recipient = { name: null, npi: null, phone: null, endpoints };
  const { deliveries } = await at.submit(submission({ referral: request({ recipient }) }));
  await at.turn();
  return deliveries[0]!.id;
}

/** News of the latest attempt, as a channel brings it. */
async function heard(
  id: DeliveryId,
  channel: string,
  kind: News['receipt']['kind'],
  code?: ReasonCode,
): Promise<string> {
  const { attempt } = await at.store.delivery(id);
  const result = await at.inbox.receipt({
    channel,
    receipt: { attempt: attempt!, kind, reason: code ? { code, detail: '' } : null, at: at.now() },
    author: null,
    evidence: { mediaType: 'application/json', bytes: Buffer.from('{}') },
  });
  await at.turn();
  return result;
}

const decide = (type: 'lift' | 'suppress') =>
  decideNumber(at)({
    ...{ who: 'user:anna', practices: null, practice: 'main', endpoint: plain, reason: 'they rang' },
    word: type === 'lift' ? { type } : { type, why: 'asked', until: null },
  });

describe('the fax company’s report', () => {
  test('that the page arrived is no proof that anybody read it; the opening is', async () => {
    const id = await send(link);
    expect(await at.state(id)).toBe('sent');
    expect(await heard(id, 'efax', 'delivered')).toBe('recorded');
    expect(await at.store.delivery(id)).toMatchObject({ state: 'sent', provenBy: null });
    expect((await at.store.receiptsOf(id)).map(({ kind }) => kind)).toEqual(['processed']);
    await heard(id, 'portal', 'opened');
    expect(await at.state(id)).toBe('delivered');
  });

  test('that it failed is heeded as of any fax: busy is tried again, by the same channel', async () => {
    const id = await send(link);
    await heard(id, 'efax', 'failed', 'busy');
    expect(await at.store.delivery(id)).toMatchObject({ state: 'pending', route: 0 });
    await at.turn(5 * minute);
    expect([portal.sent.length, line.sent.length]).toEqual([2, 0]);
  });

  test('is asked for when it does not come, and not any more once the page has arrived', async () => {
    line.inquiries = [null];
    const id = await send(link);
    await heard(id, 'efax', 'delivered');
    await at.turn(25 * hour);
    expect(line.inquiries).toHaveLength(1);
    expect(await at.state(id)).toBe('held');
    const other = await send(link);
    await at.turn(2 * hour);
    expect(line.inquiries).toEqual([]);
    expect(await at.story((await at.store.delivery(other)).message)).toContain('doubt.asked');
  });

  test('counts for links by fax only', async () => {
    const id = await send({ channel: 'portal', address: 'desk@far.example' });
    expect(await heard(id, 'efax', 'delivered')).toBe('unmatched');
    expect(await at.state(id)).toBe('sent');
  });
});

describe('the number', () => {
  test('is rung by one at a time, whatever they bring, and free as soon as the page has arrived', async () => {
    const [first, second] = [await send(link), await send(plain)];
    expect([await at.state(first), await at.state(second)]).toEqual(['sent', 'pending']);
    await heard(first, 'efax', 'delivered');
    await at.turn();
    expect([await at.state(first), await at.state(second)]).toEqual(['sent', 'sent']);
  });

  test('that must not be dialled is not dialled for a link, until that is lifted', async () => {
    await decide('suppress');
    const id = await send(link);
    expect(await at.store.delivery(id)).toMatchObject({
      state: 'held',
      rejected: [{ ...link, reason: 'must not be dialled' }],
    });
    expect(await decide('lift')).toMatchObject({ released: 1 });
    await at.turn();
    expect([await at.state(id), portal.sent.length]).toEqual(['sent', 1]);
  });

  test('learns from calls for links as from any', async () => {
    await heard(await send(link), 'efax', 'delivered');
    expect(await at.store.standing('main', plain)).toMatchObject({ reachedAt: at.now() });
    await heard(await send(link), 'efax', 'failed', 'bad-address');
    expect(await at.store.delivery(await send(plain))).toMatchObject({
      state: 'held',
      rejected: [{ ...plain, reason: 'the number does not work' }],
    });
  });
});
