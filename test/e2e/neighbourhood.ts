import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Authority } from '../../channels/direct/authority.ts';
import type { FaxCompany } from '../../demo/fax-company.ts';
import { freePort } from '../../demo/free-port.ts';
import { startNeighbours } from '../../demo/neighbours.ts';
import type { Partner } from '../../demo/partner.ts';
import { until } from '../harness.ts';

const root = resolve(import.meta.dirname, '../..');

export interface Neighbourhood {
  readonly folder: string;
  readonly partner: Partner;
  readonly company: FaxCompany;
  /** Signs for everybody whom the gateway trusts. */
  readonly authority: Authority;
  /** What lies in the specialists' ordinary mailboxes: portal mails, as they came. */
  readonly mails: readonly { readonly link: string; readonly to: string; readonly mail: string }[];
  /** The gateway's own certificate, PEM. */
  readonly certificate: string;
  readonly url: string;
  /** Of /metrics, /healthz and /readyz. */
  readonly watchUrl: string;
  readonly directPort: number;
  readonly ledgers: { readonly direct: string; readonly fax: string };
  /** Start the gateway as its own process; resolves at *ready*. `under`: the words of a program that runs it. */
  start(...under: readonly string[]): Promise<void>;
  /** kill -9, and wait until it is gone. */
  kill(): Promise<void>;
  /** SIGTERM: the exit code, null when a signal ended it, and how many milliseconds it took. */
  stop(): Promise<{ readonly code: number | null; readonly ms: number }>;
  api<T>(path: string, init?: RequestInit): Promise<T>;
  /** The same, with the answer as it is. */
  ask(path: string, init?: RequestInit): Promise<Response>;
  /** Of the gateway's process, while it runs. */
  pid(): number | null;
  /** Everything the gateway wrote to stdout and stderr. */
  output(): string;
  close(): Promise<void>;
}

