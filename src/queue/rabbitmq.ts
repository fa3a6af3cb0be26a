import type { Log } from '../core/channel.ts';
import type { Store } from '../store/store.ts';
import { keepConnected, type Line } from './connect.ts';
import { consumer } from './consumer.ts';
import type { Queue } from './queue.ts';
import { relay } from './relay.ts';
import { running } from './running.ts';

/** Work carried by a broker to whichever process is free. The store is the truth: the broker may lose everything.
 *  Two connections, because a broker that is short of room stops reading from those that publish, and acknowledgements
 *  must still come through.
 *  @param url `amqp://user:password@host/vhost` or `amqps://…`; a name with several addresses is tried on each */
export function rabbitQueue(
  url: string,
  store: Pick<Store, 'claim' | 'renew' | 'unclaim' | 'finish' | 'release' | 'onCommit'>,
  log: Log,
  now: () => number,
): Queue {
  const work = running(store, log, now);
  const sender = relay(store, log);
  let lines: readonly Line[] = [];
  let quit = (): Promise<void> => Promise.resolve();

  return {
    async start(handlers) {
      const receiver = consumer(store, work, handlers, log);
      const [publishing, consuming] = [
        keepConnected(url, 'relay', log, sender.serve),
        keepConnected(url, 'consumer', log, receiver.serve),
      ];
      lines = [publishing, consuming];
      quit = async () => {
        await sender.stop();
        await Promise.all([publishing.stop(), work.drain(receiver.stop())]);
        await consuming.stop();
      };
      await Promise.all(lines.map(({ tried }) => tried));
    },
    stop: () => quit(),
    health: () => ({
      connected: lines.every((line) => line.connected()),
      blocked: lines.some((line) => line.blocked()),
      running: work.size(),
      hurried: work.hurried(),
      waiting: sender.waiting(),
    }),
  };
}
