import { setTimeout as sleep } from 'node:timers/promises';
import { StorageFull } from './errors.ts';

const againMs = 1_000;

/** Write what must not be forgotten, again and again while the disk is full: nothing of it was kept then.
 *  @throws whatever else goes wrong, and StorageFull when the signal aborts first */
export async function untilRoom<T>(write: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await write();
    } catch (cause) {
      if (!(cause instanceof StorageFull) || signal.aborted) throw cause;
      await sleep(againMs);
    }
  }
}
