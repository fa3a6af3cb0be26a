import { once } from 'node:events';
import type { ConfirmChannel } from 'amqplib';
import type { Stage } from '../core/change.ts';
import type { Log } from '../core/channel.ts';
import type { Leased, Store } from '../store/store.ts';
import type { Outbox } from './outbox.ts';
import type { Session } from './session.ts';
import { writeTicket } from './ticket.ts';
import { declare, exchange, queueOf } from './topology.ts';

/** One session's way to the broker. */
export interface Post {
  /** Resolves when more can be sent; what becomes of this one shows in its outbox. */
  send(work: Leased): Promise<void>;
  /** Messages that wait for a consumer. @throws when the session is lost */
  count(stage: Stage): Promise<number>;
  blocked(): boolean;
}

/** Declares everything, then sends persistent, confirmed, mandatory. What the broker says it does not have is given
 *  back to the store at once; of what it leaves open, the lease decides. */
export async function openPost(
  session: Session,
  store: Pick<Store, 'unclaim'>,
  boxes: ReadonlyMap<Stage, Outbox>,
  log: Log,
): Promise<Post> {
  const channel = await session.confirmChannel();
  await declare(channel);
  const returned = new Set<string>();
  channel.on('return', ({ content }) => returned.add(content.toString()));

  async function giveBack(work: Leased): Promise<void> {
    try {
      await store.unclaim(work);
    } catch (cause) {
      log.error('work.unreleasable', { stage: work.stage }, cause);
    }
  }

  function answered(work: Leased, ticket: Buffer, box: Outbox | undefined, cause: unknown): void {
    // A queue is missing: everything must be declared again. The return comes before the confirm.
    const homeless = returned.delete(ticket.toString());
    if (cause === null && !homeless) return box?.sent(work);
    box?.unsent();
    if (homeless) session.lose('no queue for a message');
    // Lost with its channel: the broker may have it.
    else if (session.lost.aborted) return;
    log.warn('work.unpublished', { stage: work.stage, reason: homeless ? 'returned' : 'nacked' });
    void giveBack(work);
  }

  return {
    async send(work) {
      const box = boxes.get(work.stage);
      const ticket = writeTicket(work);
      if (session.lost.aborted) return giveBack(work);
      box?.sending();
      const options = { persistent: true, mandatory: true, contentType: 'application/json' };
      const more = channel.publish(exchange, work.stage, ticket, options, (cause: unknown) => {
        // Later, when a channel that closes has told everybody.
        setImmediate(() => answered(work, ticket, box, cause));
      });
      if (!more) await drained(channel, session.lost);
    },
    count: async (stage) => (await channel.checkQueue(queueOf(stage))).messageCount,
    blocked: () => session.blocked(),
  };
}

async function drained(channel: ConfirmChannel, lost: AbortSignal): Promise<void> {
  if (lost.aborted) return;
  // Rejects when the session is lost: then there is nothing to wait for.
  await once(channel, 'drain', { signal: lost }).catch(() => undefined);
}
