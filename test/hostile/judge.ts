import { expect } from '@jest/globals';
import { until } from '../harness.ts';
import { entryOf, type Case, type Entry } from './cases.ts';
import type { HostileTown } from './town.ts';

interface Quarantined {
  readonly document: string;
  readonly reasons: readonly string[];
}

/** Do it, and hold the gateway to what was expected: the answer, what is found, the record, and the original kept byte
 *  for byte. */
export async function judge(town: HostileTown, { act, answer, found, quarantine, entry }: Case): Promise<void> {
  const before = await records(town);
  const done = await act(town);
  expect(done.answer).toMatch(answer);
  const fresh = async () => {
    const now = await records(town);
    const news = <T>(rows: readonly T[], old: readonly T[], id: (row: T) => string): T[] =>
      rows.filter((row) => !old.some((each) => id(each) === id(row)));
    return {
      entries: news(now.entries, before.entries, ({ id }) => id),
      quarantined: news(now.quarantined, before.quarantined, ({ document }) => document),
    };
  };
  if (!quarantine && !entry) {
    if (found) expect(await done.look?.(null)).toMatch(found);
    expect(await fresh()).toEqual({ entries: [], quarantined: [] });
    return;
  }
  const kept = await until(
    'it is on record',
    async () => {
      const { entries, quarantined } = await fresh();
      return (quarantine ? quarantined.length : entries.length) > 0 && { entries, quarantined };
    },
    120_000,
  );
  const [turnedAway] = kept.quarantined;
  const [waiting] = kept.entries;
  expect([kept.quarantined.length, kept.entries.length]).toEqual(quarantine ? [1, 0] : [0, 1]);
  if (quarantine) expect(turnedAway?.reasons.join('; ')).toMatch(quarantine);
  if (entry) expect(waiting?.warnings.join('; ')).toMatch(entry);
  if (found) expect(await done.look?.(waiting ? await entryOf(town, waiting.id) : null)).toMatch(found);
  if (done.original) {
    const document = turnedAway?.document ?? (await entryOf(town, waiting?.id ?? '')).documents[0]?.id ?? '';
    const file = await town.ask(`/documents/${document}`);
    const harmful = waiting?.warnings.some((each) => each.includes('may do harm')) ?? false;
    expect(file.headers.get('content-disposition')).toMatch(harmful ? /^attachment; .*\.harmful"/ : /^attachment; /);
    expect(Buffer.from(await file.arrayBuffer()).equals(done.original)).toBe(true);
  }
}

async function records(town: HostileTown) {
  const { rows: entries } = await town.api<{ rows: Entry[] }>('/intake?limit=200');
  const { rows: quarantined } = await town.api<{ rows: Quarantined[] }>('/quarantine?limit=200');
  return { entries, quarantined };
}
