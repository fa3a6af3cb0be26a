import { lastMade, reopened, type Entry } from '../core/entry.ts';
import type { EntryId, PracticeId } from '../core/message.ts';
import { step } from '../core/referral.ts';
import { Conflict, NotFound } from '../errors.ts';
import type { Store } from '../store/store.ts';

/** How long a decision on an entry can be taken back: ten seconds, and what a slow line adds. */
export const undoMs = 15_000;

interface Asked {
  readonly who: string;
  readonly practices: readonly PracticeId[] | null;
  readonly id: EntryId;
}

/** Take back one's own decision on an entry, moments after it. The referral that it made is cancelled, and says why.
 *  @throws NotFound; Conflict when it is too late, or somebody else decided. */
export function undoEntry({ store, now }: { readonly store: Store; readonly now: () => number }) {
  return async ({ id, who, practices }: Asked): Promise<Entry> => {
    const before = await store.entry(id);
    if (practices !== null && !practices.includes(before.practice)) throw new NotFound(`${id} not found`);
    const at = now();
    const decisions = ['entry.accepted', 'entry.rejected', 'entry.reopened'];
    const record = await store.history(before.message);
    const last = record.findLast(({ subject, what }) => subject === id && decisions.includes(what));
    if (!last || last.what === 'entry.reopened') throw new Conflict(`${id} was not decided`);
    if (last.who !== who) throw new Conflict(`${last.who} decided this: only they can take it back`);
    if (at - last.at > undoMs) throw new Conflict('it is too late to take this back');
    const referral = lastMade(before);
    const made = referral === null ? null : await store.referral(referral);
    const evidence = `taken back by ${who}`;
    const after = reopened(before);
    await store.commit({
      entry: after,
      ...(made === null ? {} : { referral: step(made, 'cancelled', { evidence, at }) }),
      events: [{ message: before.message, subject: id, what: 'entry.reopened', who, at, facts: {} }],
    });
    return after;
  };
}
