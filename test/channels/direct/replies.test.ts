import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Socket } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { issue, createAuthority } from '../../../channels/direct/authority.ts';
import { openDirect } from '../../../channels/direct/judge.ts';
import { firstOf } from '../../../channels/direct/mime/entity.ts';
import type { Outcome } from '../../../src/core/outcome.ts';
import { freePort } from '../../../demo/free-port.ts';
import { authority, certificate, day, hisp, now, parcel, person, scratch, type Hisp } from './support.ts';

const ca = authority();
const alice = person(ca, 'alice@a.example');
const bob = person(ca, 'bob@b.example');
const signal = new AbortController().signal;

let folder: Awaited<ReturnType<typeof scratch>>;
let files: Record<'ca' | 'alice' | 'bob' | 'aliceCert' | 'bobCert', string>;
const running: { stop(): void }[] = [];

beforeAll(async () => {
  folder = await scratch();
  files = {
    ca: await folder.file('ca.pem', ca.certificate),
    alice: await folder.file('alice.pem', alice.identity),
    bob: await folder.file('bob.pem', bob.identity),
    aliceCert: await folder.file('alice-cert.pem', alice.certificate),
    bobCert: await folder.file('bob-cert.pem', bob.certificate),
  };
});
afterEach(() => {
  for (const each of running.splice(0)) each.stop();
});
afterAll(() => folder.remove());

const keep = <T extends { stop(): void }>(each: T): T => {
  running.push(each);
  return each;
};

interface Sink {
  readonly port: number;
  readonly taken: string[];
  /** Drop every connection without a word. */
  readonly cut: () => void;
  stop(): void;
}

