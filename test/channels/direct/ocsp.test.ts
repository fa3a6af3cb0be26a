import { spawn, type ChildProcess } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort } from '../../../demo/free-port.ts';
import { createAuthority, issue } from '../../../channels/direct/authority.ts';
import type { Certificate } from '../../../channels/direct/trust/certificate.ts';
import { readCrl } from '../../../channels/direct/trust/crl.ts';
import { questionAt, readAnswer } from '../../../channels/direct/trust/ocsp.ts';
import { Malformed } from '../../../channels/direct/cms/der.ts';
import { judge } from '../../../channels/direct/trust/judge-path.ts';
import { openSources } from '../../../channels/direct/trust/sources.ts';
import { openNetwork } from '../../../src/net/network.ts';
import { openssl } from './strangers.ts';
import { certificate, day, listBy, scratch } from './support.ts';

/** Against openssl's responder, which answers by the real clock. */
const ca = createAuthority({ name: 'OCSP CA', now: Date.now() });
const root = certificate(ca.certificate);
const other = createAuthority({ name: 'Other CA', now: Date.now() });

let folder: Awaited<ReturnType<typeof scratch>>;
let responder: ChildProcess | null = null;
let port = 0;
beforeAll(async () => {
  folder = await scratch();
});
afterAll(() => folder.remove());
afterEach(stop);

