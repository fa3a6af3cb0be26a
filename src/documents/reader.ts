import { fork } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, sep } from 'node:path';
import type { Answer } from '../core/box.ts';
import { afterItsTime, standBehind } from './behind.ts';
import type { Reply } from './protocol.ts';

/** One process that opens files. It answers one request at a time; after `alive` turned false it is gone. */
export interface Reader {
  readonly alive: () => boolean;
  perform<T>(request: Asked, limits: Limits): Promise<Answer<T>>;
  stop(): Promise<void>;
}

export interface Asked {
  /** The answer bears it too. */
  readonly id: number;
  readonly task: unknown;
  /** Whatever else the worker wants to know. */
  readonly [more: string]: unknown;
}

export interface Limits {
  /** Milliseconds, without those in line for a processor. */
  readonly patience: number;
  /** Bytes of resident memory. */
  readonly memory: number;
  readonly signal: AbortSignal | undefined;
  /** Told when the process was ended, and why. */
  readonly onEnd: (reason: 'patience' | 'memory' | 'crash' | 'stopped') => void;
}

export const stopped = { ok: false, problem: 'reading was stopped' } as const;

const problems = {
  patience: 'it takes too long to read',
  memory: 'it needs too much memory to read',
  crash: 'the file made its reader fail',
  stopped: stopped.problem,
} as const;

const lookEvery = 250;

/** Starts at once, with an empty environment. What goes wrong there is an answer; the process does not survive a limit.
 *  @param worker the module that runs there
 *  @param code folders whose files it may read, beside the libraries and src/core */
export function startReader(worker: string, code: readonly string[]): Reader {
  const child = fork(worker, {
    env: {},
    execArgv: confined(code),
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  // Not before its code is loaded: half a second of work, and on a busy machine twenty from behind, for which somebody
  // may wait before a preview.
  child.once('message', () => {
    standBehind(child.pid);
  });
  let alive = true;
  const gone = new Promise<void>((resolve) => {
    const end = (): void => {
      alive = false;
      resolve();
    };
    child.once('exit', end).once('error', end);
  });
  const stop = (): Promise<void> => {
    alive = false;
    child.kill('SIGKILL');
    return gone;
  };

  const perform = <T>(request: Asked, { patience, memory, signal, onEnd }: Limits): Promise<Answer<T>> =>
    new Promise((resolve) => {
      let open = true;
      const finish = (answer: Answer<T>): void => {
        if (!open) return;
        open = false;
        forget();
        clearInterval(guard);
        signal?.removeEventListener('abort', cancel);
        child.off('message', hear);
        resolve(answer);
      };
      const end = (reason: keyof typeof problems): void => {
        if (!open) return;
        void stop();
        onEnd(reason);
        finish({ ok: false, problem: problems[reason] });
      };
      const cancel = (): void => {
        end('stopped');
      };
      const hear = (reply: Reply): void => {
        if (reply.id === request.id) finish(reply.answer as Answer<T>);
      };
      const forget = afterItsTime(child.pid, patience, () => {
        end('patience');
      });
      const guard = setInterval(() => {
        if (residentBytes(child.pid) > memory) end('memory');
      }, lookEvery);
      signal?.addEventListener('abort', cancel, { once: true });
      child.on('message', hear);
      void gone.then(() => {
        end('crash');
      });
      child.send(request, (error) => {
        if (error) end('crash');
      });
    });

  return { alive: () => alive, perform, stop };
}

/** Node's permission model: the reader may load its code and its libraries, and nothing else: no other file,
 *  no process, no network. Addons and threads are allowed because sharp and tesseract.js are made of them. */
const confined = (code: readonly string[]): string[] => [
  '--permission',
  '--allow-addons',
  '--allow-worker',
  ...[...[...code, join(import.meta.dirname, '..', 'core')].map((folder) => join(folder, '*')), ...libraries()].map(
    (path) => `--allow-fs-read=${path}`,
  ),
  '--disable-warning=PERM0001',
  '--disable-warning=PERM0006',
  '--max-old-space-size=512',
];

function libraries(): string[] {
  const found = createRequire(import.meta.url).resolve('sharp');
  const folder = found.slice(0, found.lastIndexOf(`${sep}node_modules${sep}`) + 13);
  const root = join(import.meta.dirname, '..', '..');
  return [...new Set([folder, realpathSync(folder), join(root, 'node_modules')]), join(root, 'package.json')];
}

/** Memory in use, bytes; 0 where the system does not say (anything but Linux), which leaves the time limit. */
function residentBytes(pid: number | undefined): number {
  if (process.platform !== 'linux' || pid === undefined) return 0;
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * 4096;
  } catch {
    return 0;
  }
}
