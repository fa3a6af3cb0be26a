import { describe, expect, test } from '@jest/globals';
import { step, type Referral, type ReferralState } from '../../src/core/referral.ts';

const referral = (state: ReferralState): Referral => ({
  id: 'ref_1',
  practice: 'maple',
  direction: 'outgoing',
  message: 'msg_1',
  state,
  request: {
    patient: null,
    requester: null,
    recipient: null,
    service: { specialty: null, reason: null, diagnoses: [] },
    urgency: 'routine',
    neededBy: null,
    replyTo: null,
  },
  steps: [],
  version: 1,
});

type Row = readonly [from: ReferralState, to: ReferralState, then: ReferralState, note: 'in order' | 'jumped' | 'late'];
const rows: readonly Row[] = [
  ['draft', 'sent', 'sent', 'in order'],
  ['sent', 'received', 'received', 'in order'],
  ['sent', 'undeliverable', 'undeliverable', 'in order'],
  ['undeliverable', 'received', 'received', 'in order'],
  ['received', 'accepted', 'accepted', 'in order'],
  ['received', 'declined', 'declined', 'in order'],
  ['scheduled', 'scheduled', 'scheduled', 'in order'],
  ['no-show', 'scheduled', 'scheduled', 'in order'],
  ['declined', 'sent', 'sent', 'in order'],
  ['sent', 'accepted', 'accepted', 'jumped'],
  ['received', 'completed', 'completed', 'jumped'],
  ['accepted', 'received', 'accepted', 'late'],
  ['completed', 'scheduled', 'completed', 'late'],
  ['closed', 'declined', 'closed', 'late'],
];

describe('a referral', () => {
  test.each(rows)('%s, told %s, is %s (%s)', (from, to, then, note) => {
    const next = step(referral(from), to, { evidence: 'staff', at: 5 });
    expect(next.state).toBe(then);
    expect(next.steps).toEqual([
      { to, at: 5, evidence: 'staff', reason: null, jumped: note === 'jumped', moved: note !== 'late' },
    ]);
    expect(next.version).toBe(2);
  });

  test('told what it is already, stays as it is', () => {
    const accepted = referral('accepted');
    expect(step(accepted, 'accepted', { evidence: 'portal answer', at: 5 })).toBe(accepted);
  });

  test('keeps the reason beside the evidence', () => {
    const next = step(referral('received'), 'declined', { evidence: 'portal answer', reason: 'capacity', at: 5 });
    expect(next.steps[0]).toMatchObject({ evidence: 'portal answer', reason: 'capacity' });
  });
});
