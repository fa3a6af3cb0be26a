import { spawn } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line in a process of its own. `watch` sees what it writes, and may kill it. */
export async function loopgate(
  words: readonly string[],
  config: string,
  watch: (written: string, kill: () => void) => void = () => undefined,
): Promise<Ended> {
  const child = spawn('node', ['src/cli.ts', ...words], {
    cwd: root,
    env: { PATH: process.env['PATH'], LOOPGATE_CONFIG: config },
  });
  let [stdout, stderr] = ['', ''];
  const note = (): void => {
    watch(stdout + stderr, () => child.kill('SIGKILL'));
  };
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    note();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    note();
  });
  const status = await new Promise<number | null>((ended) => child.once('close', ended));
  return { status, stdout, stderr };
}
