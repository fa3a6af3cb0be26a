import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { answerLink } from '../../src/pipeline/portal.ts';
import { harness, scripted, submission } from '../harness.ts';

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
