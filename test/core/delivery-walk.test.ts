import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Obstacle } from '../../src/core/admission.ts';
import { advance, currentRoute, type Delivery, type DeliveryEvent } from '../../src/core/delivery.ts';
import type { AttemptId } from '../../src/core/message.ts';
import { accepted, deferred, refused, unknown, type ReasonCode, type Receipt } from '../../src/core/outcome.ts';
import { delivery, direct, fax, now, portal, receipt } from './delivery-setup.ts';

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
      .map(([attempt, result]) => ({ type: 'outcome' as const, attempt, outcome: result, deadline: now + 7 })),
  },
  fc
    .tuple(fc.constantFrom<Receipt['kind']>('processed', 'failed', 'failed'), fc.constantFrom(...attempts), code)
    .map(([kind, attempt, c]) => receipt(kind, attempt, c)),
  fc.boolean().map((repeatable): DeliveryEvent => ({ type: 'overdue', repeatable })),
  fc.constant<DeliveryEvent>({ type: 'abandoned' }),
  fc
    .constantFrom<Obstacle>('circuit', 'throttled', 'rate', 'budget')
    .map((by) => ({ type: 'blocked' as const, by, until: now + 30_000 })),
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
    { type: 'confirmed' },
    { type: 'rerouted', route: 1 },
  ),
);
const start = fc
  .array(fc.constantFrom(fax, { ...direct, latest: now + 10_000 }, portal, { ...fax, onSilence: 'hold' as const }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((routes) => delivery({ routes, urgency: routes.length % 2 ? 'routine' : 'stat' }));

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
          if (event.type === 'blocked' && d.route === before.route) expect(d.tries).toBe(before.tries);
          if (before.state === 'delivered') expect(d.state).toBe('delivered');
          if (before.provenBy !== null) expect(d.provenBy).toBe(before.provenBy);
          if (event.type !== 'receipt' && before.state === 'delivered') expect(d).toBe(before);
          if (d.state === 'delivered' && d.provenBy === null && before.state !== 'delivered') {
            expect(event.type).toBe('confirmed');
            expect(before.state === 'sent' || before.unresolved.length > 0).toBe(true);
          }
          expect(d.version).toBe(before.version + (d === before ? 0 : 1));
        }
      }),
      { numRuns: 500 },
    );
  });

  test('sends no second copy by itself, unless it is ignored or urgent', () => {
    const routine = start.map((first): Delivery => ({
      ...first,
      routes: first.routes.map((route) => ({ ...route, onDoubt: 'hold' as const })),
    }));
    fc.assert(
      fc.property(routine, fc.array(byMachine, { maxLength: 120, size: 'max' }), (first, events) => {
        let d = first;
        for (const event of events) {
          const before = d;
          d = advance(d, event, now);
          const doubted =
            before.state === 'sent' && before.attempt !== null && before.unresolved.includes(before.attempt);
          if (!doubted || d.state !== 'pending') continue;
          expect(event.type === 'overdue' ? event.repeatable && d.route === before.route : event.type).toBeTruthy();
          if (event.type !== 'overdue') expect(d.unresolved).not.toContain(before.attempt);
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
