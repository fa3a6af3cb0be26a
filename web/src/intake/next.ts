import type { WorklistLine } from '../../../src/http/desk-shapes.ts';
import type { Listed } from '../../../src/http/shapes.ts';
import { ask } from '../api.ts';

/** The oldest of the most urgent. */
export async function nextWaiting(after = ''): Promise<string | null> {
  const { rows } = await ask<Listed<WorklistLine>>('worklist?kind=intake&limit=50');
  const turns = { stat: 0, urgent: 1, routine: 2 };
  const waiting = rows.filter(({ subject }) => subject !== after);
  return waiting.toSorted((a, b) => turns[a.urgency] - turns[b.urgency])[0]?.subject ?? null;
}
