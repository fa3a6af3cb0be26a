import { describe, expect, test } from '@jest/globals';
import type { Obstacle } from '../../src/core/admission.ts';
import { advance, currentRoute, type Delivery, type DeliveryEvent, type Route } from '../../src/core/delivery.ts';
import type { AttemptId } from '../../src/core/message.ts';
import { accepted, deferred, refused, unknown } from '../../src/core/outcome.ts';
import { delivery, direct, drawn, fax, inState, latest, now, older, portal, receipt } from './delivery-setup.ts';

const outcome = (result: ReturnType<typeof accepted>, attempt: AttemptId = latest): DeliveryEvent => ({
  type: 'outcome',
  attempt,
  outcome: result,
  deadline: now + 3_600_000,
});
const opened: DeliveryEvent = { type: 'opened', attempt: 'att_3', until: now + 5 };

type Row = readonly [title: string, from: Delivery, event: DeliveryEvent, expected: Partial<Delivery>];

const blocked = (by: Obstacle, until: number): DeliveryEvent => ({ type: 'blocked', by, until });
const inRoutes = (...routes: readonly Route[]): Delivery => delivery({ routes });

const doubtful = { unresolved: [latest] };
const lastRoute = { routes: [fax] };

const rows: readonly Row[] = [
  ['an attempt opens', delivery(), opened, { state: 'sending', attempt: 'att_3', tries: 1, dueAt: now + 5 }],
  ['a second attempt cannot open beside the first', inState('sending'), opened, { version: 1 }],
  ['accepted waits for its receipt', inState('sending'), outcome(accepted()), { state: 'sent', dueAt: now + 600_000 }],
  [
    'accepted is proof where the route says so',
    inState('sending', { route: 1 }),
    outcome(accepted()),
    { state: 'delivered', provenBy: latest, dueAt: null },
  ],
  [
    'unknown is sent, with a doubt',
    inState('sending'),
    outcome(unknown('timeout', '')),
    { state: 'sent', unresolved: [latest], dueAt: now + 600_000 },
  ],
  [
    'refused takes the next route',
    inState('sending'),
    outcome(refused('rejected', '')),
    { state: 'pending', route: 1 },
  ],
  [
    'refused on the last route fails',
    inState('sending', lastRoute),
    outcome(refused('rejected', '')),
    { state: 'failed', dueAt: null },
  ],
  [
    'refused on the last route is held while an older attempt is in doubt',
    inState('sending', { ...lastRoute, unresolved: [older] }),
    outcome(refused('rejected', '')),
    { state: 'held', dueAt: null },
  ],
  [
    'deferred waits its turn',
    inState('sending'),
    outcome(deferred('busy', '')),
    { state: 'pending', route: 0, dueAt: now + drawn },
  ],
  [
    'deferred takes the next route when this one has no time left',
    inState('sending', { routes: [{ ...fax, latest: now }, portal] }),
    outcome(deferred('busy', '')),
    { state: 'pending', route: 1, tries: 0 },
  ],
  [
    'deferred waits on the last route though its time is over',
    inState('sending', { routes: [{ ...fax, latest: now }] }),
    outcome(deferred('busy', '')),
    { state: 'pending', route: 0, dueAt: now + drawn },
  ],
  [
    'a closed lane is waited for, and costs no try',
    delivery(),
    blocked('circuit', now + 30_000),
    { state: 'pending', route: 0, tries: 0, dueAt: now + 30_000, waitsFor: 'circuit' },
  ],
  [
    'a closed lane is waited for no longer than the route has time',
    inRoutes({ ...fax, latest: now + 9_000 }),
    blocked('circuit', now + 30_000),
    { state: 'pending', dueAt: now + 9_000, waitsFor: 'circuit' },
  ],
  [
    'a closed lane is left for the next route when its time would pass',
    inRoutes({ ...fax, latest: now + 9_000 }, portal),
    blocked('circuit', now + 30_000),
    { state: 'pending', route: 1, tries: 0, dueAt: now, waitsFor: null },
  ],
  [
    'the last route is tried all the same when its time has passed',
    inRoutes({ ...fax, latest: now }),
    blocked('circuit', now + 30_000),
    { version: 1 },
  ],
  [
    'an urgent delivery leaves a closed lane at once',
    delivery({ urgency: 'urgent' }),
    blocked('throttled', now + 30_000),
    { state: 'pending', route: 1, dueAt: now },
  ],
  [
    'an urgent delivery tries its last route all the same',
    delivery({ urgency: 'stat', routes: [fax] }),
    blocked('circuit', now + 30_000),
    { version: 1 },
  ],
  [
    'a rate limit is waited for by everybody',
    delivery({ urgency: 'stat' }),
    blocked('rate', now + 500),
    { state: 'pending', route: 0, dueAt: now + 500, waitsFor: 'rate' },
  ],
  [
    'a rate limit is kept even when time has passed',
    inRoutes({ ...fax, latest: now }),
    blocked('rate', now + 500),
    { state: 'pending', dueAt: now + 500 },
  ],
  ['what is not due is not blocked', inState('sent'), blocked('circuit', now + 500), { version: 1 }],
  ['an attempt ends the wait', delivery({ waitsFor: 'budget' }), opened, { state: 'sending', waitsFor: null }],
  [
    'deferred obeys the far side about when',
    inState('sending'),
    outcome(deferred('throttled', '', now + 7)),
    { state: 'pending', dueAt: now + 7 },
  ],
  [
    'deferred does not wait longer than its route may take',
    inState('sending'),
    outcome(deferred('throttled', '', now + 86_400_000)),
    { state: 'pending', dueAt: now + 600_000 },
  ],
  [
    'deferred with patience spent takes the next route',
    inState('sending', { tries: 3 }),
    outcome(deferred('busy', '')),
    { state: 'pending', route: 1, tries: 0, dueAt: now },
  ],
  ['an outcome of an older attempt is ignored', inState('sending'), outcome(accepted(), older), { version: 1 }],
  [
    'a receipt proves, even before the outcome',
    inState('sending'),
    receipt('delivered'),
    { state: 'delivered', provenBy: latest },
  ],
  ['a late receipt wins over failed', inState('failed'), receipt('delivered', older), { provenBy: older }],
  ['opened is proof', inState('sent'), receipt('opened'), { state: 'delivered' }],
  [
    'delivered stays proven by the first proof',
    inState('delivered', { provenBy: latest }),
    receipt('opened', older),
    { version: 1 },
  ],
  [
    'processed wins time where a receipt is asked for',
    inState('sent', doubtful),
    receipt('processed'),
    { state: 'sent', dueAt: now + 600_000, processed: latest, unresolved: [] },
  ],
  [
    'processed is proof where the route says so',
    inState('sent', { routes: [direct] }),
    receipt('processed'),
    { state: 'delivered' },
  ],
  [
    'processed twice wins no more time',
    inState('sent', { processed: latest, dueAt: 3 }),
    receipt('processed'),
    { dueAt: 3, version: 1 },
  ],
  [
    'processed of an older attempt neither wins time nor ends its doubt: its reader may have it, as we feared',
    inState('sent', { processed: latest, unresolved: [older], dueAt: 3 }),
    receipt('processed', older),
    { dueAt: 3, version: 1, unresolved: [older] },
  ],
  [
    'processed after the wait for proof was over ends no doubt',
    inState('held', { unresolved: [latest] }),
    receipt('processed'),
    { state: 'held', unresolved: [latest], version: 1 },
  ],
  [
    'a bad number takes the next route',
    inState('sent'),
    receipt('failed', latest, 'bad-address'),
    { state: 'pending', route: 1, dueAt: now },
  ],
  ['a refusal without reason takes the next route', inState('sent'), receipt('failed'), { state: 'pending', route: 1 }],
  [
    'a busy line with patience spent takes the next route',
    inState('sent', { tries: 3 }),
    receipt('failed', latest, 'busy'),
    { state: 'pending', route: 1, tries: 0 },
  ],
  [
    'a busy line on the last try of the last route fails',
    inState('sent', { tries: 3, ...lastRoute }),
    receipt('failed', latest, 'busy'),
    { state: 'failed', dueAt: null },
  ],
  [
    'a late no about an older attempt only settles its doubt',
    inState('sent', { unresolved: [older] }),
    receipt('failed', older, 'busy'),
    { state: 'sent', unresolved: [], dueAt: now },
  ],
  ['the same no again changes nothing', inState('pending'), receipt('failed', latest, 'busy'), { version: 1 }],
  [
    'silence falls back, with a doubt',
    inState('sent'),
    { type: 'overdue', repeatable: false },
    { state: 'pending', route: 1, unresolved: [latest] },
  ],
  [
    'silence on the last route is held',
    inState('sent', lastRoute),
    { type: 'overdue', repeatable: false },
    { state: 'held', unresolved: [latest] },
  ],
  [
    'silence asks a person where the route says so',
    inState('sent', { routes: [{ ...fax, onSilence: 'hold' }, portal] }),
    { type: 'overdue', repeatable: false },
    { state: 'held', route: 0 },
  ],
  [
    'a doubt waits no longer than the deadline',
    inState('sending'),
    { type: 'outcome', attempt: latest, outcome: unknown('timeout', ''), deadline: now + 5 },
    { state: 'sent', dueAt: now + 5 },
  ],
  [
    'a doubt after the deadline is looked into at once',
    inState('sending'),
    { type: 'outcome', attempt: latest, outcome: unknown('timeout', ''), deadline: now - 5 },
    { state: 'sent', dueAt: now },
  ],
  [
    'a doubt is repeated where a copy is ignored',
    inState('sent', doubtful),
    { type: 'overdue', repeatable: true },
    { state: 'pending', route: 0, tries: 1, unresolved: [latest], dueAt: now },
  ],
  [
    'a doubt is not repeated beyond the patience of its route',
    inState('sent', { ...doubtful, tries: 3 }),
    { type: 'overdue', repeatable: true },
    { state: 'pending', route: 1 },
  ],
  [
    'what was taken is never repeated, ignored or not',
    inState('sent'),
    { type: 'overdue', repeatable: true },
    { state: 'pending', route: 1, unresolved: [latest] },
  ],
  [
    'a doubt that is not worth a second copy waits for a person',
    inState('sent', { ...doubtful, routes: [{ ...fax, onDoubt: 'hold' }, portal] }),
    { type: 'overdue', repeatable: false },
    { state: 'held', route: 0, unresolved: [latest] },
  ],
  [
    'a person sends what is in doubt the same way again',
    inState('held', { ...doubtful, route: 1 }),
    { type: 'retried' },
    { state: 'pending', route: 1, tries: 0, unresolved: [latest] },
  ],
  [
    "a person's word delivers, without a machine's proof",
    inState('held', doubtful),
    { type: 'confirmed' },
    { state: 'delivered', provenBy: null, dueAt: null },
  ],
  [
    "a person's word stops a second copy that is due",
    inState('pending', { unresolved: [older] }),
    { type: 'confirmed' },
    { state: 'delivered', provenBy: null },
  ],
  ['nobody confirms what was never sent', inState('pending'), { type: 'confirmed' }, { version: 1 }],
  ['nobody confirms what was turned down', inState('failed'), { type: 'confirmed' }, { version: 1 }],
  [
    'nobody confirms what is on the wire',
    inState('sending', { unresolved: [older] }),
    { type: 'confirmed' },
    { version: 1 },
  ],
  [
    "a machine's proof takes the place of a person's word",
    inState('delivered', { provenBy: null }),
    receipt('delivered', older),
    { state: 'delivered', provenBy: older },
  ],
  [
    "a person's word takes no place of a machine's proof",
    inState('delivered', { provenBy: latest }),
    { type: 'confirmed' },
    { version: 1 },
  ],
  [
    'a person retries from the first route',
    inState('held', { route: 1 }),
    { type: 'retried' },
    { state: 'pending', route: 0, tries: 0 },
  ],
  ['a person chooses a route', inState('failed'), { type: 'rerouted', route: 1 }, { state: 'pending', route: 1 }],
  ['a route that is not there cannot be chosen', inState('held'), { type: 'rerouted', route: 9 }, { version: 1 }],
  ['a person holds what waits', inState('pending'), { type: 'held' }, { state: 'held', dueAt: null }],
  ['nobody holds what is on the wire', inState('sending'), { type: 'held' }, { version: 1 }],
  ['a person cancels', inState('held'), { type: 'cancelled' }, { state: 'cancelled', dueAt: null }],
  ['what was sent cannot be cancelled', inState('sent'), { type: 'cancelled' }, { version: 1 }],
];

