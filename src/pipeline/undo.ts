import { lastMade, reopened, type Entry } from '../core/entry.ts';
import type { Asked } from '../core/asked.ts';
import { undoMs } from '../core/arrange.ts';
import type { EntryId } from '../core/message.ts';
import { step } from '../core/referral.ts';
import { Conflict, NotFound } from '../errors.ts';
import type { Store } from '../store/store.ts';
import { undoArrangement } from './arrange.ts';
import { untaught } from './teach.ts';

/** Take back one's own decision on an entry, or what one did to its pages, moments after it. The referral that a
 *  decision made is cancelled, and says why.
 *  @throws NotFound; Conflict when it is too late, or somebody else decided. */
export function undoEntry({ store, now }: { readonly store: Store; readonly now: () => number }) {
  return async ({ id, who, practices }: Asked & { readonly id: EntryId }): Promise<Entry> => {
    const before = await store.entry(id);
    if (practices !== null && !practices.includes(before.practice)) throw new NotFound(`${id} not found`);
    const restored = await undoArrangement({ store, now }, before, who);
    if (restored) return restored;
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
    const lessons = await untaught(store, before);
    await store.commit({
      entry: after,
      ...(lessons ? { lessons } : {}),
      ...(made === null ? {} : { referral: step(made, 'cancelled', { evidence, at }) }),
      events: [{ message: before.message, subject: id, what: 'entry.reopened', who, at, facts: {} }],
    });
    return after;
  };
}
