import pLimit from 'p-limit';
import { TooMany } from './problem.ts';

/** At work at a time. More would gain nothing, and each step of urgent work would wait behind all of them: while there is
 *  any, fewer. */
const atOnce = 8;
const hurriedAtOnce = 1;
/** Urgent ones beside them, at places that nothing else can take. */
const urgentAtOnce = 4;
/** Whose turn comes later than this comes again: where the store does not answer, each turn is a long one. */
const patienceMs = 10_000;
/** Bytes in memory that wait for their turn. Who comes later comes again. */
const most = 128 * 1024 * 1024;
/** So much more for urgent ones. */
const mostUrgent = 32 * 1024 * 1024;

/** How an upload is taken when it is its turn. */
export type InTurn = <T>(upload: Uint8Array, work: () => Promise<T>, urgent?: boolean) => Promise<T>;

/** Lets uploads in by turns, in the order in which they came; urgent ones do not stand in that line.
 *  @throws TooMany when too much waits already, or it has waited too long */
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
    const since = performance.now();
    const turn = (isUrgent ? urgent : routine)(() => {
      if (performance.now() - since > patienceMs) throw new TooMany(5);
      return work();
    });
    fit();
    try {
      return await turn;
    } finally {
      held -= upload.length;
      fit();
    }
  };
}
