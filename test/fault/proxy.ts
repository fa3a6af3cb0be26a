import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls, TLSSocket } from 'node:tls';
import type { Phases } from './phases.ts';

/** What goes wrong on a line, after Toxiproxy's set, and two of our own. Times are milliseconds. */
export type Toxic =
  | { readonly kind: 'latency'; readonly ms: number; readonly jitter: number }
  | { readonly kind: 'bandwidth'; readonly bytesPerSecond: number }
  | { readonly kind: 'slicer'; readonly bytes: number; readonly ms: number }
  | { readonly kind: 'slow close'; readonly ms: number }
  /** A black hole: the line stands, and nothing passes any more. */
  | { readonly kind: 'time-out' }
  | { readonly kind: 'reset' }
  /** So many more bytes, either way, then the line ends. */
  | { readonly kind: 'limit'; readonly bytes: number }
  /** The line ends, and nobody listens any more. */
  | { readonly kind: 'down' }
  /** The words of this phase arrive, the answer to them does not; after a moment the line ends. */
  | { readonly kind: 'swallow'; readonly ms: number }
  /** The words of this phase arrive, and the line ends at once. */
  | { readonly kind: 'cut' };

export interface Fault {
  readonly toxic: Toxic;
  /** Strikes when this phase begins, on each connection. */
  readonly phase: string;
  /** So many beginnings of the phase are left alone first. */
  readonly skip?: number;
}

export interface Proxy {
  readonly port: number;
  /** How often the fault struck: a test in which it never did proves nothing. */
  struck(): number;
  /** Connections that stand. */
  open(): number;
  close(): Promise<void>;
}

