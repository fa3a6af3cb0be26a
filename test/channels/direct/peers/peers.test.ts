import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createAuthority, type Curve } from '../../../../channels/direct/authority.ts';
import { ciphers } from '../../../../channels/direct/cms/algorithms.ts';
import { readValue } from '../../../../channels/direct/cms/der.ts';
import { openEnvelope } from '../../../../channels/direct/cms/opening.ts';
import { block } from '../../../../channels/direct/mime/compose.ts';
import { base64Lines } from '../../../../channels/direct/mime/encode.ts';
import { decodedBody, partsOf, readEntity } from '../../../../channels/direct/mime/entity.ts';
import { seal } from '../../../../channels/direct/seal.ts';
import { certificate, crlf, judge, letter, person, scratch, whole, type Person } from '../support.ts';
import { castlePeer, gpgsmPeer, nssPeer, opensslPeer, type Peer, type Transport } from './peers.ts';

/** Strangers that have nothing of ours in them, each against us both ways, every form with every other. What was found is
 *  the table in docs/direct-algorithms.md; WRITE_DOCS=1 writes it anew. */

const at = Date.now();
const ca = createAuthority({ name: 'Peers CA', now: at });
const keys: readonly (readonly [name: string, key: number | Curve])[] = [
  ['RSA-2048', 2048],
  ['P-256', 'P-256'],
  ['P-384', 'P-384'],
];
const people = (name: string): ReadonlyMap<string, Person> =>
  new Map(keys.map(([key, kind]) => [key, person(ca, `${name}-${key.toLowerCase()}@x.example`, { key: kind })]));
const signers = people('signer');
const recipients = people('recipient');
const one = (all: ReadonlyMap<string, Person>, key: string): Person => {
  const found = all.get(key);
  if (!found) throw new Error(key);
  return found;
};

const rsa = one(recipients, 'RSA-2048');
const p256 = one(recipients, 'P-256');
const p384 = one(recipients, 'P-384');
const transports: readonly Transport[] = [
  { name: 'RSA PKCS#1 v1.5', kind: 'v15', digest: 'sha1', to: rsa },
  { name: 'RSA-OAEP SHA-1', kind: 'oaep', digest: 'sha1', to: rsa },
  { name: 'RSA-OAEP SHA-256', kind: 'oaep', digest: 'sha256', to: rsa },
  { name: 'RSA-OAEP SHA-384', kind: 'oaep', digest: 'sha384', to: rsa },
  { name: 'RSA-OAEP SHA-512', kind: 'oaep', digest: 'sha512', to: rsa },
  { name: 'ECDH P-256, KDF SHA-1', kind: 'ecdh', digest: 'sha1', to: p256 },
  { name: 'ECDH P-256, KDF SHA-256', kind: 'ecdh', digest: 'sha256', to: p256 },
  { name: 'ECDH P-384, KDF SHA-384', kind: 'ecdh', digest: 'sha384', to: p384 },
];
const written = ['RSA PKCS#1 v1.5', 'RSA-OAEP SHA-256', 'ECDH P-256, KDF SHA-256', 'ECDH P-384, KDF SHA-384'];
const cipherNames = [...ciphers.values()].filter(({ weak }) => !weak).map(({ name }) => name);
const digestNames = ['sha256', 'sha384', 'sha512'] as const;
const signatures = keys.flatMap(([key]) => digestNames.map((digest) => ({ key, digest })));

let folder: Awaited<ReturnType<typeof scratch>>;
let peers: Peer[] = [];
beforeAll(async () => {
  folder = await scratch();
  const all = [...signers.values(), ...recipients.values()];
  const sha1 = certificate(ca.certificate).x509.fingerprint.replaceAll(':', '');
  peers = await Promise.all([
    opensslPeer(folder, ca.certificate),
    Promise.resolve(castlePeer()),
    gpgsmPeer(folder, { pem: ca.certificate, sha1 }, all),
    nssPeer(folder, ca.certificate, all),
  ]);
});
afterAll(async () => {
  await Promise.all(peers.map((peer) => peer.close()));
  await folder.remove();
});

/** Row → peer → what was tried and what worked. */
type Findings = Map<string, Map<string, { tried: number; good: number }>>;
const count = (findings: Findings, row: string, peer: string, good: boolean): void => {
  const cells = findings.get(row) ?? new Map<string, { tried: number; good: number }>();
  const cell = cells.get(peer) ?? { tried: 0, good: 0 };
  cell.tried++;
  if (good) cell.good++;
  findings.set(row, cells.set(peer, cell));
};

const tried = async <T>(work: () => Promise<T>): Promise<T | null> => {
  try {
    return await work();
  } catch {
    return null;
  }
};

/** What they send: each signature that the peer can make in each envelope that it can make. */
async function read(peer: Peer, envelopes: Findings, signed: Findings): Promise<void> {
  for (const { key, digest } of signatures) {
    const by = one(signers, key);
    for (const transport of transports) {
      const inner = wrapped(by, transport.to);
      const p7s = await tried(() => peer.sign(inner, by, digest));
      if (!p7s) break;
      for (const cipher of cipherNames) {
        const mime = signedEntity(inner, p7s, digest);
        const p7m = await tried(() => peer.encrypt(mime, transport, cipher));
        // Some peers take another cipher than they were asked for: then they do not write this one.
        if (!p7m || openEnvelope(readValue(p7m), [transport.to.own])?.cipher.name !== cipher) continue;
        const { accepted } = await judge(outer(by, transport.to, p7m), transport.to, [ca], { at });
        count(envelopes, `${transport.name} | ${cipher}`, peer.name, accepted);
        count(signed, `${key} | ${digest}`, peer.name, accepted);
      }
    }
  }
}

