import { afterEach, describe, expect, test } from '@jest/globals';
import type { News } from '../../src/core/channel.ts';
import type { Urgency } from '../../src/core/message.ts';
import { accepted } from '../../src/core/outcome.ts';
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

let h: Harness;
afterEach(() => h.close());

const patience = { delays: [], receiptWithin: 3 * hour, onSilence: 'fallback' as const };
const direct = { channel: 'direct', address: 'intake@far.example' };
const fax = { channel: 'efax', address: '+12125550199' };

/** A referral of that urgency that the far side took, and of which nothing is heard since. */
async function silent(urgency: Urgency, endpoints: readonly (typeof direct)[]) {
  const far = scripted('direct', accepted());
  h = harness({ channels: [far, scripted('efax', accepted())], patience });
  const recipient = { name: 'Hillside Cardiology', npi: null, phone: null, endpoints };
  const { message, deliveries } = await h.submit(submission({ referral: request({ urgency, recipient }) }));
  await h.turn();
  const delivery = deliveries[0]!.id;
  expect(await h.state(delivery)).toBe('sent');
  return { far, message, delivery };
}

const processed = ({ sent }: ScriptedChannel): News => ({
  channel: 'direct',
  receipt: { attempt: sent.at(-1)!.attempt, kind: 'processed', reason: null, at: h.now() },
  author: ['far.example'],
  evidence: { mediaType: 'message/disposition-notification', bytes: Buffer.from('mdn') },
});

/** Minutes from now until silence is noted, to the minute; looked at every minute as the real clock would. */
async function overdueAfter(message: `msg_${string}`, most: number): Promise<number | null> {
  const noted = async (): Promise<number> =>
    (await h.store.history(message)).filter(({ what }) => what === 'receipt.overdue').length;
  const before = await noted();
  for (let minutes = 1; minutes <= most; minutes++) {
    await h.turn(minute);
    if ((await noted()) > before) return minutes;
  }
  return null;
}

describe('a notice that does not come', () => {
  // The harness has deadlines of 15 minutes, an hour and a day; the channel waits three hours at most.
  const waits: readonly (readonly [Urgency, number, number])[] = [
    ['stat', 15, 7.5],
    ['urgent', 60, 30],
    ['routine', 180, 180],
  ];

  test.each(waits)('(processed, %s) is waited for %i minutes where there is one way', async (urgency, alone) => {
    const { message, delivery } = await silent(urgency, [direct]);
    expect(await overdueAfter(message, 200)).toBe(alone);
    expect(await h.state(delivery)).toBe('held');
  });

  test.each(waits)('(dispatched, %s) is waited for as long again once it is processed', async (urgency, alone) => {
    const { far, message, delivery } = await silent(urgency, [direct]);
    await h.turn(5 * minute);
    await h.inbox.receipt(processed(far));
    await h.turn();
    expect(await overdueAfter(message, 200)).toBe(alone);
    expect(await h.state(delivery)).toBe('held');
  });

  test.each(waits)('(%s) leaves the next way its share of the time', async (urgency, _alone, shared) => {
    const { message, delivery } = await silent(urgency, [direct, fax]);
    expect(await overdueAfter(message, 200)).toBe(Math.ceil(shared));
    expect(await h.store.delivery(delivery)).toMatchObject({ state: 'sent', route: 1 });
  });
});
