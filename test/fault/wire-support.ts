import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:tls';
import { connect, type AddressInfo, type Server } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { readHere } from '../../demo/partner.ts';
import type { Parcel, Practice, Tools } from '../../src/core/channel.ts';
import type { AttemptId } from '../../src/core/message.ts';
import { openNetwork } from '../../src/net/network.ts';
import { newId } from '../../src/ids.ts';

export interface Pem {
  readonly key: string;
  readonly cert: string;
}

/** What arrived, by attempt: on disk before the sender hears of it. */
export interface Ledger {
  note(attempt: string): void;
  counts(): Map<string, number>;
  close(): void;
}

export function openLedger(file: string): Ledger {
  const handle = openSync(file, 'a');
  return {
    note(attempt) {
      writeSync(handle, `${attempt}\n`);
      fsyncSync(handle);
    },
    counts() {
      const counts = new Map<string, number>();
      for (const line of readFileSync(file, 'utf8').split('\n'))
        if (line) counts.set(line, (counts.get(line) ?? 0) + 1);
      return counts;
    },
    close: () => closeSync(handle),
  };
}

export const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** A mail server with STARTTLS that writes down the attempt that a Message-ID names. */
export async function mailSink(ledger: Ledger, pem: Pem): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = new SMTPServer({
    ...pem,
    disabledCommands: ['AUTH'],
    disableReverseLookup: true,
    onData(stream, _session, done) {
      let text = '';
      stream.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
      stream.on('end', () => {
        ledger.note(/^Message-ID: <(att_\w+)@/im.exec(text)?.[1] ?? 'nameless');
        done(null, 'OK: queued');
      });
    },
  });
  // Broken lines are what this is all about.
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: portOf(server.server), close: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** TLS in front of a server that has none. */
export async function tlsFront(to: number, pem: Pem): Promise<{ readonly port: number; close(): void }> {
  const server = createTlsServer(pem, (near) => {
    const far = connect(to, '127.0.0.1');
    near.pipe(far).pipe(near);
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: portOf(server), close: () => server.close() };
}

const text = Buffer.from('Synthetic referral: please see the patient within two weeks.\n'.repeat(40));
export const textSha256 = createHash('sha256').update(text).digest('hex');

/** One text document for one endpoint. `handed`: how often the hand-over was recorded. */
export function parcel(practice: Practice, channel: string, address: string): Parcel & { readonly handed: number[] } {
  const at = Date.now();
  const handed: number[] = [];
  const document = {
    id: newId('doc', at),
    name: 'letter.txt',
    mediaType: 'text/plain',
    bytes: text.length,
    sha256: '',
  };
  const attempt: AttemptId = newId('att', at);
  return {
    attempt,
    family: attempt,
    endpoint: { channel, address },
    message: {
      id: newId('msg', at),
      practice: practice.id,
      origin: { channel: 'api', token: 't', from: null, details: {} },
      subject: null,
      urgency: 'routine',
      deadline: at + 3_600_000,
      referral: null,
      recipients: [],
      documents: [document],
      receivedAt: at,
    },
    recipient: { name: null, npi: null, phone: null, endpoints: [] },
    practice,
    possibleDuplicate: false,
    open: () => Promise.resolve(text),
    handingOver: () => Promise.resolve(void handed.push(at)),
    taken: () => Promise.resolve(),
    handed,
  };
}

export const practice: Practice = {
  id: 'main',
  name: 'Riverside Family Practice',
  phone: '+12125550100',
  npi: null,
  addresses: { direct: ['referrals@riverside.example'], efax: ['+12125550101'] },
};

const silent = (): void => undefined;

export const tools = (over: Partial<Tools> = {}): Tools => ({
  log: { info: silent, warn: silent, error: silent },
  now: Date.now,
  practices: [practice],
  publicUrl: 'http://127.0.0.1:9',
  press: {
    fax: () => Promise.resolve({ tiff: Buffer.from('II*\0'), pages: 1 }),
    link: () => Promise.reject(new Error('no links here')),
    preview: () => Promise.resolve([]),
  },
  openBox: readHere,
  pickups: { note: () => Promise.resolve(), done: () => Promise.resolve(), list: () => Promise.resolve([]) },
  network: openNetwork({ allow: [], resolvers: [] }, { now: Date.now }),
  desk: {
    publish: (link) => Promise.resolve(link),
    file: () => Promise.reject(new Error('nothing is filed here')),
    linkOf: () => Promise.resolve(null),
    answerSheet: () => Promise.resolve(null),
  },
  linkCarrier: () => null,
  reopen: () => Promise.resolve(null),
  ...over,
});