export interface ProxyOptions {
  /** Loopback port of the server behind. */
  readonly to: number;
  readonly phases: () => Phases;
  readonly fault: Fault;
  /** PEM, to go on reading after STARTTLS: the client must not ask whose certificate it is, or trust this one. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** A TCP proxy on loopback that reads the conversation and goes wrong at one point of it. */
export async function faultProxy(options: ProxyOptions): Promise<Proxy> {
  const { fault } = options;
  const lines = new Set<Line>();
  let skipped = 0;
  let struck = 0;
  const server = createServer((client) => {
    const line = openLine(client, options, {
      begins(phase) {
        const now = phase === fault.phase && skipped++ >= (fault.skip ?? 0);
        if (now) struck++;
        return now;
      },
      down: () => server.close(),
    });
    lines.add(line);
    client.once('close', () => lines.delete(line));
  });
  const port = await listening(server);
  if (fault.phase === 'connect' && fault.toxic.kind === 'down') {
    struck++;
    server.close();
  }
  return {
    port,
    struck: () => struck,
    open: () => lines.size,
    async close() {
      for (const line of lines) line.end();
      if (server.listening) await new Promise((closed) => server.close(closed));
    },
  };
}

interface Watch {
  /** True: here and now the fault strikes. */
  begins(phase: string): boolean;
  down(): void;
}

interface Line {
  end(): void;
}

/** One connection of a client, and ours to the server behind it. */
function openLine(client: Socket, { to, phases, fault, tls }: ProxyOptions, watch: Watch): Line {
  const { toxic } = fault;
  const server = connect({ host: '127.0.0.1', port: to, noDelay: true });
  let [near, far]: [Duplex, Duplex] = [client, server];
  const talk = phases();
  const state = { struck: false, deaf: false, dumb: false, left: Infinity };
  let raw = false;
  let phaseNow = '';

  const begins = (phase: string): boolean => {
    const fresh = phase !== phaseNow;
    phaseNow = phase;
    return fresh && !state.struck && watch.begins(phase);
  };
  const end = (): void => {
    client.destroy();
    server.destroy();
  };
  /** What the fault does at once. `last`: words that still arrive. */
  function strike(last: Buffer | null): void {
    state.struck = true;
    if (toxic.kind === 'time-out') state.deaf = state.dumb = true;
    if (toxic.kind === 'limit') state.left = toxic.bytes;
    if (toxic.kind === 'down') watch.down();
    if (toxic.kind === 'down') end();
    if (toxic.kind === 'reset') [client, server].forEach((socket) => socket.resetAndDestroy());
    if (toxic.kind === 'swallow') {
      state.dumb = true;
      setTimeout(end, toxic.ms);
    }
    if (toxic.kind === 'cut') far.write(last ?? '', end);
  }

  const up = lane(async (bytes: Buffer) => {
    for (const piece of raw ? [{ phase: 'tls', bytes }] : talk.client(bytes)) {
      if (begins(piece.phase)) strike(piece.bytes);
      await forward(piece.bytes, state.deaf, far);
    }
  });
  const down = lane(async (bytes: Buffer) => {
    const phase = raw ? 'tls-answer' : talk.server(bytes);
    if (phase === fault.phase && begins(phase)) strike(null);
    await forward(bytes, state.dumb, near);
    if (phase === 'tls') await turnToTls();
  });

  async function forward(bytes: Buffer, closed: boolean, there: Duplex): Promise<void> {
    if (closed || (state.struck && toxic.kind === 'cut')) return;
    for (const { part, ms } of state.struck ? paced(bytes, toxic) : [{ part: bytes, ms: 0 }]) {
      if (ms > 0) await sleep(ms);
      if (there.destroyed) return;
      const passing = part.subarray(0, state.left);
      state.left -= passing.length;
      there.write(passing);
      if (state.left <= 0) {
        far.end();
        near.end();
        return;
      }
    }
  }

  /** From here on both sides are encrypted: read on between two handshakes, unless the handshake itself is to break. */
  async function turnToTls(): Promise<void> {
    raw = fault.phase === 'tls';
    if (raw) return;
    if (!tls) throw new Error('the proxy has no certificate to go on reading with');
    for (const socket of [client, server]) socket.removeAllListeners('data');
    near = new TLSSocket(client, { isServer: true, ...tls });
    far = connectTls({ socket: server, rejectUnauthorized: false });
    listen();
    await new Promise((done) => far.once('secureConnect', done));
  }

  function listen(): void {
    near.on('data', up.push);
    far.on('data', down.push);
    near.on('end', () => void up.rest().then(() => closeLater(far)));
    far.on('end', () => void down.rest().then(() => closeLater(near)));
    // A line that breaks on one side breaks on the other.
    for (const socket of [near, far]) socket.on('error', end);
  }

  async function closeLater(there: Duplex): Promise<void> {
    if (state.deaf) return;
    if (state.struck && toxic.kind === 'slow close') await sleep(toxic.ms);
    there.end();
  }

  client.on('close', () => server.destroy());
  listen();
  if (begins('connect')) strike(null);
  return { end };
}

/** Bytes are handled one chunk after the other, however long each takes. */
function lane(handle: (bytes: Buffer) => Promise<void>): { push(bytes: Buffer): void; rest(): Promise<void> } {
  let last = Promise.resolve();
  return {
    push: (bytes) => void (last = last.then(() => handle(bytes))),
    rest: () => last,
  };
}

interface Part {
  readonly part: Buffer;
  readonly ms: number;
}

function paced(bytes: Buffer, toxic: Toxic): Part[] {
  if (toxic.kind === 'latency') return [{ part: bytes, ms: toxic.ms + (2 * Math.random() - 1) * toxic.jitter }];
  if (toxic.kind === 'slicer') return sliced(bytes, toxic.bytes, toxic.ms);
  if (toxic.kind === 'bandwidth') return sliced(bytes, 1024, 1024_000 / toxic.bytesPerSecond);
  return [{ part: bytes, ms: 0 }];
}

const sliced = (bytes: Buffer, size: number, ms: number): Part[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => ({
    part: bytes.subarray(index * size, (index + 1) * size),
    ms,
  }));

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
