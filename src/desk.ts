import type { Desk } from './core/channel.ts';
import { file } from './core/entry.ts';
import { NotFound } from './errors.ts';
import type { Store } from './store/store.ts';

/** Where channels that end in our own house put things down. */
export function createDesk(store: Store, now: () => number): Desk {
  return {
    async publish(link) {
      if (await store.linkOf(link.attempt)) return;
      const attempt = await store.attempt(link.attempt);
      if (!attempt) throw new NotFound(`${link.attempt} was never opened`);
      const { delivery } = attempt;
      await store.commit({
        link: { ...link, delivery },
        events: [
          {
            message: link.message,
            subject: delivery,
            what: 'portal.published',
            who: 'gateway',
            at: now(),
            facts: { attempt: link.attempt },
          },
        ],
      });
    },
    async file(message) {
      const entry = await store.entryOf(message.id);
      if (!entry) throw new NotFound(`${message.id} was not read`);
      const filed = file(entry);
      if (filed === entry) return entry;
      await store.commit({
        entry: filed,
        events: [
          {
            message: message.id,
            subject: entry.id,
            what: 'entry.filed',
            who: 'gateway',
            at: now(),
            facts: { pages: entry.pages },
          },
        ],
      });
      return filed;
    },
  };
}