describe('a delivery', () => {
  test.each(rows)('%s', (_title, from, event, expected) => {
    expect(advance(from, event, now)).toEqual(expect.objectContaining(expected));
  });

  test.each(['busy', 'no-answer', 'throttled', 'unreachable', 'interrupted'] as const)(
    'is tried again on the same route when a fax report says %s',
    (code) => {
      const next = advance(inState('sent', doubtful), receipt('failed', latest, code), now);
      expect(next).toMatchObject({ state: 'pending', route: 0, tries: 1, unresolved: [], dueAt: now + drawn });
    },
  );

  test.each(['not-a-fax', 'partial', 'bad-address', 'unauthorized', 'too-large', 'unsupported', 'rejected'] as const)(
    'leaves the route when a fax report says %s',
    (code) => {
      expect(advance(inState('sent'), receipt('failed', latest, code), now)).toMatchObject({
        state: 'pending',
        route: 1,
      });
    },
  );

  test('raises its version exactly when something changed', () => {
    const d = inState('sent');
    expect(advance(d, receipt('delivered'), now).version).toBe(2);
    expect(advance(d, outcome(accepted()), now)).toBe(d);
  });

  test('without a route says so', () => {
    expect(() => currentRoute(delivery({ routes: [] }))).toThrow(RangeError);
  });
});
