import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort } from '../../../demo/free-port.ts';
import { signerFor, type Keyring } from '../../../channels/direct/keyring.ts';
import { unseal } from '../../../channels/direct/open.ts';
import type { Outcome } from '../../../src/core/outcome.ts';
import { authority, day, domainPerson, hisp, now, parcel, person, scratch, type Hisp, type Person } from './support.ts';

const ca = authority();
const ending = person(ca, 'alice@a.example', { notAfter: now + 5 * day });
const renewed = person(ca, 'alice@a.example', { notBefore: now - 1_000 });
const keys = [
  ['old', ending],
  ['new', renewed],
] as const;
const bob = person(ca, 'bob@b.example');
const signal = new AbortController().signal;

let folder: Awaited<ReturnType<typeof scratch>>;
const running: Hisp[] = [];
beforeAll(async () => {
  folder = await scratch();
});
afterEach(() => {
  for (const each of running.splice(0)) each.stop();
});
afterAll(() => folder.remove());

/** Two gateways. Alice's identity lies in `own.pem`; Bob's has her old certificate in its settings. */
async function pair() {
  const [anchor, own, theirs, known, bobs] = await Promise.all([
    folder.file('ca.pem', ca.certificate),
    folder.file('own.pem', ending.identity),
    folder.file('bob.pem', bob.identity),
    folder.file('alice-cert.pem', ending.certificate),
    folder.file('bob-cert.pem', bob.certificate),
  ]);
  const [aPort, bPort] = [await freePort(), await freePort()];
  const common = { anchors: [anchor] };
  const host = '127.0.0.1';
  const settingsOfA = {
    ...common,
    peers: [{ match: 'b.example', host, port: bPort, certificates: [bobs] }],
    listen: { port: aPort },
  };
  const settingsOfB = {
    ...common,
    peers: [{ match: 'a.example', host, port: aPort, certificates: [known] }],
    listen: { port: bPort },
    identities: [theirs],
  };
  const a = await hisp(ending, { ...settingsOfA, identity: own, more: { listen: settingsOfA.listen } });
  const b = await hisp(bob, { ...settingsOfB, identity: theirs, more: { listen: settingsOfB.listen } });
  running.push(a, b);
  return {
    a,
    b,
    own,
    /** As `loopgate reload` does it. */
    reloadA: (...identities: readonly string[]) => reload(a, { ...settingsOfA, identities }),
    reloadB: () => reload(b, settingsOfB),
  };
}

async function reload({ channel }: Hisp, section: object): Promise<void> {
  (await channel.reload?.(section))?.();
}

