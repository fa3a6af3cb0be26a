import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  advance,
  currentRoute,
  type Delivery,
  type DeliveryEvent,
  type DeliveryState,
  type Route,
} from '../../src/core/delivery.ts';
import type { AttemptId } from '../../src/core/message.ts';
import { accepted, deferred, refused, unknown, type ReasonCode, type Receipt } from '../../src/core/outcome.ts';

const now = 1_000_000;
const latest: AttemptId = 'att_2';
const older: AttemptId = 'att_1';

const fax: Route = {
  channel: 'efax',
  address: '+12125550123',
  proof: 'receipt',
  delays: [60_000, 120_000],
  receiptWithin: 600_000,
  onSilence: 'fallback',
};
const direct: Route = { ...fax, channel: 'direct', address: 'a@b.example', proof: 'processed', delays: [] };
const portal: Route = { ...fax, channel: 'portal', address: 'mail@c.example', proof: 'acceptance', delays: [] };

const delivery = (changes: Partial<Delivery> = {}): Delivery => ({
  id: 'dlv_1',
  message: 'msg_1',
  practice: 'maple',
  recipient: { name: null, npi: null, phone: null, endpoints: [] },
  state: 'pending',
  routes: [fax, portal],
  rejected: [],
  route: 0,
  tries: 0,
  attempt: null,
  unresolved: [],
  processed: null,
  provenBy: null,
  dueAt: now,
  version: 1,
  ...changes,
});

const inState = (state: DeliveryState, changes: Partial<Delivery> = {}): Delivery =>
  delivery({
    state,
    attempt: latest,
    tries: 1,
    dueAt: state === 'pending' || state === 'sending' || state === 'sent' ? now : null,
    ...changes,
  });

const receipt = (kind: Receipt['kind'], attempt: AttemptId = latest, code?: ReasonCode): DeliveryEvent => ({
  type: 'receipt',
  receipt: { attempt, kind, reason: code ? { code, detail: 'test' } : null, evidence: null, at: now },
});
const outcome = (result: ReturnType<typeof accepted>, attempt: AttemptId = latest): DeliveryEvent => ({
  type: 'outcome',
  attempt,
  outcome: result,
});
const opened: DeliveryEvent = { type: 'opened', attempt: 'att_3', until: now + 5 };

type Row = readonly [title: string, from: Delivery, event: DeliveryEvent, expected: Partial<Delivery>];

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
    { state: 'pending', route: 0, dueAt: now + 60_000 },
  ],
  [
    'deferred obeys the far side about when',
    inState('sending'),
    outcome(deferred('throttled', '', now + 7)),
    { state: 'pending', dueAt: now + 7 },
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
  ['delivered stays proven by the first proof', inState('delivered'), receipt('opened', older), { version: 1 }],
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
    { type: 'overdue' },
    { state: 'pending', route: 1, unresolved: [latest] },
  ],
  [
    'silence on the last route is held',
    inState('sent', lastRoute),
    { type: 'overdue' },
    { state: 'held', unresolved: [latest] },
  ],
  [
    'silence asks a person where the route says so',
    inState('sent', { routes: [{ ...fax, onSilence: 'hold' }, portal] }),
    { type: 'overdue' },
    { state: 'held', route: 0 },
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
      expect(next).toMatchObject({ state: 'pending', route: 0, tries: 1, unresolved: [], dueAt: now + 60_000 });
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

const attempts: readonly AttemptId[] = ['att_1', 'att_2', 'att_3', 'att_4'];
const code = fc.constantFrom<ReasonCode>('busy', 'no-answer', 'bad-address', 'partial', 'timeout', 'rejected');
const anOutcome = fc.oneof(
  fc.constant(accepted('ref')),
  code.map((c) => deferred(c, '')),
  code.map((c) => deferred(c, '', now + 5)),
  code.map((c) => refused(c, '')),
  code.map((c) => unknown(c, '')),
);
const byMachine: fc.Arbitrary<DeliveryEvent> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(...attempts).map((attempt) => ({ type: 'opened' as const, attempt, until: now })),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom(...attempts), anOutcome)
      .map(([attempt, result]) => ({ type: 'outcome' as const, attempt, outcome: result })),
  },
  fc
    .tuple(fc.constantFrom<Receipt['kind']>('processed', 'failed', 'failed'), fc.constantFrom(...attempts), code)
    .map(([kind, attempt, c]) => receipt(kind, attempt, c)),
  fc.constant<DeliveryEvent>({ type: 'overdue' }),
);
const byAnyone: fc.Arbitrary<DeliveryEvent> = fc.oneof(
  { weight: 4, arbitrary: byMachine },
  fc
    .tuple(fc.constantFrom<Receipt['kind']>('delivered', 'opened'), fc.constantFrom(...attempts))
    .map(([k, a]) => receipt(k, a)),
  fc.constantFrom<DeliveryEvent>(
    { type: 'retried' },
    { type: 'held' },
    { type: 'cancelled' },
    { type: 'rerouted', route: 1 },
  ),
);
const start = fc
  .array(fc.constantFrom(fax, direct, portal, { ...fax, onSilence: 'hold' as const }), { minLength: 1, maxLength: 3 })
  .map((routes) => delivery({ routes }));

describe('a delivery through any history', () => {
  test('keeps its promises', () => {
    fc.assert(
      fc.property(start, fc.array(byAnyone, { maxLength: 60 }), (first, events) => {
        let d = first;
        for (const event of events) {
          const before = d;
          d = advance(d, event, now);
          const moving = d.state === 'pending' || d.state === 'sending' || d.state === 'sent';
          expect(d.dueAt !== null).toBe(moving);
          expect(d.tries).toBeLessThanOrEqual(currentRoute(d).delays.length + 1);
          if (d.state === 'failed') expect(d.unresolved).toEqual([]);
          if (before.state === 'delivered') expect([d.state, d.provenBy]).toEqual(['delivered', before.provenBy]);
          expect(d.version).toBe(before.version + (d === before ? 0 : 1));
        }
      }),
      { numRuns: 500 },
    );
  });

  test('makes no more attempts than its routes have patience for, unless a person asks', () => {
    fc.assert(
      fc.property(start, fc.array(byMachine, { maxLength: 120 }), (first, events) => {
        let d = first;
        let made = 0;
        for (const event of events) {
          const before = d;
          d = advance(d, event, now);
          if (before.state === 'pending' && d.state === 'sending') made++;
        }
        const patience = first.routes.reduce((sum, route) => sum + route.delays.length + 1, 0);
        expect(made).toBeLessThanOrEqual(patience);
      }),
      { numRuns: 500 },
    );
  });
});
