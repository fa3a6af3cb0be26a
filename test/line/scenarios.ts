import type { Line } from './relay.ts';

export interface Scenario {
  readonly name: string;
  readonly line: Line;
  /** With the cover. */
  readonly pages: number;
  /** How the delivery must end. */
  readonly state: 'delivered' | 'failed' | 'held';
  /** The class of the failure. */
  readonly reason: string | null;
  /** Part of the common suite. */
  readonly quick: boolean;
}

/** Calls, and what must become of them: facts of one real line, each dialled exactly once. */
export const scenarios: readonly Scenario[] = [
  { name: 'busy', line: { kind: 'busy' }, pages: 2, state: 'failed', reason: 'busy', quick: true },
  { name: 'two pages', line: { kind: 'open' }, pages: 2, state: 'delivered', reason: null, quick: true },
  { name: 'three pages', line: { kind: 'open' }, pages: 3, state: 'delivered', reason: null, quick: false },
  {
    name: 'three pages over a line that loses 0.5 %',
    line: { kind: 'open', loss: 0.005 },
    pages: 3,
    state: 'delivered',
    reason: null,
    quick: false,
  },
  { name: 'no answer', line: { kind: 'no answer' }, pages: 2, state: 'failed', reason: 'no-answer', quick: false },
  { name: 'a voice', line: { kind: 'voice' }, pages: 2, state: 'failed', reason: 'not-a-fax', quick: false },
  {
    name: 'a line cut in page 2',
    line: { kind: 'open', cut: 2_500 },
    pages: 3,
    state: 'held',
    reason: 'partial',
    quick: false,
  },
];