/** Sends without a pause, one message after the other, until it is told to end. */
function traffic(from: Hisp, to: Person, name: string) {
  const outcomes: Outcome[] = [];
  const over = new AbortController();
  const flow = (async () => {
    while (!over.signal.aborted) {
      outcomes.push(await from.channel.send(parcel(from.practice, to.address, `${name}${outcomes.length}`), signal));
    }
  })();
  return {
    outcomes,
    /** When so many more are through. */
    async more(count: number) {
      const enough = outcomes.length + count;
      while (outcomes.length < enough) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    end() {
      over.abort();
      return flow;
    },
  };
}

/** Whose certificate signed what reached Bob. */
function signer(raw: Uint8Array | null | undefined): string | undefined {
  const unsealed = unseal(Buffer.from(raw ?? []), [bob.own], []);
  if ('rule' in unsealed) throw new Error(unsealed.text);
  const used = unsealed.signed.signers[0]?.certificate?.x509.fingerprint256;
  return keys.find(([, { cert }]) => cert.x509.fingerprint256 === used)?.[0];
}

/** Which of Alice's keys alone opens what reached her. */
const opener = (raw: Uint8Array | null | undefined): string | undefined =>
  keys.find(([, { own }]) => !('rule' in unseal(Buffer.from(raw ?? []), [own], [])))?.[0];

describe('an identity is renewed while mail goes both ways', () => {
  test.each(['a file beside the old one', 'the old file, now with both in it'])('by %s', async (way) => {
    const { a, b, own, reloadA, reloadB } = await pair();
    const [out, back] = [traffic(a, bob, 'a'), traffic(b, ending, 'b')];
    await Promise.all([out.more(3), back.more(3)]);
    const before = b.inbox.messages[0];
    if (!before) throw new Error('nothing arrived');

    if (way.startsWith('a file')) await reloadA(own, await folder.file('new.pem', renewed.identity));
    else {
      await folder.file('own.pem', `${ending.identity}${renewed.identity}`);
      await reloadA(own);
    }
    const after = { b: b.inbox.messages.length, back: a.inbox.messages.length };
    await Promise.all([out.more(4), back.more(4)]);
    // Bob's gateway learns the new certificate while it sends, too.
    await folder.file('alice-cert.pem', renewed.certificate);
    await reloadB();
    await Promise.all([out.more(3), back.more(3)]);
    await Promise.all([out.end(), back.end()]);

    // Nothing failed, and nothing was lost, whichever certificate it was encrypted to.
    expect(new Set([...out.outcomes, ...back.outcomes].map(({ kind }) => kind))).toEqual(new Set(['accepted']));
    expect([b.inbox.messages.length, a.inbox.messages.length]).toEqual([out.outcomes.length, back.outcomes.length]);
    expect([a.inbox.refused, b.inbox.refused]).toEqual([[], []]);
    const openers = a.inbox.messages.map(({ raw }) => opener(raw));
    expect(openers.slice(after.back).filter((each) => each === 'old').length).toBeGreaterThan(2);
    expect(openers.slice(-2)).toEqual(['new', 'new']);

    // Signed by the old one up to the change (the one then under way may be either), and by the new one from there on.
    const signers = b.inbox.messages.map(({ raw }) => signer(raw));
    expect(signers.slice(0, after.b)).toEqual(signers.slice(0, after.b).map(() => 'old'));
    expect(signers.slice(after.b + 1).length).toBeGreaterThan(3);
    expect(new Set(signers.slice(after.b + 1))).toEqual(new Set(['new']));

    // Notices as well: of a message of before the change, encrypted to the old certificate; and the new one signs ours.
    expect(await b.channel.acknowledge?.(before.origin, 'processed', null, signal)).toMatchObject({ kind: 'accepted' });
    expect(a.inbox.news).toMatchObject([{ author: [bob.address], receipt: { kind: 'processed' } }]);
    expect(opener(a.inbox.news[0]?.evidence.bytes)).toBe('old');
    const theirs = a.inbox.messages[0];
    if (!theirs) throw new Error('nothing arrived');
    expect(await a.channel.acknowledge?.(theirs.origin, 'processed', null, signal)).toMatchObject({ kind: 'accepted' });
    expect(b.inbox.news.map(({ evidence }) => signer(evidence.bytes))).toEqual(['new']);

    // It takes the old key beside the new one: without it, what comes for it is kept aside.
    await reloadA(await folder.file('new.pem', renewed.identity));
    await b.channel.send(parcel(b.practice, ending.address, 'to-the-new'), signal);
    expect(a.inbox.refused).toEqual([]);
    await folder.file('alice-cert.pem', ending.certificate);
    await reloadB();
    await b.channel.send(parcel(b.practice, ending.address, 'to-the-old'), signal);
    expect(a.inbox.refused).toHaveLength(1);
  });
});

describe('who signs', () => {
  /** The place of whoever signs among the identities. */
  const by = (at: number, ...people: readonly Person[]): number => {
    const identities = people.map(({ own }) => own);
    const keyring: Keyring = { identities, anchors: [], bundled: [], crls: [], partners: [] };
    return identities.findIndex((own) => own === signerFor(keyring, 'alice@a.example', at));
  };

  test('is the successor, in whichever order they stand', () => {
    expect([by(now, ending, renewed), by(now, renewed, ending)]).toEqual([1, 0]);
  });

  test('is the old one until its successor is valid, and the successor once the old one has ended', () => {
    const later = person(ca, 'alice@a.example', { notBefore: now + day });
    expect([now, now + 2 * day, now + 9 * day].map((at) => by(at, ending, later))).toEqual([0, 1, 1]);
  });

  test('is no successor that does not sign, and no domain’s certificate that merely lasts longer', () => {
    expect(by(now, ending, person(ca, 'alice@a.example', { usage: 'encrypt' }))).toBe(0);
    const whole = domainPerson(ca, 'a.example');
    expect([by(now, ending, whole), by(now, whole, ending)]).toEqual([0, 0]);
  });
});
