import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** A place of a fixed size, and the ways to fill it. */
export interface Place {
  readonly path: string;
  /** Not one byte is left. */
  fill(): void;
  /** Not one file can be made any more. */
  fillInodes(): void;
  /** What filled it goes away. */
  empty(): void;
  remove(): void;
}

const mounted = new Set<string>();
process.once('exit', () => {
  for (const path of mounted) spawnSync('umount', ['-l', path]);
});

/** A file system in memory, mounted there.
 *  @throws saying what is missing, where mounting is not permitted */
export function place(path: string, megabytes: number): Place {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const words = ['-t', 'tmpfs', '-o', `size=${megabytes}m,nr_inodes=2000,mode=0700`, 'tmpfs', path];
  const { status, stderr } = spawnSync('mount', words, { encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`this test fills a small tmpfs and may not mount one (needs root or CAP_SYS_ADMIN): ${stderr}`);
  }
  mounted.add(path);
  const filler = join(path, 'filler');
  const files = join(path, 'files');
  return {
    path,
    fill() {
      const handle = openSync(filler, 'w');
      let block = Buffer.alloc(1024 * 1024);
      while (block.length > 0) {
        try {
          writeSync(handle, block);
        } catch (cause) {
          if ((cause as NodeJS.ErrnoException).code !== 'ENOSPC') throw cause;
          block = block.subarray(0, Math.floor(block.length / 2));
        }
      }
      closeSync(handle);
    },
    fillInodes() {
      mkdirSync(files);
      for (let n = 0; ; n++) {
        try {
          closeSync(openSync(join(files, String(n)), 'w'));
        } catch (cause) {
          if ((cause as NodeJS.ErrnoException).code !== 'ENOSPC') throw cause;
          return;
        }
      }
    },
    empty() {
      rmSync(filler, { force: true });
      rmSync(files, { recursive: true, force: true });
    },
    remove() {
      spawnSync('umount', ['-l', path]);
      mounted.delete(path);
    },
  };
}
