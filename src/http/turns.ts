import pLimit from 'p-limit';
import { TooMany } from './problem.ts';

/** At work at a time. More would gain nothing, and each step of urgent work would wait behind all of them: while there is
 *  any, fewer. */
const atOnce = 8;
const hurriedAtOnce = 2;
/** Bytes in memory that wait for their turn. Who comes later comes again. */
const most = 128 * 1024 * 1024;

/** Lets uploads in by turns, in the order in which they came.
 *  @throws TooMany when too much waits already */
export function turns(hurried: () => boolean): <T>(upload: Uint8Array, work: () => Promise<T>) => Promise<T> {
  const limit = pLimit(atOnce);
  let held = 0;
  const fit = (): void => {
    limit.concurrency = hurried() ? hurriedAtOnce : atOnce;
  };
  return async (upload, work) => {
    if (held > most) throw new TooMany(1);
    held += upload.length;
    fit();
    try {
      return await limit(work);
    } finally {
      held -= upload.length;
      fit();
    }
  };
}
