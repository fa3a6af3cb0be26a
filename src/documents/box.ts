import { fileURLToPath } from 'node:url';
import pLimit from 'p-limit';
import type { Box, OpenBox } from '../core/box.ts';
import type { Log } from '../core/channel.ts';
import { startReader, type Reader } from './reader.ts';

/** Milliseconds of its own and bytes that nothing honest comes near. */
const patience = 30_000;
const memory = 1_000_000_000;
/** Processes for each box: what holds one of them does not hold the next message. */
const width = 2;

export interface Boxes {
  readonly open: OpenBox;
  /** Ends every process; what is under way is rejected. */
  close(): Promise<void>;
}

export function openBoxes(log: Log): Boxes {
  const readers = new Set<Reader>();
  const onEnd = (reason: string): void => log.warn('reader.ended', { reason });
  let closed = false;

  const refuseClosed = (): void => {
    if (closed) throw new Error('the gateway stops');
  };

  function open(worker: URL, code: URL): Box {
    const limit = pLimit(width);
    let idle: Reader[] = [];
    let tasks = 0;
    return {
      ask: <T>(task: unknown) =>
        limit(async () => {
          refuseClosed();
          // One that died meanwhile must not cost the next message.
          idle = idle.filter((each) => each.alive());
          const reader = idle.pop() ?? startReader(fileURLToPath(worker), [fileURLToPath(code)]);
          readers.add(reader);
          const answer = await reader.perform<T>({ id: ++tasks, task }, { patience, memory, signal: undefined, onEnd });
          refuseClosed();
          if (reader.alive()) idle.push(reader);
          else readers.delete(reader);
          return answer;
        }),
    };
  }

  return {
    open,
    async close() {
      closed = true;
      await Promise.all([...readers].map((reader) => reader.stop()));
    },
  };
}
