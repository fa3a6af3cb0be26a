import type { Work } from '../core/change.ts';
import { Conflict } from '../errors.ts';
import type { Store } from '../store/store.ts';

interface Deps {
  readonly store: Store;
  readonly now: () => number;
}

const lookAgainMs = 15_000;

/** After a restore nothing leaves the house until a person says so. True: this step waits, and is looked at again. */
export async function waitsForPerson({ store, now }: Deps, work: readonly Work[]): Promise<boolean> {
  if ((await store.held()) === null) return false;
  await store.commit({ work: work.map((each) => ({ ...each, dueAt: now() + lookAgainMs })), events: [] });
  return true;
}

/** A person has seen what a restore left in doubt, and lets things leave again.
 *  @throws Conflict when nothing is held. */
export function resume({ store, now }: Deps) {
  return async ({ who, reason }: { readonly who: string; readonly reason: string }): Promise<void> => {
    const event = {
      message: null,
      subject: 'gateway',
      what: 'gateway.resumed',
      who,
      at: now(),
      facts: {},
      note: reason,
    };
    try {
      await store.commit({ hold: 'lifted', events: [event] });
    } catch (cause) {
      if (!(cause instanceof Conflict)) throw cause;
      throw new Conflict('nothing is held back: what is due leaves already', { cause });
    }
  };
}
