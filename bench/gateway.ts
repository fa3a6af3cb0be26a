import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort } from '../demo/free-port.ts';

const root = resolve(import.meta.dirname, '..');

/** A folder of its own, for the gateway and whatever belongs to it. */
export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'loopgate-bench-'));

export const removeFolder = (folder: string): void => {
  rmSync(folder, { recursive: true, force: true });
};

export interface Measured {
  readonly url: string;
  readonly key: string;
  /** Milliseconds from the start of the process to *ready*. */
  readonly startMs: number;
  /** Resident set, bytes. */
  rss(): number;
  /** Processor time used so far, all threads, user and system, milliseconds. */
  cpuMs(): number;
  stop(): Promise<void>;
}

/** More settings, and more of its environment. */
interface Started {
  readonly env?: Readonly<Record<string, string>>;
  readonly [section: string]: unknown;
}

/** A gateway in a process of its own, as `npm start` runs it. With BENCH_PROFILE its processor profile goes to the
 *  folder of that name.
 *  @param folder data, keys and compiled code: a new one is a first start, an older one a later start */
export async function startGateway(
  folder: string,
  direct: Record<string, unknown> = {},
  { env = {}, ...more }: Started = {},
): Promise<Measured> {
  const port = await freePort();
  const listen = { host: '127.0.0.1', port: await freePort() };
  const settings = {
    data: join(folder, 'data'),
    log: 'error',
    http: { host: '127.0.0.1', port, publicUrl: null },
    limits: { submissionsPerMinute: 1_000_000 },
    metrics: { host: '127.0.0.1', port: await freePort() },
    channels: { direct: { listen, ...direct } },
    ...more,
  };
  const file = join(folder, 'config.mjs');
  writeFileSync(file, `export default ${JSON.stringify(settings)};`);
  const profile = process.env['BENCH_PROFILE'];
  const startedAt = performance.now();
  const child = spawn('node', [...(profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : []), 'src/main.ts'], {
    cwd: root,
    env: { PATH: process.env['PATH'], LOOPGATE_CONFIG: file, NODE_COMPILE_CACHE: join(folder, 'compiled'), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((ready, failed) => {
    child.once('exit', () => failed(new Error('the gateway did not start')));
    child.stdout.once('data', () => ready());
  });
  const startMs = performance.now() - startedAt;
  return {
    ...watched(child),
    url: `http://127.0.0.1:${port}`,
    key: readFileSync(join(folder, 'data-keys', 'cli.key'), 'utf8').trim(),
    startMs,
  };
}

/** The least that any gateway would do, instead of ours. @param words as bench/floor.ts takes them */
export async function startFloor(...words: string[]): Promise<Omit<Measured, 'startMs'>> {
  const child = spawn('node', ['bench/floor.ts', ...words], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const [url] = (await once(child.stdout, 'data')) as [Buffer];
  return { ...watched(child), url: url.toString().trim(), key: 'none' };
}

function watched(child: ChildProcess): Pick<Measured, 'rss' | 'cpuMs' | 'stop'> {
  const told = (name: string): string => readFileSync(`/proc/${child.pid ?? 0}/${name}`, 'utf8');
  return {
    rss: () => Number(/VmRSS:\s+(\d+)/.exec(told('status'))?.[1]) * 1024,
    cpuMs: () => {
      const fields = told('stat').split(') ')[1]?.split(' ') ?? [];
      // utime and stime, in ticks of 10 ms (proc(5)).
      return (Number(fields[11]) + Number(fields[12])) * 10;
    },
    async stop() {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    },
  };
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

export const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
