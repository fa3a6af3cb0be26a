import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createAuthority, issue, type Authority } from '../../channels/direct/authority.ts';
import { startFaxCompany, type FaxCompany } from '../../demo/fax-company.ts';
import { startMailbox } from '../../demo/mailbox.ts';
import { startPartner, type Partner } from '../../demo/partner.ts';
import { until } from '../harness.ts';

const root = resolve(import.meta.dirname, '../..');

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

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
  readonly directPort: number;
  readonly ledgers: { readonly direct: string; readonly fax: string };
  /** Start the gateway as its own process; resolves at *ready*. */
  start(): Promise<void>;
  /** kill -9, and wait until it is gone. */
  kill(): Promise<void>;
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
  /** More hosts that received faxes may be fetched from. */
  readonly mediaHosts?: readonly string[];
  /** Milliseconds before the fax company calls a second and a third time. */
  readonly retryDelays?: readonly number[];
}

/** A gateway in a process of its own, a partner HISP, a fax company and a mailbox around it, all on loopback. The
 *  gateway has a folder of its own for temporary files: `tmp`. */
export async function neighbourhood(
  settings: Record<string, unknown> = {},
  { direct = {}, mediaHosts = [], retryDelays }: Town = {},
): Promise<Neighbourhood> {
  const folder = mkdtempSync(join(tmpdir(), 'loopgate-e2e-'));
  const ledgers = { direct: join(folder, 'direct.ledger'), fax: join(folder, 'fax.ledger') };
  const [httpPort, directPort, partnerPort] = [await freePort(), await freePort(), await freePort()];
  const url = `http://127.0.0.1:${httpPort}`;
  const authority = createAuthority({ name: 'Neighbourhood authority', now: Date.now() });
  const own = issue(authority, { domain: 'riverside.example' });
  const pem = (name: string, content: string): string => {
    mkdirSync(join(folder, 'pem'), { recursive: true });
    writeFileSync(join(folder, 'pem', name), content);
    return join(folder, 'pem', name);
  };
  const partner = await startPartner({
    domain: 'far.example',
    authority,
    folder,
    port: partnerPort,
    ledgerFile: ledgers.direct,
    slowMs: 1000,
    gateway: { domain: 'riverside.example', port: directPort, certificate: own.certificate },
  });
  const apiKey = 'KEY-of-the-emulator';
  const company = await startFaxCompany({
    apiKey,
    connectionId: 'app-1',
    ledgerFile: ledgers.fax,
    pace: 20,
    webhookUrl: `${url}/webhooks/efax/main`,
    ...(retryDelays ? { retryDelays } : {}),
  });
  const mails: { link: string; to: string; mail: string }[] = [];
  const mailbox = await startMailbox((link, to, mail) => mails.push({ link, to, mail }));
  const config = {
    data: join(folder, 'data'),
    log: 'info',
    http: { host: '127.0.0.1', port: httpPort, publicUrl: null },
    practices: [
      {
        id: 'main',
        name: 'Riverside Family Practice',
        phone: '+1 212 555 0100',
        npi: '1234567893',
        addresses: { direct: ['referrals@riverside.example'], efax: ['+12125550101'] },
      },
    ],
    channels: {
      direct: {
        identities: [pem('own.pem', own.identity)],
        anchors: [pem('anchor.pem', authority.certificate)],
        listen: { host: '127.0.0.1', port: directPort },
        peers: [
          {
            match: 'far.example',
            host: '127.0.0.1',
            port: partnerPort,
            certificates: [pem('partner.pem', partner.certificate)],
          },
        ],
        ...direct,
      },
      efax: {
        mediaHosts: [company.mediaHost, ...mediaHosts],
        accounts: {
          main: {
            provider: 'telnyx',
            apiKey,
            connectionId: 'app-1',
            publicKey: company.publicKey,
            baseUrl: company.url,
            from: '+12125550101',
            practice: 'main',
          },
        },
      },
      portal: { mail: { host: '127.0.0.1', port: mailbox.port, from: 'referrals@riverside.example', tls: 'none' } },
    },
    ...settings,
  };
  mkdirSync(join(folder, 'tmp'));
  const file = join(folder, 'config.mjs');
  writeFileSync(file, `export default ${JSON.stringify(config)};`);

  let child: ChildProcess | null = null;
  let written = '';

  async function start(): Promise<void> {
    const process_ = spawn('node', ['src/main.ts'], {
      cwd: root,
      env: { PATH: process.env['PATH'], LOOPGATE_CONFIG: file, TMPDIR: join(folder, 'tmp') },
    });
    child = process_;
    let own = '';
    const note = (chunk: Buffer): void => {
      written += chunk.toString();
      own += chunk.toString();
    };
    process_.stdout.on('data', note);
    process_.stderr.on('data', note);
    await until('the gateway is ready', () => {
      if (process_.exitCode !== null) throw new Error(`the gateway ended by itself:\n${own.slice(-2000)}`);
      return own.includes(`ready ${url}`);
    });
  }

  async function kill(): Promise<void> {
    const process_ = child;
    if (!process_ || process_.exitCode !== null || process_.signalCode !== null) return;
    const gone = new Promise((done) => process_.once('exit', done));
    process_.kill('SIGKILL');
    await gone;
  }

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
    certificate: own.certificate,
    url,
    directPort,
    ledgers,
    start,
    kill,
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
      partner.close();
      await company.close();
      await mailbox.close();
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