export interface Town {
  /** More of the section `channels.direct`. */
  readonly direct?: Record<string, unknown>;
  /** One more of `channels.direct.peers`, certified by the same authority. Its files must be there by `start`. */
  readonly peer?: Record<string, unknown>;
  /** More channels than Direct, fax and portal. */
  readonly channels?: Record<string, unknown>;
  /** More hosts that received faxes may be fetched from. */
  readonly mediaHosts?: readonly string[];
  /** Milliseconds before the fax company calls a second and a third time. */
  readonly retryDelays?: readonly number[];
  /** More of the gateway's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A gateway at home has one folder for temporary files, and finds there what an earlier start has compiled. */
export const compiled = {
  NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(tmpdir(), 'node-compile-cache'),
};

/** A gateway in a process of its own, a partner HISP, a fax company and a mailbox around it, all on loopback. The
 *  gateway has a folder of its own for temporary files: `tmp`. */
export async function neighbourhood(
  settings: Record<string, unknown> = {},
  { direct = {}, peer, channels: more = {}, mediaHosts = [], retryDelays, env = {} }: Town = {},
): Promise<Neighbourhood> {
  const folder = mkdtempSync(join(tmpdir(), 'loopgate-e2e-'));
  const ledgers = { direct: join(folder, 'direct.ledger'), fax: join(folder, 'fax.ledger') };
  const [httpPort, directPort, metricsPort] = [await freePort(), await freePort(), await freePort()];
  const url = `http://127.0.0.1:${httpPort}`;
  const mails: { link: string; to: string; mail: string }[] = [];
  const neighbours = await startNeighbours({
    folder,
    ourDomain: 'riverside.example',
    theirDomain: 'far.example',
    httpPort,
    directPort,
    ledgers,
    pace: 20,
    slowMs: 1000,
    onMail: (link, to, mail) => mails.push({ link, to, mail }),
    ...(retryDelays ? { retryDelays } : {}),
  });
  const { partner, company, authority, certificate } = neighbours;
  const { channels, practices } = neighbours.settings;
  const config = {
    data: join(folder, 'data'),
    log: 'info',
    http: { host: '127.0.0.1', port: httpPort, publicUrl: null },
    metrics: { host: '127.0.0.1', port: metricsPort },
    practices,
    channels: {
      ...channels,
      direct: {
        ...channels.direct,
        ...(peer ? { peers: [...(channels.direct['peers'] as object[]), peer] } : {}),
        ...direct,
      },
      efax: { ...channels.efax, mediaHosts: [company.mediaHost, ...mediaHosts] },
      ...more,
    },
    ...settings,
  };
  mkdirSync(join(folder, 'tmp'));
  const file = join(folder, 'config.mjs');
  writeFileSync(file, `export default ${JSON.stringify(config)};`);

  let child: ChildProcess | null = null;
  let written = '';

  async function start(...under: readonly string[]): Promise<void> {
    const words = ['src/main.ts'];
    const process_ = spawn(under[0] ?? 'node', under.length > 0 ? [...under.slice(1), 'node', ...words] : words, {
      cwd: root,
      // Who runs under another program is signalled with it, as a group.
      detached: under.length > 0,
      env: { PATH: process.env['PATH'], LOOPGATE_CONFIG: file, TMPDIR: join(folder, 'tmp'), ...compiled, ...env },
    });
    child = process_;
    let own = '';
    const note = (chunk: Buffer): void => {
      written += chunk.toString();
      own += chunk.toString();
    };
    process_.stdout.on('data', note);
    process_.stderr.on('data', note);
    await until(
      'the gateway is ready',
      () => {
        if (process_.exitCode !== null) throw new Error(`the gateway ended by itself:\n${own.slice(-2000)}`);
        return own.includes(`ready ${url}`);
      },
      60_000,
    );
  }

  /** Null: it was gone already. */
  async function end(signal: NodeJS.Signals): Promise<{ readonly code: number | null; readonly ms: number } | null> {
    const process_ = child;
    if (!process_?.pid || process_.exitCode !== null || process_.signalCode !== null) return null;
    const startedAt = performance.now();
    const gone = new Promise((done) => process_.once('exit', done));
    if (process_.spawnargs[0] === 'node') process_.kill(signal);
    else process.kill(-process_.pid, signal);
    await gone;
    return { code: process_.exitCode, ms: performance.now() - startedAt };
  }

  const kill = async (): Promise<void> => {
    await end('SIGKILL');
  };

  function ask(path: string, init: RequestInit = {}): Promise<Response> {
    const authorization = `Bearer ${readFileSync(join(folder, 'data-keys', 'cli.key'), 'utf8').trim()}`;
    const headers = { ...(init.headers as Record<string, string> | undefined), authorization };
    return fetch(`${url}/api/v1${path}`, { ...init, headers });
  }

  return {
    folder,
    partner,
    company,
    authority,
    mails,
    certificate,
    url,
    watchUrl: `http://127.0.0.1:${metricsPort}`,
    directPort,
    ledgers,
    start,
    kill,
    async stop() {
      const ended = await end('SIGTERM');
      if (!ended) throw new Error('the gateway was gone before it was told to stop');
      return ended;
    },
    ask,
    async api<T>(path: string, init: RequestInit = {}) {
      const response = await ask(path, init);
      if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
      return (await response.json()) as T;
    },
    pid: () => (child?.exitCode === null && child.signalCode === null ? (child.pid ?? null) : null),
    output: () => written,
    async close() {
      await kill();
      await neighbours.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface Submitted {
  readonly message: string;
  readonly deliveries: readonly { readonly id: string }[];
}

/** The body of `POST /referrals` for one recipient. */
export function referralForm(endpoints: readonly { channel: string; address: string }[], text: string): FormData {
  const form = new FormData();
  const patient = { name: { family: 'Canary-Quist', given: ['Wilhelmina'] }, birthDate: '1961-04-09' };
  form.set('referral', JSON.stringify({ patient, recipient: { name: 'Far Side Clinic', endpoints } }));
  form.append('document', new File([text], 'letter.txt', { type: 'text/plain' }));
  return form;
}

export const lines = <T>(file: string): T[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