/** What we send: whether the peer opens it, finds what was signed, and verifies it. */
async function write(peer: Peer, envelopes: Findings, signed: Findings): Promise<void> {
  for (const transport of transports.filter(({ name }) => written.includes(name))) {
    for (const cipher of ['aes-256-cbc', 'aes-256-gcm'] as const) {
      // P-384 is never asked to sign with SHA-256: SHA-384 takes its place.
      for (const { key, digest } of signatures.filter((each) => `${each.key} ${each.digest}` !== 'P-384 sha256')) {
        const by = one(signers, key);
        const raw = whole(
          await seal({
            message: [letter(by.address, transport.to.address)],
            from: by.address,
            to: [transport.to.address],
            identity: by.own,
            recipients: [
              { certificate: transport.to.cert, transport: transport.kind === 'v15' ? 'v15' : 'oaep', cipher, digest },
            ],
            at,
          }),
        );
        const opened = await tried(() => peer.open(decodedBody(readEntity(raw)), transport.to));
        count(envelopes, `${transport.name} | ${cipher}`, peer.name, opened !== null);
        if (!opened) break;
        const [content, p7s] = partsOf(readEntity(opened));
        if (!content || !p7s) throw new Error('what came out is not what we sealed');
        const verified = await tried(() => peer.verify(decodedBody(readEntity(p7s)), content, by));
        count(signed, `${key} | ${digest}`, peer.name, verified !== null);
      }
    }
  }
}

const wrapped = (by: Person, to: Person): Buffer =>
  Buffer.concat([block(['Content-Type: message/rfc822']), letter(by.address, to.address)]);

const signedEntity = (inner: Buffer, p7s: Buffer, digest: string): Buffer =>
  Buffer.concat([
    block([`Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=${digest}; boundary="s1"`]),
    crlf(['--s1', '']),
    inner,
    block(['\r\n--s1', 'Content-Type: application/pkcs7-signature', 'Content-Transfer-Encoding: base64']),
    whole(base64Lines([p7s])),
    crlf(['--s1--', '']),
  ]);

const outer = (by: Person, to: Person, p7m: Buffer): Buffer =>
  whole([
    block([
      `From: ${by.address}`,
      `To: ${to.address}`,
      'Content-Type: application/pkcs7-mime; name="smime.p7m"',
      'Content-Transfer-Encoding: base64',
    ]),
    ...base64Lines([p7m]),
  ]);

function tableOf(findings: Findings, head: string): string {
  const names = peers.map(({ name }) => name);
  const lines = [...findings]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([row, cells]) => {
      const words = names.map((name) => {
        const cell = cells.get(name);
        if (!cell || cell.good === 0) return '–';
        return cell.good === cell.tried ? String(cell.good) : `${cell.good} of ${cell.tried}`;
      });
      return `| ${row} | ${words.join(' | ')} |`;
    });
  return [`| ${head} | ${names.join(' | ')} |`, `| ${'--- | '.repeat(names.length + 2)}`.trim(), ...lines].join('\n');
}

test('every form that both sides know works both ways, and the table in docs says so', async () => {
  const [readEnvelopes, readSignatures, writtenEnvelopes, writtenSignatures] = [0, 1, 2, 3].map(
    (): Findings => new Map(),
  ) as [Findings, Findings, Findings, Findings];
  await Promise.all(
    peers.map(async (peer) => {
      await read(peer, readEnvelopes, readSignatures);
      await write(peer, writtenEnvelopes, writtenSignatures);
    }),
  );
  // Whatever a peer can make, we must read.
  for (const [row, cells] of [...readEnvelopes, ...readSignatures]) {
    for (const [peer, { tried: made, good }] of cells) expect({ row, peer, good }).toEqual({ row, peer, good: made });
  }
  const found = [
    '### What they send and we read: envelopes',
    tableOf(readEnvelopes, 'key | cipher'),
    '### What they send and we read: signatures',
    tableOf(readSignatures, 'key | digest'),
    '### What we send and they read: envelopes',
    tableOf(writtenEnvelopes, 'key | cipher'),
    '### What we send and they read: signatures',
    tableOf(writtenSignatures, 'key | digest'),
  ].join('\n\n');
  await compareWithDocs(found);
});

async function compareWithDocs(found: string): Promise<void> {
  const file = new URL('../../../../docs/direct-algorithms.md', import.meta.url);
  const docs = await readFile(file, 'utf8');
  const [before = '', inside = '', after = ''] = docs.split(/<!-- (?:begin|end) found -->/);
  if (process.env['WRITE_DOCS']) {
    await writeFile(file, `${before}<!-- begin found -->\n\n${found}\n\n<!-- end found -->${after}`);
    return;
  }
  const plain = (text: string): string => text.replace(/ +/g, ' ').replace(/-{3,}/g, '---').trim();
  expect(plain(inside)).toBe(plain(found));
}
