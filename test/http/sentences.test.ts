import { afterEach, expect, test } from '@jest/globals';
import { accepted } from '../../src/core/outcome.ts';
import { evidenceOf, summary } from '../../src/http/sentences.ts';
import { harness, hour, scripted, submission, type Harness } from '../harness.ts';

let h: Harness;
afterEach(() => h.close());

test('a proof that comes after the fallback is shown as late, and the second copy is named', async () => {
  const direct = scripted('direct', accepted());
  h = harness({ channels: [direct, scripted('efax', accepted())] });
  const { deliveries } = await h.submit(submission());
  const id = deliveries[0]!.id;
  await h.turn();
  await h.turn(hour);
  await h.inbox.receipt({
    channel: 'direct',
    receipt: { attempt: direct.sent[0]!.attempt, kind: 'delivered', reason: null, at: h.now() },
    author: ['far.example'],
    evidence: { mediaType: 'text/plain', bytes: Buffer.from('mdn') },
  });
  await h.turn();
  const account = {
    delivery: await h.store.delivery(id),
    attempts: await h.store.attemptsOf(id),
    receipts: await h.store.receiptsOf(id),
    blockedBy: null,
    word: null,
    wrongPlace: null,
  };
  expect(summary(account)).toBe(
    'Arrived by Direct mail at intake@far.example: delivery was confirmed. It may have arrived twice: it also went by fax to +12125550199.',
  );
  expect(evidenceOf(account).map(({ text }) => text)).toContain(
    'Delivery was confirmed (Direct mail). It came late: another way had been tried by then.',
  );
});
