import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Measured with three busy processes on two processors: at 10 whoever wakes at normal priority starts 3.8 ms late one
 *  time in twenty, from 15 on 0.1 ms. */
const nice = 15;

/** Where processors are short, whoever opens or reads files stands behind the gateway itself: a page may take longer, an
 *  answer that somebody waits for must not. Threads that come later take after the one that starts them. */
export function standBehind(pid: number | undefined): void {
  if (pid === undefined) return;
  for (const thread of threadsOf(pid))
    try {
      setPriority(thread, nice);
    } catch {
      // It ended, or the system does not allow it: then it stands level.
    }
}

/** On Linux each has a priority of its own (setpriority(2)). */
function threadsOf(pid: number): number[] {
  if (process.platform !== 'linux') return [pid];
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    // It is gone already, which its exit tells.
    return [];
  }
}

const lookEvery = 1_000;
/** A process that gets next to no processor is ended too. */
const longest = 4;

/** Calls back when a process has had that many milliseconds, or after four times as many. Those in line for a processor
 *  do not count: a busy machine makes no file unreadable.
 *  @returns how to stop it */
export function afterItsTime(pid: number | undefined, ms: number, then: () => void): () => void {
  const from = performance.now();
  let had = 0;
  let last = { at: from, ran: useOf(pid).ran };
  const look = setInterval(
    () => {
      const at = performance.now();
      const { ran, ready } = useOf(pid);
      const working = ready || ran > last.ran;
      had += working ? Math.min(ran - last.ran, at - last.at) : at - last.at;
      last = { at, ran };
      if (had < ms && at - from < longest * ms) return;
      clearInterval(look);
      then();
    },
    Math.min(lookEvery, ms),
  );
  return () => {
    clearInterval(look);
  };
}

/** What times are counted in there. */
const tickMs = 10;

/** Processor time that it had so far, ms, and whether it runs or stands in line to (proc(5), stat). Where the system does
 *  not say (anything but Linux) it never does. */
function useOf(pid: number | undefined): { readonly ran: number; readonly ready: boolean } {
  if (process.platform !== 'linux' || pid === undefined) return { ran: 0, ready: false };
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, ...rest] = text.slice(text.lastIndexOf(') ') + 2).split(' ');
    return { ran: (Number(rest[10]) + Number(rest[11])) * tickMs, ready: state === 'R' };
  } catch {
    return { ran: 0, ready: false };
  }
}
