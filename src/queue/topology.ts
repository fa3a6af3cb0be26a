import type { Channel, Options } from 'amqplib';
import { stages, type Stage } from '../core/change.ts';

/** Work goes here with its stage as the routing key. */
export const exchange = 'gateway.work';
export const queueOf = (stage: Stage): string => `gateway.${stage}`;
export const dead = 'gateway.dead';

interface Topology {
  readonly exchanges: readonly { readonly name: string; readonly type: 'direct' | 'fanout' }[];
  readonly queues: readonly {
    readonly name: string;
    readonly options: Options.AssertQueue;
    readonly from: { readonly exchange: string; readonly key: string };
  }[];
}

/** Everything that must stand at the broker. A message that kills its consumers, or that nobody can read, ends in
 *  `gateway.dead`; its work does not: the store has it. */
export const topology: Topology = {
  exchanges: [
    { name: exchange, type: 'direct' },
    { name: dead, type: 'fanout' },
  ],
  queues: [
    ...stages.map((stage) => ({
      name: queueOf(stage),
      options: {
        arguments: {
          'x-queue-type': 'quorum',
          'x-delivery-limit': 20,
          'x-dead-letter-exchange': dead,
          // At least once needs publishing to be refused, not old messages to be dropped, should the queue be full.
          'x-dead-letter-strategy': 'at-least-once',
          'x-overflow': 'reject-publish',
        },
      },
      from: { exchange, key: stage },
    })),
    // Last: a broker that is killed within minutes forgets the log of the quorum queue that was made last, and leaves it
    // without a leader (seen in 3.10.8).
    { name: dead, options: { arguments: { 'x-queue-type': 'quorum' } }, from: { exchange: dead, key: '' } },
  ],
};

/** @throws when one of them stands there with other properties (406): a person has to decide. */
export async function declare(channel: Channel): Promise<void> {
  for (const { name, type } of topology.exchanges) await channel.assertExchange(name, type, { durable: true });
  for (const { name, options, from } of topology.queues) {
    await channel.assertQueue(name, { durable: true, ...options });
    await channel.bindQueue(name, from.exchange, from.key);
  }
}
