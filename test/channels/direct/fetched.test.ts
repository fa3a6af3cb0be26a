import { execFileSync } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { issue, type Authority, type Wish } from '../../../channels/direct/authority.ts';
import { seal } from '../../../channels/direct/seal.ts';
import { smtpTransmitter } from '../../../channels/direct/smtp/transmit.ts';
import { readReplies } from '../../../channels/direct/smtp/replies.ts';
import { judge as judgeCertificate } from '../../../channels/direct/trust/judge-path.ts';
import type { Certificate } from '../../../channels/direct/trust/certificate.ts';
import { openSources } from '../../../channels/direct/trust/sources.ts';
import { openNetwork } from '../../../src/net/network.ts';
import { authority, certificate, day, hisp, letter, listBy, now, person, scratch, type Hisp } from './support.ts';

/** What certificates point to, from a web server on loopback that the network guard is told to let pass. */
const ca = authority('Fetched CA');
const root = certificate(ca.certificate);

let web: Server;
let base = '';
let files: Record<string, Buffer> = {};
let asked: string[] = [];
beforeAll(async () => {
  web = createServer((request, response) => {
    asked.push(request.url ?? '');
    const file = files[request.url ?? ''];
    if (file) response.end(file);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
});
afterAll(() => {
  web.close();
});
beforeEach(() => {
  files = {};
  asked = [];
});

const network = openNetwork({ allow: ['127.0.0.0/8'], resolvers: [] }, { now: () => now });

const judged = (leaf: Certificate, anchors: readonly Certificate[] = [root]) =>
  judgeCertificate(leaf, 'digitalSignature', [], {
    anchors,
    crls: [],
    at: now,
    sources: openSources(network, () => now),
    revocation: { unknown: 'refuse', graceMs: 0 },
  });

/** An authority below another, whose own certificate lies at that path. */
function below(by: Authority, wish: Partial<Wish> = {}, path?: string): Authority {
  const made = issue(by, { ca: true, key: 'P-256', name: path ?? 'below', ...wish });
  if (path !== undefined) files[path] = certificate(made.certificate).raw;
  return { certificate: made.certificate, key: made.key, now };
}

const leafOf = (by: Authority, wish: Partial<Wish> = {}): Certificate =>
  certificate(issue(by, { address: 'leaf@a.example', key: 'P-256', ...wish }).certificate);

describe('issuers that are fetched (AIA)', () => {
  /** So many authorities between root and leaf, of which none comes along. */
  function chainOf(length: number): Certificate {
    let last = ca;
    for (let level = 0; level < length; level++)
      last = below(last, level === 0 ? {} : { issuersAt: `${base}/${level - 1}.cer` }, `/${level}.cer`);
    return leafOf(last, { issuersAt: `${base}/${length - 1}.cer` });
  }

  test('make a path five levels long, and no longer one', async () => {
    const five = await judged(chainOf(5));
    expect([five.problems, five.chain.length]).toEqual([[], 7]);
    asked = [];
    const six = await judged(chainOf(6));
    expect(six.anchored).toBe(false);
    expect(asked).toHaveLength(5);
  });

  test('that name each other are asked for once each', async () => {
    const [one, two] = [authority('One'), authority('Two')];
    const crossed = below(one, { name: 'Crossed', issuersAt: `${base}/b.cer` }, '/a.cer');
    files['/b.cer'] = certificate(below(two, { name: 'One', issuersAt: `${base}/a.cer` }).certificate).raw;
    const judgement = await judged(leafOf(crossed, { issuersAt: `${base}/a.cer` }));
    expect(judgement.anchored).toBe(false);
    expect(asked.toSorted()).toEqual(['/a.cer', '/b.cer']);
  });

  test('may come in a PKCS#7 of certificates (.p7c), made by openssl', async () => {
    const folder = await scratch();
    try {
      const middle = below(ca);
      const pem = await folder.file('chain.pem', middle.certificate + authority('Decoy').certificate);
      files['/chain.p7c'] = execFileSync('openssl', ['crl2pkcs7', '-nocrl', '-outform', 'DER', '-certfile', pem]);
      expect((await judged(leafOf(middle, { issuersAt: `${base}/chain.p7c` }))).problems).toEqual([]);
    } finally {
      await folder.remove();
    }
  });

  test.each<[string, () => string, RegExp]>([
    ['cannot be had', () => `${base}/gone.cer`, /cannot be had from 127\.0\.0\.1:\d+: .*404/],
    ['are no certificates', () => served('/text.cer', Buffer.from('<html>moved</html>')), /cannot be had/],
    ['are larger than any', () => served('/large.cer', Buffer.alloc(300_000, 0x30)), /cannot be had/],
  ])('that %s leave no path for now: it may be tried again', async (_name, at, says) => {
    const judgement = await judged(leafOf(below(ca), { issuersAt: at() }));
    expect(judgement.problems.join('; ')).toMatch(says);
    expect([judgement.anchored, judgement.passing]).toEqual([false, true]);
  });

  test.each(['file:///etc/passwd', 'ldap://127.0.0.1/cn=x', 'ftp://127.0.0.1/a.cer'])(
    'are not asked for at %s',
    async (issuersAt) => {
      const judgement = await judged(leafOf(below(ca), { issuersAt }));
      expect([judgement.anchored, judgement.passing, asked]).toEqual([false, false, []]);
    },
  );

  const served = (path: string, bytes: Buffer): string => {
    files[path] = bytes;
    return base + path;
  };
});

describe('mail of a signer whose revocation list cannot be had', () => {
  const bob = person(authority('Bob CA'), 'bob@b.example');
  let folder: Awaited<ReturnType<typeof scratch>>;
  let gateway: Hisp;
  beforeAll(async () => {
    folder = await scratch();
  });
  afterAll(() => folder.remove());

  async function start(revocation: object): Promise<void> {
    const anchors = [await folder.file('ca.pem', ca.certificate)];
    const identity = await folder.file('bob.pem', bob.identity);
    gateway = await hisp(bob, { anchors, identity, network, more: { revocation } });
  }

  async function send(): Promise<string> {
    const alice = person(ca, 'alice@a.example', { listsAt: `${base}/ca.crl` });
    const sealed = await seal({
      message: [letter(alice.address, bob.address)],
      from: alice.address,
      to: [bob.address],
      identity: alice.own,
      recipients: [{ certificate: bob.cert, transport: 'oaep' }],
      at: now,
    });
    const wait = { connectMs: 10_000, replyMs: 10_000, idleMs: 0 };
    const replies = readReplies(new URL('../../../config/replies/smtp.json', import.meta.url));
    const transmitter = smtpTransmitter('a.example', wait, replies);
    const host = { host: '127.0.0.1', port: gateway.port, tls: 'encrypted', ca: null } as const;
    const transmission = {
      from: alice.address,
      to: bob.address,
      message: sealed,
      handingOver: () => Promise.resolve(),
    };
    const outcome = await transmitter.transmit(host, transmission, new AbortController().signal);
    transmitter.close();
    return 'reason' in outcome ? outcome.reason.detail : outcome.kind;
  }

  test('is answered 451, keeps nothing, and is taken once the list is there', async () => {
    await start({ unknown: 'refuse' });
    try {
      expect(await send()).toMatch(/^451 4\.3\.0/);
      expect([gateway.inbox.messages, gateway.inbox.refused]).toEqual([[], []]);
    } finally {
      gateway.stop();
    }
    files['/ca.crl'] = listBy(ca, root, [], now + day);
    await start({ unknown: 'refuse' });
    try {
      expect(await send()).toBe('accepted');
      expect(gateway.inbox.messages).toHaveLength(1);
    } finally {
      gateway.stop();
    }
  });

  test('is taken where the settings say so, and the record says what was not known', async () => {
    await start({ unknown: 'accept' });
    try {
      expect(await send()).toBe('accepted');
      expect(gateway.inbox.messages[0]?.origin.details['unjudged']).toMatch(
        /whether .* is revoked is not known: .*404/,
      );
    } finally {
      gateway.stop();
    }
  });
});
