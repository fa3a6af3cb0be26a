import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

export interface Measured {
  readonly url: string;
  readonly key: string;
  readonly folder: string;
  /** Milliseconds from the start of the process to *ready*. */
  readonly startMs: number;
  /** Resident set, bytes. */
  rss(): number;
  /** Processor time used so far, all threads, user and system, milliseconds. */
  cpuMs(): number;
  stop(): Promise<void>;
}

/** A gateway in a process of its own, as `npm start` runs it, in a folder that goes with it.
 *  `folder`: start again on an older one. */
export async function startGateway(
  settings: Record<string, unknown>,
  folder = mkdtempSync(join(tmpdir(), 'loopgate-bench-')),
): Promise<Measured> {
  const port = await freePort();
  const file = join(folder, 'config.mjs');
  writeFileSync(
    file,
    `export default ${JSON.stringify({ data: join(folder, 'data'), log: 'error', http: { host: '127.0.0.1', port, publicUrl: null }, ...settings })};`,
  );
  const startedAt = performance.now();
  const child = spawn(
    'node',
    [
      ...(process.env['BENCH_PROFILE'] ? ['--cpu-prof', `--cpu-prof-dir=${process.env['BENCH_PROFILE']}`] : []),
      'src/main.ts',
    ],
    {
      cwd: root,
      env: { PATH: process.env['PATH'], LOOPGATE_CONFIG: file },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  await new Promise<void>((ready, failed) => {
    child.once('exit', () => failed(new Error('the gateway did not start')));
    child.stdout.once('data', () => ready());
  });
  return {
    url: `http://127.0.0.1:${port}`,
    key: readFileSync(join(folder, 'data-keys', 'cli.key'), 'utf8').trim(),
    folder,
    startMs: performance.now() - startedAt,
    rss: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid ?? 0}/status`, 'utf8'))?.[1]) * 1024,
    cpuMs: () => {
      const fields =
        readFileSync(`/proc/${child.pid ?? 0}/stat`, 'utf8')
          .split(') ')[1]
          ?.split(' ') ?? [];
      // utime and stime, in ticks of 10 ms (proc(5)).
      return (Number(fields[11]) + Number(fields[12])) * 10;
    },
    async stop() {
      const gone = new Promise((done) => child.once('exit', done));
      child.kill('SIGTERM');
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
