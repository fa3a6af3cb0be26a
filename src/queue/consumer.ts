import { setTimeout as sleep } from 'node:timers/promises';
import type { Channel, ConsumeMessage } from 'amqplib';
import type { Stage } from '../core/change.ts';
import type { Log } from '../core/channel.ts';
import type { Leased, Store } from '../store/store.ts';
import type { Handlers } from './queue.ts';
import { pools, leaseMs, type Running } from './running.ts';
import type { Session } from './session.ts';
import { readTicket } from './ticket.ts';
import { declare, queueOf } from './topology.ts';

export interface Consumer {
  /** Handle what comes, as long as the session lasts. Resolves when it listens to every queue. */
  serve(session: Session): Promise<void>;
  /** Take no more; what came too late to be begun is given back. Resolves when everything that came is acknowledged. */
  stop(): Promise<void>;
}

interface Listener {
  readonly channel: Channel;
  readonly consumerTag: string;
}

const quietMs = 2_000;

/** Does the work whose names come from the broker, as many at once of a stage as its pool is wide. A message is
 *  acknowledged whatever became of it: what failed falls due again when the store says so. */
export function consumer(
  store: Pick<Store, 'renew' | 'unclaim'>,
  running: Running,
  handlers: Handlers,
  log: Log,
): Consumer {
  const taking = new Set<Promise<void>>();
  let stopped = false;
  let listening: readonly Listener[] = [];

  async function take(work: Leased, redelivered: boolean): Promise<void> {
    // Its first consumer is gone for the broker, but may be at it still. The lease knows: it runs out, or it does not.
    if (redelivered) return;
    try {
      if (stopped) await store.unclaim(work);
      if (stopped || !(await store.renew(work, leaseMs))) return;
    } catch (cause) {
      // The lease runs out, and the work falls due again.
      log.error('work.unrenewable', { stage: work.stage }, cause);
      return;
    }
    await running.run(work, handlers[work.stage]);
  }

  /** A channel for each: after a crash the broker may let one wait for half a minute, and all that is on its channel. */
  async function listen(session: Session, stage: Stage, width: number): Promise<Listener> {
    const channel = await session.channel();
    await channel.prefetch(width);
    const hear = (message: ConsumeMessage | null): void => {
      if (!message) {
        session.lose('consumer cancelled');
        return;
      }
      const work = readTicket(message.content);
      if (!work) {
        log.error('work.unreadable', { stage });
        channel.reject(message, false);
        return;
      }
      const task: Promise<void> = take(work, message.fields.redelivered).finally(() => {
        taking.delete(task);
        if (!session.lost.aborted) channel.ack(message);
      });
      taking.add(task);
    };
    const { consumerTag } = await channel.consume(queueOf(stage), hear);
    return { channel, consumerTag };
  }

  /** Without a channel there is nobody to tell; to a broker that does not answer, closing tells it. */
  async function quieten(): Promise<void> {
    await Promise.allSettled(listening.map(async ({ channel, consumerTag }) => channel.cancel(consumerTag)));
  }

  return {
    async serve(session) {
      await declare(await session.channel());
      const each = pools.flatMap(({ stages, width }) => stages.map((stage) => listen(session, stage, width)));
      listening = await Promise.all(each);
    },
    async stop() {
      stopped = true;
      await Promise.race([quieten(), sleep(quietMs, undefined, { ref: false })]);
      while (taking.size > 0) await Promise.all(taking);
    },
  };
}
