import { describe, expect, test } from '@jest/globals';
import type { Attempt } from '../../src/core/change.ts';
import { familyOf, spokenOf } from '../../src/core/family.ts';
import type { AttemptId } from '../../src/core/message.ts';
import { accepted, deferred, unknown, type Outcome, type Receipt } from '../../src/core/outcome.ts';

const attempt = (id: AttemptId, over: Partial<Attempt> = {}): Attempt => ({
  id,
  delivery: 'dlv_1',
  channel: 'efax',
  address: '+1',
  family: 'att_1',
  openedAt: 0,
  phase: 'handed',
  closedAt: 1,
  outcome: null,
  ...over,
});
const ended = (id: AttemptId, outcome: Outcome | null): Attempt => attempt(id, { outcome });
const receipt = (id: AttemptId, kind: Receipt['kind']): Receipt => ({
  attempt: id,
  kind,
  reason: null,
  evidence: null,
  at: 2,
});
const here = { channel: 'efax', address: '+1' };

describe('the name of the next try', () => {
  const tries = [attempt('att_1'), attempt('att_2'), attempt('att_3', { channel: 'direct', family: 'att_3' })];

  test('is that of the tries before it on the same endpoint', () => {
    expect(familyOf(tries, [], here)).toBe('att_1');
    expect(familyOf(tries, [receipt('att_1', 'processed')], here)).toBe('att_1');
  });

  test('is a new one elsewhere', () => {
    expect(familyOf(tries, [], { channel: 'efax', address: '+2' })).toBeNull();
    expect(familyOf(tries, [], { channel: 'portal', address: '+1' })).toBeNull();
    expect(familyOf([], [], here)).toBeNull();
  });

  test('is a new one after the far side said failed about any of them, and only them', () => {
    expect(familyOf(tries, [receipt('att_1', 'failed')], here)).toBeNull();
    expect(familyOf(tries, [receipt('att_3', 'failed')], here)).toBe('att_1');
  });
});

describe('a receipt about a family speaks of', () => {
  const one = ended('att_1', unknown('timeout', ''));
  const rows: [title: string, family: Attempt[], reference: string | undefined, spoken: AttemptId | undefined][] = [
    ['the only try', [one], undefined, 'att_1'],
    ['the latest that may have been taken', [one, ended('att_2', accepted('b'))], undefined, 'att_2'],
    ['none that was provably not taken', [one, ended('att_2', deferred('busy', ''))], undefined, 'att_1'],
    ['none that was not handed over', [one, attempt('att_2', { phase: 'started' })], undefined, 'att_1'],
    ['the one that bears the reference', [ended('att_1', accepted('a')), ended('att_2', accepted('b'))], 'a', 'att_1'],
    [
      'the one that bore the reference before it was called busy',
      [attempt('att_1', { outcome: deferred('busy', ''), reference: 'a' }), ended('att_2', unknown('timeout', ''))],
      'a',
      'att_1',
    ],
    ['the one without a reference, when nobody bears it', [one, ended('att_2', accepted('b'))], 'x', 'att_1'],
    ['the open one, when its answer was overtaken', [ended('att_1', accepted('a')), attempt('att_2')], 'b', 'att_2'],
    ['nothing, when there is none', [], undefined, undefined],
  ];
  test.each(rows)('%s', (_title, family, reference, spoken) => {
    expect(spokenOf(family, reference)?.id).toBe(spoken);
  });
});
