import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Socket } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { issue, createAuthority } from '../../../channels/direct/authority.ts';
import { openDirect } from '../../../channels/direct/judge.ts';
import { firstOf } from '../../../channels/direct/mime/entity.ts';
import type { Outcome } from '../../../src/core/outcome.ts';
import {
  authority,
  certificate,
  day,
  freePort,
  hisp,
  now,
  parcel,
  pdf,
  person,
  scratch,
  until,
  type Hisp,
} from './support.ts';

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

/** Two gateways that know each other. */
async function pair(transport = 'oaep'): Promise<{ a: Hisp; b: Hisp }> {
  const b0 = await freePort();
  const b = keep(
    await hisp(bob, { anchors: [files.ca], identity: files.bob, more: { listen: { port: b0 } }, listens: false }),
  );
  b.stop();
  const peerB = { match: 'b.example', host: '127.0.0.1', port: b0, certificates: [files.bobCert], transport };
  const a = keep(await hisp(alice, { anchors: [files.ca], identity: files.alice, peers: [peerB] }));
  const peerA = { match: 'alice@a.example', host: '127.0.0.1', port: a.port };
  const listening = keep(
    await hisp(bob, { anchors: [files.ca], identity: files.bob, peers: [peerA], more: { listen: { port: b0 } } }),
  );
  return { a, b: listening };
}

describe('two gateways', () => {
  test.each(['oaep', 'v15'])(
    'carry a document byte for byte and answer with both notifications (%s)',
    async (transport) => {
      const { a, b } = await pair(transport);
      const sent = parcel(a.practice, bob.address);
      expect(await a.channel.send(sent, signal)).toMatchObject({ kind: 'accepted' });
      expect(sent.handed).toHaveLength(1);
      const [arrival] = b.inbox.messages;
      expect(arrival?.origin.from).toBe(alice.address);
      expect(arrival?.subject).toBe('A synthetic subject');
      expect(arrival?.to).toEqual([{ channel: 'direct', address: bob.address }]);
      expect(arrival?.documents[0]?.name).toBe('Überweisung "1".pdf');
      expect(Buffer.from(arrival?.documents[0]?.bytes ?? []).equals(pdf)).toBe(true);

      if (!arrival) throw new Error('nothing arrived');
      for (const notice of ['processed', 'delivered', 'failed'] as const) {
        expect(await b.channel.acknowledge?.(arrival.origin, notice, signal)).toMatchObject({ kind: 'accepted' });
      }
      expect(a.inbox.news.map(({ receipt, author }) => [receipt.attempt, receipt.kind, author])).toEqual([
        [sent.attempt, 'processed', [bob.address]],
        [sent.attempt, 'delivered', [bob.address]],
        [sent.attempt, 'failed', [bob.address]],
      ]);
      expect(a.inbox.messages).toEqual([]);
      expect(a.inbox.refused).toEqual([]);
    },
  );

  test('say dispatched only to those who asked', async () => {
    const { a, b } = await pair();
    await a.channel.send(parcel(a.practice, bob.address), signal);
    const [arrival] = b.inbox.messages;
    if (!arrival) throw new Error('nothing arrived');
    const { dispatched: _asked, ...details } = arrival.origin.details;
    expect(await b.channel.acknowledge?.({ ...arrival.origin, details }, 'delivered', signal)).toEqual({
      kind: 'accepted',
    });
    expect(a.inbox.news).toEqual([]);
  });

  test('carry twenty messages at once over few connections', async () => {
    const { a, b } = await pair();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, i) => a.channel.send(parcel(a.practice, bob.address, String(i)), signal)),
    );
    expect(outcomes.every(({ kind }) => kind === 'accepted')).toBe(true);
    expect(b.inbox.messages).toHaveLength(20);
    const started = performance.now();
    for (let i = 0; i < 5; i++) await a.channel.send(parcel(a.practice, bob.address, `x${i}`), signal);
    // A fresh connection waits 100 ms for the greeting; five on a kept one do not.
    expect(performance.now() - started).toBeLessThan(450);
  });

  test('a notification signed by somebody else says so', async () => {
    const { a, b } = await pair();
    const sent = parcel(a.practice, bob.address);
    await a.channel.send(sent, signal);
    const mallory = person(ca, 'mallory@m.example');
    const identity = await folder.file('mallory.pem', mallory.identity);
    const peers = [{ match: 'a.example', host: '127.0.0.1', port: a.port }];
    const m = keep(await hisp(mallory, { anchors: [files.ca], identity, peers }));
    const origin = b.inbox.messages[0]?.origin;
    if (!origin) throw new Error('nothing arrived');
    const details = { ...origin.details, local: mallory.address, certificate: alice.certificate };
    expect(await m.channel.acknowledge?.({ ...origin, details }, 'failed', signal)).toMatchObject({ kind: 'accepted' });
    expect(a.inbox.news).toMatchObject([
      { author: [mallory.address], receipt: { attempt: sent.attempt, kind: 'failed' } },
    ]);
  });

  test('nothing is taken when the store fails, and it is taken once when it works again', async () => {
    const { a, b } = await pair();
    b.inbox.before = () => Promise.reject(new Error('disk full'));
    expect(await a.channel.send(parcel(a.practice, bob.address), signal)).toMatchObject({ kind: 'deferred' });
    b.inbox.before = () => Promise.resolve();
    expect(await a.channel.send(parcel(a.practice, bob.address), signal)).toMatchObject({ kind: 'accepted' });
    expect(b.inbox.messages).toHaveLength(1);
  });

  test('the far side is told 250 only after the inbox has it', async () => {
    const { a, b } = await pair();
    let release = (): void => undefined;
    let asked = false;
    b.inbox.before = () =>
      new Promise<void>((resolve) => {
        asked = true;
        release = resolve;
      });
    let outcome: Outcome | null = null;
    const sending = a.channel.send(parcel(a.practice, bob.address), signal).then((known) => {
      outcome = known;
    });
    await until(() => asked);
    expect(outcome).toBeNull();
    release();
    await sending;
    expect(outcome).toMatchObject({ kind: 'accepted' });
  });
});

interface Sink {
  readonly port: number;
  readonly taken: string[];
  /** Drop every connection without a word. */
  cut(): void;
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
  return keep({ port, taken, cut, stop: () => void server.close() });
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
    expect(taken[0]).not.toMatch(/subject|synthetic|att_/i);
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
    expect(outcome).toMatchObject({ kind: 'refused', reason: { code: 'untrusted' } });
    expect(taken).toEqual([]);
  });
});

test('check names an expired identity and passes a good one', async () => {
  const old = person(ca, alice.address, { notBefore: now - 9 * day, notAfter: now - 2 * day });
  const expired = await hisp(old, {
    anchors: [files.ca],
    identity: await folder.file('old.pem', old.identity),
    listens: false,
  });
  expect(await expired.channel.check(signal)).toMatchObject({
    ok: false,
    problem: expect.stringContaining('expired 2 days ago'),
  });
  const good = await hisp(alice, { anchors: [files.ca], identity: files.alice, listens: false });
  expect(await good.channel.check(signal)).toEqual({ ok: true });
});
