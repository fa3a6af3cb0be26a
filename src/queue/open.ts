import type { Log } from '../core/channel.ts';
import type { Store } from '../store/store.ts';
import { embeddedQueue } from './embedded.ts';
import type { Queue } from './queue.ts';

/** What speaks to a broker is loaded only where there is one.
 *  @param url `amqp://…`, or null for the store's own table */
export async function openQueue(url: string | null, store: Store, log: Log, now: () => number): Promise<Queue> {
  if (url === null) return embeddedQueue(store, log, now);
  const { rabbitQueue } = await import('./rabbitmq.ts');
  return rabbitQueue(url, store, log, now);
}
