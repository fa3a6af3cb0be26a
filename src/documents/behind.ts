import { constants, setPriority } from 'node:os';

/** Where processors are short, whoever opens or reads files stands behind the gateway itself: a page may take longer, an
 *  answer that somebody waits for must not. Call it as soon as the process is started: its threads take after it. */
export function standBehind(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It is gone already, which its exit tells, or the system does not allow it: then it stands level.
  }
}
