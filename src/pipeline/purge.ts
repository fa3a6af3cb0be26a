import type { MessageId } from '../core/message.ts';
import type { Store } from '../store/store.ts';

interface Deps {
  readonly store: Store;
  readonly now: () => number;
}

const dayMs = 24 * 3_600_000;

/** Erase carried content and evidence after the retention time. Events, states and hashes stay.
 *  What a person has not dealt with yet is never erased: it is looked at again tomorrow. */
export function purge({ store, now }: Deps) {
  return async (id: MessageId): Promise<void> => {
    const at = now();
    const open = (await store.deliveriesOf(id)).some(
      ({ state }) => !['delivered', 'failed', 'cancelled'].includes(state),
    );
    const own = await store.entryOf(id);
    const entries = [...(own ? [own] : []), ...(await store.borrowersOf(id))];
    if (open || entries.some(({ state }) => state === 'waiting' || state === 'read')) {
      await store.commit({ work: [{ stage: 'purge', subject: id, dueAt: at + dayMs }], events: [] });
      return;
    }
    await store.commit({
      erase: id,
      events: [{ message: id, subject: id, what: 'message.erased', who: 'gateway', at, facts: {} }],
    });
  };
}
