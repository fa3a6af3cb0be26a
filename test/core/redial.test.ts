import { describe, expect, test } from '@jest/globals';
import { advance, type Delivery, type DeliveryEvent, type Route } from '../../src/core/delivery.ts';
import type { ReasonCode } from '../../src/core/outcome.ts';
import { fax, inState, latest, now, portal, receipt } from './delivery-setup.ts';

const reportOf = (code: ReasonCode, calls?: number): DeliveryEvent => ({
  type: 'receipt',
  receipt: {
    attempt: latest,
    kind: 'failed',
    reason: { code, detail: '', ...(calls === undefined ? {} : { calls }) },
    evidence: null,
    at: now,
  },
});

describe('what a fax report says about the line', () => {
  const route = (changes: Partial<Route>): Route => ({ ...fax, ...changes });
  const waits = { busy: [1_000, 2_000], 'not-a-fax': [60_000] };
  const sent = (changes: Partial<Delivery> = {}): Delivery =>
    inState('sent', {
      routes: [route({ via: 'a', waits, delays: [5] }), route({ via: 'b', waits }), portal],
      ...changes,
    });
  const told = (d: Delivery, code: ReasonCode, calls?: number): Delivery => advance(d, reportOf(code, calls), now);

  test('has waits of its own, which are the shortest', () => {
    const { state, dueAt } = told(sent(), 'busy');
    expect(state).toBe('pending');
    expect((dueAt ?? 0) - now).toBeGreaterThanOrEqual(1_000);
    expect((dueAt ?? 0) - now).toBeLessThan(1_250);
  });

  test('counts the calls that the company made by itself', () => {
    expect((told(sent(), 'busy', 2).dueAt ?? 0) - now).toBeGreaterThanOrEqual(2_000);
    expect(told(sent(), 'busy', 3)).toMatchObject({ route: 2 });
  });

  test.each(['busy', 'not-a-fax', 'bad-address'] as const)('%s is not asked for by another company', (code) => {
    expect(told(sent({ tries: 9 }), code)).toMatchObject({ state: 'pending', route: 2 });
  });

  test.each(['unauthorized', 'unreachable', 'rejected'] as const)('%s is another company’s chance', (code) => {
    expect(told(sent({ tries: 9 }), code)).toMatchObject({ state: 'pending', route: 1 });
  });

  test('a voice is left alone until the office opens', () => {
    const hours = { zone: 'UTC', days: [1, 2, 3, 4, 5], from: 480, to: 1020 };
    const saturday = Date.parse('2026-11-28T12:00:00Z');
    const d = sent({ routes: [route({ waits, hours })] });
    const next = advance(d, receipt('failed', latest, 'not-a-fax'), saturday);
    expect(next.dueAt).toBe(Date.parse('2026-11-30T08:00:00Z'));
  });

  test('half a fax is a doubt that stays, and waits for a person', () => {
    const held = told(sent({ routes: [route({ onDoubt: 'hold' })] }), 'partial');
    expect(held).toMatchObject({ state: 'held', unresolved: [latest] });
    expect(told(held, 'partial')).toBe(held);
    const urgent = told(sent(), 'partial');
    expect(urgent).toMatchObject({ state: 'pending', route: 2, unresolved: [latest] });
  });
});