async function stop(): Promise<void> {
  const child = responder;
  responder = null;
  if (!child || child.exitCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  await gone;
}

const leafAt = (at: number, more: { listsAt?: string } = {}): Certificate =>
  certificate(
    issue(ca, { address: 'leaf@a.example', key: 'P-256', responderAt: `http://127.0.0.1:${at}`, ...more }).certificate,
  );

const stamp = (at: number): string =>
  new Date(at)
    .toISOString()
    .replace(/[-:T]|\.\d+/g, '')
    .slice(2);

interface Responder {
  readonly signer?: { readonly certificate: string; readonly key: string };
  readonly minutes?: number;
}

/** Start a responder that knows these certificates. */
async function answering(known: readonly (readonly [Certificate, 'V' | 'R'])[], how: Responder = {}): Promise<void> {
  const lines = known.map(([{ serial, notAfter }, state]) =>
    [
      state,
      stamp(notAfter),
      state === 'R' ? stamp(Date.now() - day) : '',
      serial.subarray(2).toString('hex').toUpperCase(),
      'unknown',
      '/CN=x',
    ].join('\t'),
  );
  const { signer = ca, minutes = 60 } = how;
  const words = ['-index', await folder.file('index.txt', `${lines.join('\n')}\n`)];
  words.push(
    '-CA',
    await folder.file('ca.pem', ca.certificate),
    '-rsigner',
    await folder.file('signer.pem', signer.certificate),
  );
  words.push('-rkey', await folder.file('signer.key', signer.key), '-port', String(port), '-nmin', String(minutes));
  const child = spawn('openssl', ['ocsp', ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  responder = child;
  // A connection that asks nothing would keep it from all others.
  await new Promise<void>((resolve, reject) => {
    let said = '';
    const hear = (piece: Buffer): void => {
      said += piece.toString();
      if (said.includes('waiting for')) resolve();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', () => {
      reject(new Error(said));
    });
  });
}

const network = openNetwork({ allow: ['127.0.0.0/8'], resolvers: [] }, { now: Date.now });

const judged = (leaf: Certificate, crls: Parameters<typeof judge>[3]['crls'] = [], now = Date.now) =>
  judge(leaf, 'digitalSignature', [], {
    anchors: [root],
    crls,
    at: now(),
    sources: openSources(network, now),
    revocation: { unknown: 'refuse', graceMs: 0 },
  });

/** A key of its own for the responder, certified by that authority with openssl. */
async function delegate(by: { certificate: string; key: string }, usage: string) {
  const key = await folder.file('ocsp.key', '');
  await openssl(['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', key]);
  const request = await folder.file('ocsp.csr', '');
  await openssl(['req', '-new', '-key', key, '-subj', '/CN=responder', '-out', request]);
  const made = await openssl([
    ...['x509', '-req', '-in', request, '-days', '9', '-CA', await folder.file('by.pem', by.certificate)],
    ...[
      '-CAkey',
      await folder.file('by.key', by.key),
      '-extfile',
      await folder.file('ext', `extendedKeyUsage=${usage}\n`),
    ],
  ]);
  return { certificate: made.toString(), key: (await openssl(['pkey', '-in', key])).toString() };
}

describe('a certificate that names a responder', () => {
  beforeAll(async () => {
    port = await freePort();
  });

  test('is good, revoked or unknown as the responder says', async () => {
    const [good, revoked, unknown] = [leafAt(port), leafAt(port), leafAt(port)];
    await answering([
      [good, 'V'],
      [revoked, 'R'],
    ]);
    expect((await judged(good)).problems).toEqual([]);
    const no = await judged(revoked);
    expect([no.problems, no.passing]).toEqual([['CN=leaf@a.example is revoked'], false]);
    const doubt = await judged(unknown);
    expect(doubt.problems[0]).toMatch(/whether .* is revoked is not known: .*does not know it/);
    expect(doubt.passing).toBe(true);
  });

  test('waits when the responder cannot be had', async () => {
    const judgement = await judged(leafAt(await freePort()));
    expect(judgement.problems).toEqual([expect.stringMatching(/is revoked is not known: .*connection failed/)]);
    expect(judgement.passing).toBe(true);
  });

  test('is not asked about where a list has spoken, and is where the list cannot be had', async () => {
    const gone = `http://127.0.0.1:${await freePort()}/gone.crl`;
    const leaf = leafAt(port, { listsAt: gone });
    await answering([[leaf, 'V']]);
    expect((await judged(leaf)).problems).toEqual([]);
    await stop();
    const list = readCrl(listBy(ca, root, [], Date.now() + day));
    // The point of the list is not named in it: it is about all of its issuer's.
    expect((await judged(leafAt(port), [list])).problems).toEqual([]);
  });

  test.each([
    ['OCSPSigning', true],
    ['emailProtection', false],
  ])('believes one who is certified for %s: %s', async (usage, believed) => {
    const leaf = leafAt(port);
    await answering([[leaf, 'V']], { signer: await delegate(ca, usage) });
    const { problems } = await judged(leaf);
    expect(problems).toEqual(believed ? [] : [expect.stringMatching(/is not signed by the issuer, or for it/)]);
  });

  test('believes no stranger, whatever he is certified for by others', async () => {
    const leaf = leafAt(port);
    await answering([[leaf, 'V']], { signer: await delegate(other, 'OCSPSigning') });
    expect((await judged(leaf)).problems[0]).toMatch(/is not signed by the issuer, or for it/);
  });

  test('makes nothing of what is no answer, or one put wrong', async () => {
    const leaf = leafAt(port);
    await answering([[leaf, 'V']]);
    const fetched = await network.get(questionAt(`http://127.0.0.1:${port}`, leaf, root), {
      maxBytes: 9_999,
      timeoutMs: 9_999,
    });
    if (!fetched.ok) throw new Error(fetched.why);
    const { bytes } = fetched;
    expect(readAnswer(bytes, leaf, root, Date.now()).status).toBe('good');
    for (let at = 0; at < bytes.length; at++)
      for (const put of [
        bytes.subarray(0, at),
        Buffer.concat([bytes.subarray(0, at), Buffer.from([(bytes[at] ?? 0) ^ 0x81]), bytes.subarray(at + 1)]),
      ]) {
        let said: string;
        try {
          said = readAnswer(put, leaf, root, Date.now()).status;
        } catch (cause) {
          if (!(cause instanceof Malformed)) throw cause;
          said = 'malformed';
        }
        // What is signed is what counts; some bytes beside it say nothing.
        expect(['good', 'malformed']).toContain(said);
      }
  });

  test('believes no old answer', async () => {
    const leaf = leafAt(port);
    await answering([[leaf, 'V']], { minutes: 1 });
    const judgement = await judged(leaf, [], () => Date.now() + 5 * 60_000);
    expect(judgement.problems[0]).toMatch(/the answer is not of now/);
  });
});
