import { sheetValidMs } from './core/answer-sheet.ts';
import type { Attempt, Change } from './core/change.ts';
import type { Desk, Pickups } from './core/channel.ts';
import { file } from './core/entry.ts';
import { linkState, type Link } from './core/link.ts';
import type { Document, MessageId } from './core/message.ts';
import { Conflict, NotFound } from './errors.ts';
import { tokenOf } from './pipeline/sheet-token.ts';
import type { Store } from './store/store.ts';

interface DeskDeps {
  readonly store: Store;
  readonly now: () => number;
  /** The pages of a document as images, for people who look at it in the portal. */
  readonly draw: (document: Document, bytes: Uint8Array) => Promise<NonNullable<Change['pages']>>;
}

/** Where channels that end in our own house put things down. */
export function createDesk({ store, now, draw }: DeskDeps): Desk {
  /** Drawn when the first link is made: most messages never get to the portal. */
  async function pagesFor(id: MessageId): Promise<NonNullable<Change['pages']>> {
    if ((await store.pagesOf(id)).length > 0) return [];
    const { documents } = await store.message(id);
    const drawn = await Promise.all(documents.map(async (each) => draw(each, await store.document(each.id))));
    return drawn.flat();
  }

  /** One link for all tries on one endpoint: a fax that failed may have left half a page there. */
  async function publishedFor({ delivery, channel, address }: Attempt): Promise<Link | null> {
    for (const { id, ...each } of await store.attemptsOf(delivery)) {
      if (each.channel !== channel || each.address !== address) continue;
      const link = await store.linkOf(id);
      // Links of older versions cannot be sent again: nobody kept their token.
      if (link?.secret && linkState(link, now()) === 'usable') return link;
    }
    return null;
  }

  return {
    async publish(link) {
      const attempt = await store.attempt(link.attempt);
      if (!attempt) throw new NotFound(`${link.attempt} was never opened`);
      const earlier = await publishedFor(attempt);
      if (earlier) return earlier;
      const { delivery } = attempt;
      await store.commit({
        link: { ...link, delivery },
        pages: await pagesFor(link.message),
        ...(link.remindAt ? { work: [{ stage: 'remind' as const, subject: link.attempt, dueAt: link.remindAt }] } : {}),
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
      return link;
    },
    async linkOf({ attempt: id }) {
      const attempt = await store.attempt(id);
      return attempt && publishedFor(attempt);
    },
    async answerSheet({ family, message: { id: message, practice, referral } }) {
      if (referral === null) return null;
      const { id, token } = await tokenOf(store, family);
      if (await store.answerSheet(id)) return token;
      const attempt = await store.attempt(family);
      if (!attempt) throw new NotFound(`${family} was never opened`);
      const { delivery } = attempt;
      const expiresAt = now() + sheetValidMs;
      const sheet = { id, attempt: family, delivery, message, practice, referral, expiresAt, answers: [], version: 1 };
      try {
        await store.commit({ sheet, events: [] });
      } catch (cause) {
        // Another process printed the same pages: its sheet is ours.
        if (!(cause instanceof Conflict)) throw cause;
      }
      return token;
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

/** What channels fetch from companies, remembered over restarts. */
export const pickupsOf = (store: Pick<Store, 'commit' | 'pickupsAt'>): Pickups => ({
  note: (place, fax, phase) => store.commit({ pickup: { place, fax, phase }, events: [] }),
  done: (place, fax) => store.commit({ pickup: { place, fax, phase: null }, events: [] }),
  list: (place) => store.pickupsAt(place),
});
