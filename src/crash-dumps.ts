import { writeFileSync } from 'node:fs';
import { ConfigError } from './errors.ts';

/** What a process of ours has in memory is patients' data in the clear: nothing that the system or the runtime writes
 *  when it crashes may hold any of it. Call before anything is read; processes started later inherit it.
 *  @param words options of the runtime, from the command line and the environment
 *  @throws ConfigError for options that write the memory down and cannot be taken back
 *  @returns whether the kernel was told; elsewhere than on Linux it cannot be */
export function keepMemoryOffDisk(words: readonly string[]): boolean {
  const found = words.map((word) => word.replaceAll('_', '-')).filter((word) => word.startsWith('--heapsnapshot-'));
  if (found.length > 0)
    throw new ConfigError(
      found.map((word) => `${word}: writes patients' data to the disk in the clear; start without it (NODE_OPTIONS)`),
    );
  const { report } = process;
  report.reportOnFatalError = false;
  report.reportOnSignal = false;
  report.reportOnUncaughtException = false;
  return coresWithoutMemory();
}

/** core(5): a core then holds no mapping at all. Unlike the limit on its size that also holds for cores that the kernel
 *  hands to a program, and it needs none. */
function coresWithoutMemory(): boolean {
  try {
    writeFileSync('/proc/self/coredump_filter', '0');
    return true;
  } catch {
    return false;
  }
}
