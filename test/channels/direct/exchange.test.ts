import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Outcome } from '../../../src/core/outcome.ts';
import { freePort } from '../../../demo/free-port.ts';
import { startPostfix } from '../../services/postfix.ts';
import { authority, day, hisp, now, parcel, pdf, person, scratch, until, type Hisp } from './support.ts';

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

test('messages share the fate of the mail server that they go to, and name nobody by it', async () => {
  const peers = [
    { match: 'b.example', host: 'mail.hisp.example', port: 2525 },
    { match: 'dr.jones@c.example', host: 'mail.hisp.example', port: 2525 },
    { match: 'd.example' },
  ];
  const { channel } = keep(await hisp(alice, { anchors: [files.ca], identity: files.alice, peers, listens: false }));
  const lane = (address: string): string | undefined => channel.lane?.({ channel: 'direct', address }, 'main');
  expect(lane('bob@b.example')).toBe('mail.hisp.example:2525');
  expect(lane('Dr.Jones@C.example')).toBe('mail.hisp.example:2525');
  expect(lane('Ann@D.example')).toBe('d.example');
  expect(lane('ann@stranger.example')).toBe('stranger.example');
});

test('tells who it is and whom it trusts', async () => {
  const peers = [{ match: 'b.example', certificates: [files.bobCert] }];
  const { channel } = keep(await hisp(alice, { anchors: [files.ca], identity: files.alice, peers, listens: false }));
  const { certificates = [], bundles, lists } = channel.trust?.() ?? {};
  expect(certificates).toMatchObject([
    { use: 'own', names: ['alice@a.example'], replaced: false },
    { use: 'partner', names: ['bob@b.example'] },
    { use: 'anchor', from: files.ca, domains: null, direction: 'both' },
  ]);
  expect([bundles, lists]).toEqual([[], []]);
});

test('two gateways with Postfix between them carry a document byte for byte, and the notification back', async () => {
  const [aPort, bPort] = [await freePort(), await freePort()];
  const relay = await startPostfix({ 'a.example': aPort, 'b.example': bPort });
  try {
    const by = { host: '127.0.0.1', port: relay.port };
    const common = { anchors: [files.ca] };
    const peers = [{ match: 'b.example', ...by, certificates: [files.bobCert] }];
    const a = keep(await hisp(alice, { ...common, identity: files.alice, peers, more: { listen: { port: aPort } } }));
    const back = [{ match: 'a.example', ...by }];
    const b = keep(await hisp(bob, { ...common, identity: files.bob, peers: back, more: { listen: { port: bPort } } }));
    const sent = parcel(a.practice, bob.address);
    expect(await a.channel.send(sent, signal)).toMatchObject({ kind: 'accepted' });
    await until(() => b.inbox.messages.length === 1);
    const [arrival] = b.inbox.messages;
    if (!arrival) throw new Error('nothing arrived');
    expect(Buffer.from(arrival.documents[0]?.bytes ?? []).equals(pdf)).toBe(true);
    const answer = await b.channel.acknowledge?.(arrival.origin, 'processed', null, signal);
    expect(answer).toMatchObject({ kind: 'accepted' });
    await until(() => a.inbox.news.length === 1);
    expect(a.inbox.news[0]).toMatchObject({ receipt: { attempt: sent.attempt, kind: 'processed' } });
    expect([a.inbox.refused, b.inbox.refused]).toEqual([[], []]);
  } finally {
    await relay.stop();
  }
});

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
        expect(await b.channel.acknowledge?.(arrival.origin, notice, null, signal)).toMatchObject({ kind: 'accepted' });
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
    const { sender = '', local = '', messageId = '' } = arrival.origin.details;
    const details = { sender, local, messageId };
    expect(await b.channel.acknowledge?.({ ...arrival.origin, details }, 'delivered', null, signal)).toBeNull();
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
    expect(await m.channel.acknowledge?.({ ...origin, details }, 'failed', null, signal)).toMatchObject({
      kind: 'accepted',
    });
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

  test('a letter sent again bears the same name inside and out, and the far side takes it for the same', async () => {
    const { a, b } = await pair();
    const first = parcel(a.practice, bob.address, 'one');
    await a.channel.send(first, signal);
    const again = { ...parcel(a.practice, bob.address, 'two'), family: first.family, possibleDuplicate: true };
    expect(await a.channel.send(again, signal)).toMatchObject({ kind: 'accepted' });
    const arrivals = b.inbox.taken;
    expect(arrivals).toHaveLength(2);
    expect(new Set(arrivals.map(({ origin }) => origin.token)).size).toBe(1);
    const outer = arrivals.map(
      ({ raw }) => /^Message-ID: (.+)\r$/m.exec(Buffer.from(raw ?? []).toString('latin1'))?.[1],
    );
    expect(outer[0]).toBe(`<${first.family}@a.example>`);
    expect(outer[1]).toBe(outer[0]);
    expect(b.inbox.messages).toHaveLength(1);

    // Notices too: one given twice is one.
    const [arrival] = arrivals;
    if (!arrival) throw new Error('nothing arrived');
    for (let i = 0; i < 2; i++) await b.channel.acknowledge?.(arrival.origin, 'processed', null, signal);
    expect(a.inbox.news.map(({ receipt }) => receipt.attempt)).toEqual([first.family, first.family]);
    const names = a.inbox.news.map(
      ({ evidence }) => /^Message-ID: .+$/m.exec(Buffer.from(evidence.bytes).toString('latin1'))?.[0],
    );
    expect(names[0]).toMatch(/@b\.example>/);
    expect(names[1]).toBe(names[0]);
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
  expect(await good.channel.check(signal)).toMatchObject({ ok: true });
});
