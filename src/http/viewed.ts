import type { MessageId } from '../core/message.ts';
import type { HttpDeps } from './deps.ts';

/** Put on record that somebody saw patient data (45 CFR 164.312(b)). Durable before the data goes out. */
export async function viewed(
  { store, now }: Pick<HttpDeps, 'store' | 'now'>,
  { who }: { readonly who: string },
  message: MessageId | null,
  subject: string,
  noun: 'document' | 'page' | 'entry' | 'referral' | 'message',
  facts: Readonly<Record<string, number>> = {},
): Promise<void> {
  await store.commit({ events: [{ message, subject, what: `${noun}.viewed`, who, at: now(), facts }] });
}
