import { closeSync, fsyncSync, openSync } from 'node:fs';

/** What was written to a file, or named in a folder, is there after a power cut. */
export function keep(path: string): void {
  const handle = openSync(path, 'r');
  fsyncSync(handle);
  closeSync(handle);
}
