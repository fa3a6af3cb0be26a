import pLimit from 'p-limit';
import { TooMany } from './problem.ts';

/** At work at a time. More would gain nothing, and each step of urgent work would wait behind all of them: while there is
 *  any, fewer. */
const atOnce = 8;
const hurriedAtOnce = 1;
/** Urgent ones beside them, at places that nothing else can take. */
const urgentAtOnce = 4;
/** Bytes in memory that wait for their turn. Who comes later comes again. */
const most = 128 * 1024 * 1024;
/** So much more for urgent ones. */
const mostUrgent = 32 * 1024 * 1024;

/** How an upload is taken when it is its turn. */
export type InTurn = <T>(upload: Uint8Array, work: () => Promise<T>, urgent?: boolean) => Promise<T>;

/** Lets uploads in by turns, in the order in which they came; urgent ones do not stand in that line.
 *  @throws TooMany when too much waits already */
export function turns(hurried: () => boolean): InTurn {
  const [routine, urgent] = [pLimit(atOnce), pLimit(urgentAtOnce)];
  let held = 0;
  const fit = (): void => {
    const urgentAtWork = urgent.activeCount + urgent.pendingCount > 0;
    routine.concurrency = urgentAtWork || hurried() ? hurriedAtOnce : atOnce;
  };
  return async (upload, work, isUrgent = false) => {
    if (held > most + (isUrgent ? mostUrgent : 0)) throw new TooMany(1);
    held += upload.length;
    const turn = (isUrgent ? urgent : routine)(work);
    fit();
    try {
      return await turn;
    } finally {
      held -= upload.length;
      fit();
    }
  };
}
