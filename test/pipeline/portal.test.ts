import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { answerLink } from '../../src/pipeline/portal.ts';
import type { Link } from '../../src/core/link.ts';
import { accepted, unknown } from '../../src/core/outcome.ts';
import { createDesk } from '../../src/desk.ts';
import { harness, hour, request, scripted, submission } from '../harness.ts';

test('an answer that meets another step of the referral is recorded all the same', async () => {
  const at = harness({ channels: [scripted('direct')] });
  const { message, referral } = await at.submit(submission());
  await at.turn();
  const [delivery] = await at.store.deliveriesOf(message);
  if (!delivery?.attempt) throw new Error('nothing was sent');
  const token = createHash('sha256').update('a link').digest('hex');
  const link = {
    token,
    secret: 'a link',
    code: '123456',
    attempt: delivery.attempt,
    delivery: delivery.id,
    message,
    practice: 'main',
    expiresAt: at.now() + 1000,
    wrongCodes: 0,
    openedAt: at.now(),
    answer: null,
    version: 1,
  };
  await at.store.commit({ link, events: [] });
  let meddled = false;
  const store: typeof at.store = {
    ...at.store,
    async commit(change) {
      if (!meddled) {
        meddled = true;
        const word = { to: 'received', evidence: 'staff', reason: null } as const;
        await at.recordStep({ referral, who: 'user:anna', practices: null, ...word });
      }
      return at.store.commit(change);
    },
  };
  await answerLink({ store, now: at.now })({ token, answer: { kind: 'accepted' } });
  const { state, steps } = await at.store.referral(referral);
  expect([state, ...steps.map(({ to }) => to)]).toEqual(['accepted', 'sent', 'received', 'accepted']);
  await at.close();
});

test('a letter sent again carries the link and the code of the first, as long as that link works', async () => {
  const given: Omit<Link, 'delivery'>[] = [];
  const portal = scripted('portal', async ({ attempt, message, practice, handingOver }) => {
    const secret = `link ${given.length}`;
    const token = createHash('sha256').update(secret).digest('hex');
    const code = `12345${given.length}`;
    const own = { token, secret, code, attempt, message: message.id, practice: practice.id };
    const fresh = { expiresAt: at.now() + 3 * hour, wrongCodes: 0, openedAt: null, answer: null, version: 1 };
    const desk = createDesk({ store: at.store, now: () => at.now(), draw: () => Promise.resolve([]) });
    given.push(await desk.publish({ ...own, ...fresh }));
    await handingOver();
    return given.length < 3 ? unknown('timeout', 'no reply') : accepted();
  });
  const at = harness({ channels: [portal] });
  const endpoints = [{ channel: 'portal', address: 'desk@far.example' }];
  const recipient = { name: null, npi: null, phone: null, endpoints };
  const { deliveries } = await at.submit(submission({ referral: request({ recipient }) }));
  const again = { id: deliveries[0]!.id, verb: 'retry', who: 'user:anna', practices: null, reason: 'lost' } as const;
  await at.turn();
  for (const wait of [hour, 2 * hour]) {
    await at.turn(wait);
    await at.decideDelivery(again);
    await at.turn(1);
  }
  expect(given.map(({ secret }) => secret)).toEqual(['link 0', 'link 0', 'link 2']);
  expect(given[1]?.code).toBe(given[0]?.code);
  await at.close();
});