/** A mail server that answers as told. */
async function sink(options: ConstructorParameters<typeof SMTPServer>[0]): Promise<Sink> {
  const { key, certificate: cert } = issue(createAuthority({ name: 'Sink', now, key: 'P-256' }), {
    domain: 'x',
    key: 'P-256',
  });
  const taken: string[] = [];
  const server = new SMTPServer({
    key,
    cert,
    disabledCommands: ['AUTH'],
    disableReverseLookup: true,
    closeTimeout: 100,
    onData(stream, _session, callback) {
      let text = '';
      stream.on('data', (piece: Buffer) => (text += piece.toString('latin1')));
      stream.on('end', () => {
        taken.push(text);
        callback(null, 'OK: queued as ABC123');
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const sockets = new Set<Socket>();
  server.server.on('connection', (socket: Socket) => sockets.add(socket));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return keep({
    port,
    taken,
    cut,
    stop: () => {
      server.close();
    },
  });
}

const reply = (responseCode: number, text: string): Error => Object.assign(new Error(text), { responseCode });

describe('what a mail server says and does becomes', () => {
  const sender = async (port: number, more: object = {}): Promise<Hisp> => {
    const peers = [{ match: 'b.example', host: '127.0.0.1', port, certificates: [files.bobCert], ...more }];
    const a = await hisp(alice, { anchors: [files.ca], identity: files.alice, peers });
    return keep(a);
  };
  const outcomeOf = async (port: number, more: object = {}): Promise<{ outcome: Outcome; handed: number }> => {
    const a = await sender(port, more);
    const sent = parcel(a.practice, bob.address);
    return { outcome: await a.channel.send(sent, signal), handed: sent.handed.length };
  };

  test('accepted with its queue id, and nothing of the message shows outside', async () => {
    const { port, taken } = await sink({});
    const { outcome } = await outcomeOf(port);
    expect(outcome).toEqual({ kind: 'accepted', reference: 'ABC123' });
    expect(taken[0]).toMatch(/^Content-Type: application\/pkcs7-mime; smime-type=enveloped-data;/m);
    // The name alone: drawn by chance, and how a server that gives the message back tells us which it was.
    expect(taken[0]?.replace(/^Message-ID: .*$/m, '')).not.toMatch(/subject|synthetic|att_/i);
    const verdict = await openDirect(Buffer.from(taken[0] ?? '', 'latin1'), {
      identities: [bob.own],
      anchors: [certificate(ca.certificate)],
      crls: [],
      mailFrom: alice.address,
      rcpts: [bob.address],
      at: now,
    });
    expect(verdict.accepted).toBe(true);
    const inner = verdict.message;
    expect(inner && firstOf(inner, 'message-id')).toBe(`<att_${'1'.padStart(26, '0')}@a.example>`);
    expect(inner && firstOf(inner, 'disposition-notification-options')).toBe(
      'X-DIRECT-FINAL-DESTINATION-DELIVERY=optional,true',
    );
  });

  test.each([
    ['550 5.1.1 for the recipient', 550, '5.1.1 no such user', { kind: 'refused', reason: { code: 'bad-address' } }],
    ['451 for the recipient', 451, '4.3.0 later', { kind: 'deferred', reason: { code: 'busy' } }],
    ['552 for the recipient', 552, '5.2.3 too big', { kind: 'refused', reason: { code: 'too-large' } }],
  ])('%s: nothing was handed over', async (_name, code, text, expected) => {
    const { port } = await sink({
      onRcptTo: (_address, _session, callback) => {
        callback(reply(code, text));
      },
    });
    const { outcome, handed } = await outcomeOf(port);
    expect(outcome).toMatchObject(expected);
    expect(handed).toBe(0);
  });

  test.each([
    ['554 after the message', 554, 'refused'],
    ['451 after the message', 451, 'deferred'],
  ])('%s: provably not taken', async (_name, code, kind) => {
    const { port } = await sink({
      onData(stream, _session, callback) {
        stream.resume();
        stream.on('end', () => {
          callback(reply(code, 'no'));
        });
      },
    });
    expect((await outcomeOf(port)).outcome).toMatchObject({ kind });
  });

  test('a line that breaks after the whole message, before the reply: unknown', async () => {
    const { port, cut } = await sink({
      onData(stream) {
        stream.resume();
        stream.on('end', () => {
          cut();
        });
      },
    });
    const { outcome, handed } = await outcomeOf(port);
    expect(outcome).toMatchObject({ kind: 'unknown' });
    expect(handed).toBe(1);
  });

  test('a port where nobody listens: deferred', async () => {
    const { outcome, handed } = await outcomeOf(await freePort());
    expect(outcome).toMatchObject({ kind: 'deferred', reason: { code: 'unreachable' } });
    expect(handed).toBe(0);
  });

  test('a server without STARTTLS: deferred, and it sees nothing', async () => {
    const { port, taken } = await sink({ disabledCommands: ['AUTH', 'STARTTLS'] });
    expect((await outcomeOf(port)).outcome).toMatchObject({ kind: 'deferred', reason: { code: 'unreachable' } });
    expect(taken).toEqual([]);
  });

  test('a server that cannot prove its name, where that is asked: deferred', async () => {
    const { port, taken } = await sink({});
    expect((await outcomeOf(port, { tls: 'verified' })).outcome).toMatchObject({ kind: 'deferred' });
    expect(taken).toEqual([]);
  });

  test('a hand-over that cannot be recorded: nothing leaves', async () => {
    const { port, taken } = await sink({});
    const a = await sender(port);
    const handingOver = (): Promise<void> => Promise.reject(new Error('no disk'));
    expect(await a.channel.send({ ...parcel(a.practice, bob.address), handingOver }, signal)).toMatchObject({
      kind: 'deferred',
    });
    expect(taken).toEqual([]);
  });

  test('a stop before anything left: deferred', async () => {
    const { port } = await sink({});
    const a = await sender(port);
    expect(await a.channel.send(parcel(a.practice, bob.address), AbortSignal.abort())).toMatchObject({
      kind: 'deferred',
    });
  });
});

describe('nothing is sent to a recipient', () => {
  test.each([
    ['without a certificate', () => null],
    ['whose certificate has expired', () => person(ca, bob.address, { notBefore: now - 9 * day, notAfter: now - day })],
    ['whose certificate nobody we trust has issued', () => person(authority('Other'), bob.address)],
    ['whose certificate is for somebody else', () => person(ca, 'carol@b.example')],
    ['whose certificate is for signing only', () => person(ca, bob.address, { usage: 'sign' })],
  ])('%s', async (_name, who) => {
    const { port, taken } = await sink({});
    const them = who();
    const certificates = them ? [await folder.file('them.pem', them.certificate)] : [];
    const peers = [{ match: 'b.example', host: '127.0.0.1', port, certificates }];
    const a = keep(await hisp(alice, { anchors: [files.ca], identity: files.alice, peers, listens: false }));
    const outcome = await a.channel.send(parcel(a.practice, bob.address), signal);
    expect(outcome).toMatchObject({ kind: 'refused', reason: { code: them ? 'untrusted' : 'no-certificate' } });
    expect(taken).toEqual([]);
  });
});
