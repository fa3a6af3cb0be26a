import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SMTPServer } from 'smtp-server';
import { createAuthority, issue } from '../../channels/direct/authority.ts';
import { freePort } from '../../demo/free-port.ts';
import { until } from '../harness.ts';
import { postgres } from '../services/postgres.ts';
import { referralForm, type Submitted } from './neighbourhood.ts';

// One edge and several workers on one PostgreSQL; the far side holds its answer to RCPT, so that an attempt stands just
// before the hand-over for as long as the test wants.

const folder = mkdtempSync(join(tmpdir(), 'loopgate-processes-'));
const server = postgres();
let sink: Sink;
let edge: Process;
let url = '';

interface Sink {
  readonly port: number;
  /** Message-IDs, in order. */
  readonly taken: string[];
  /** Answers to RCPT that are held back; new ones are, while `holding`. */
  readonly held: (() => void)[];
  holding: boolean;
  close(): Promise<void>;
}

/** @param identity PEM: its key and certificate */
function startSink(identity: string): Promise<Sink> {
  const taken: string[] = [];
  const held: (() => void)[] = [];
  const smtp = new SMTPServer({
    key: identity,
    cert: identity,
    authOptional: true,
    disabledCommands: ['AUTH'],
    onRcptTo(_address, _session, callback) {
      if (found.holding) held.push(callback);
      else callback();
    },
    onData(stream, _session, callback) {
      const pieces: Buffer[] = [];
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('end', () => {
        taken.push(/^Message-ID: (.*)$/im.exec(Buffer.concat(pieces).toString('latin1'))?.[1] ?? '');
        callback();
      });
    },
  });
  smtp.on('error', () => undefined);
  const found = {
    port: 0,
    taken,
    held,
    holding: false,
    close: () => new Promise<void>((closed) => smtp.close(() => closed())),
  };
  return new Promise((ready) => {
    const listening = smtp.listen(0, '127.0.0.1', () => {
      found.port = (listening.address() as AddressInfo).port;
      ready(found);
    });
  });
}

interface Process {
  readonly child: ChildProcess;
  output(): string;
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

const processes: Process[] = [];

async function start(roles: string): Promise<Process> {
  const child = spawn('node', ['src/cli.ts', 'serve', '--roles', roles], {
    cwd: resolve(import.meta.dirname, '../..'),
    env: { PATH: process.env['PATH'], LOOPGATE_CONFIG: join(folder, 'config.mjs') },
  });
  let written = '';
  child.stdout.on('data', (piece: Buffer) => (written += piece.toString()));
  child.stderr.on('data', (piece: Buffer) => (written += piece.toString()));
  const started: Process = {
    child,
    output: () => written,
    async stop(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const gone = new Promise((done) => child.once('exit', done));
      child.kill(signal);
      await gone;
      return child.exitCode;
    },
  };
  processes.push(started);
  await until(`${roles} is ready`, () => {
    if (child.exitCode !== null) throw new Error(`it ended by itself:\n${written.slice(-2000)}`);
    return /^ready/m.test(written);
  });
  return started;
}

beforeAll(async () => {
  const authority = createAuthority({ name: 'Test authority', now: Date.now() });
  sink = await startSink(issue(authority, { domain: 'far.example' }).identity);
  const pem = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const port = await freePort();
  url = `http://127.0.0.1:${port}/api/v1`;
  const config = {
    data: join(folder, 'data'),
    store: { url: await server.url() },
    http: { host: '127.0.0.1', port, publicUrl: null },
    metrics: null,
    practices: [
      { id: 'main', name: 'Main', phone: '+12125550100', npi: null, addresses: { direct: ['us@riverside.example'] } },
    ],
    patience: { direct: { delays: ['1s', '1s', '1s'] } },
    channels: {
      direct: {
        identities: [pem('own.pem', issue(authority, { domain: 'riverside.example' }).identity)],
        anchors: [pem('anchor.pem', authority.certificate)],
        listen: { host: '127.0.0.1', port: await freePort() },
        peers: [
          {
            match: 'far.example',
            host: '127.0.0.1',
            port: sink.port,
            certificates: [pem('far.pem', issue(authority, { domain: 'far.example' }).certificate)],
          },
        ],
      },
    },
  };
  writeFileSync(join(folder, 'config.mjs'), `export default ${JSON.stringify(config)};`);
  edge = await start('edge');
});

afterAll(async () => {
  for (const each of processes) await each.stop('SIGKILL');
  await sink.close();
  await server.stop();
  rmSync(folder, { recursive: true });
});

function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const authorization = `Bearer ${readFileSync(join(folder, 'data-keys', 'cli.key'), 'utf8').trim()}`;
  return fetch(`${url}${path}`, { ...init, headers: { authorization } });
}

async function submit(text: string): Promise<string> {
  const body = referralForm([{ channel: 'direct', address: 'intake@far.example' }], text);
  return ((await (await ask('/referrals', { method: 'POST', body })).json()) as Submitted).message;
}

const story = async (message: string): Promise<string> => {
  const { events } = (await (await ask(`/messages/${message}`)).json()) as { events: { what: string }[] };
  return events.map(({ what }) => what).join(' › ');
};

test('a frozen worker is taken over within 30 s, and sends nothing when it wakes', async () => {
  const ear = new AbortController();
  const live = await ask('/events/stream', { signal: ear.signal });
  let heard = '';
  const listening = (async () => {
    for await (const piece of live.body!) heard += Buffer.from(piece).toString();
  })().catch(() => undefined);

  const frozen = await start('work');
  sink.holding = true;
  const message = await submit('A worker sleeps over this one.');
  const answer = await until('the far side was asked', () => sink.held[0]);
  frozen.child.kill('SIGSTOP');
  const frozenAt = Date.now();
  sink.holding = false;
  const fresh = await start('work');
  await until('another worker took over', () => sink.taken.length === 1, 45_000);
  expect(Date.now() - frozenAt).toBeLessThan(32_000);
  // The edge hears of what others committed.
  await until(
    'the live record shows it',
    () => heard.includes('attempt.abandoned') && heard.includes('attempt.accepted'),
    3_000,
  );

  answer();
  frozen.child.kill('SIGCONT');
  await until('the frozen one has found out', () => /attempt\.superseded/.test(frozen.output()));
  expect(sink.taken).toHaveLength(1);
  expect(await story(message)).toContain(
    'attempt.opened › attempt.abandoned › attempt.deferred › attempt.opened › attempt.accepted',
  );
  expect(await frozen.stop('SIGTERM')).toBe(0);
  expect(await fresh.stop('SIGTERM')).toBe(0);
  expect(edge.output()).not.toContain('attempt.');
  ear.abort();
  await listening;
});

test('a worker that is told to stop is gone within 30 s and leaves nothing in doubt', async () => {
  const leaving = await start('work');
  const before = sink.taken.length;
  sink.holding = true;
  sink.held.length = 0;
  const message = await submit('A worker leaves in the middle of this one.');
  await until('the far side was asked', () => sink.held[0]);
  const toldAt = Date.now();
  expect(await leaving.stop('SIGTERM')).toBe(0);
  expect(Date.now() - toldAt).toBeLessThan(30_000);
  expect(await story(message)).toContain('attempt.opened › attempt.deferred');
  sink.holding = false;
  const next = await start('work');
  await until('the next one sent it', () => sink.taken.length === before + 1, 90_000);
  expect(await next.stop('SIGTERM')).toBe(0);
}, 150_000);
