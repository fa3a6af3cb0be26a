import type { MessageId, PracticeId } from '../core/message.ts';
import type { Caller } from './access.ts';
import type { HttpDeps } from './deps.ts';

type Deps = Pick<HttpDeps, 'store' | 'now'>;

/** Put on record that somebody saw patient data (45 CFR 164.312(b)). Durable before the data goes out.
 *  @param how whether it was for the screen, for paper, or to be saved */
export async function viewed(
  { store, now }: Deps,
  { who }: { readonly who: string },
  message: MessageId | null,
  subject: string,
  noun: 'document' | 'page' | 'entry' | 'referral' | 'message',
  facts: Readonly<Record<string, number>> = {},
  how: 'viewed' | 'printed' | 'exported' = 'viewed',
): Promise<void> {
  await store.commit({ events: [{ message, subject, what: `${noun}.${how}`, who, at: now(), facts }] });
}

const againMs = 15 * 60_000;
const mostKnown = 10_000;

/** Puts on record which part of a list with patient data somebody saw: once, while a page that refreshes itself shows the
 *  same again, and anew when that changes or a quarter of an hour has passed. */
export function listViews({ store, now }: Deps) {
  const known = new Map<string, { readonly shown: string; readonly at: number }>();
  return async (
    { who, practices }: Caller,
    list: 'referrals' | 'intake',
    rows: readonly { readonly id: string }[],
  ): Promise<void> => {
    const shown = rows.map(({ id }) => id).join();
    const last = known.get(`${who} ${list}`);
    if (shown === '' || (last?.shown === shown && now() - last.at < againMs)) return;
    const [practice] = practices?.length === 1 ? practices : [];
    const facts = { rows: rows.length, newest: rows[0]?.id ?? '', oldest: rows.at(-1)?.id ?? '' };
    await store.commit({
      events: [{ ...ofPractice(practice), subject: list, what: 'list.viewed', who, at: now(), facts }],
    });
    known.set(`${who} ${list}`, { shown, at: now() });
    const oldest = known.keys().next();
    if (known.size > mostKnown && !oldest.done) known.delete(oldest.value);
  };
}

/** An event without a message belongs to a practice all the same, when there is one. */
export const ofPractice = (practice: PracticeId | null | undefined) => ({
  message: null,
  ...(practice == null ? {} : { practice }),
});
