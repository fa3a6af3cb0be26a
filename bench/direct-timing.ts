/** Can anybody tell by the clock why a message did not open? node bench/direct-timing.ts [rounds]
 *  Each way to fail is timed in random order against the same message with a wrong key inside; the statistic is Welch's t
 *  over the middle nine tenths of each. Above 4.5 two ways are told apart (the usual bound of leakage tests). */
import { constants, createCipheriv, publicEncrypt, randomBytes, randomInt } from 'node:crypto';
import { createAuthority, issue, type Wish } from '../channels/direct/authority.ts';
import { oids } from '../channels/direct/cms/algorithms.ts';
import { integer, nothing, octetString, oid, sequence, setOf, tags, tlv } from '../channels/direct/cms/der.ts';
import { contentInfo, type Identity } from '../channels/direct/cms/envelope.ts';
import { agreeKey } from '../channels/direct/cms/key-agreement.ts';
import { readIdentities } from '../channels/direct/files.ts';
import { block } from '../channels/direct/mime/compose.ts';
import { base64Lines } from '../channels/direct/mime/encode.ts';
import { unseal } from '../channels/direct/open.ts';

const rounds = Number(process.argv[2] ?? 1_500);
const ca = createAuthority({ name: 'Bench CA', now: Date.now() });
const identityOf = (address: string, wish: Partial<Wish> = {}): Identity => {
  const [identity] = readIdentities(Buffer.from(issue(ca, { address, ...wish }).identity));
  if (!identity) throw new Error('no identity');
  return identity;
};
const bob = identityOf('bob@b.example');
const other = identityOf('carol@b.example');
const onCurve = identityOf('dan@b.example', { key: 'P-256' });
const { publicKey } = bob.certificate;
const size = 16_384;

const nameOf = ({ certificate }: Identity): Buffer => sequence(certificate.issuer, certificate.serial);

function mail(type: string, content: Buffer): Buffer {
  return Buffer.concat([
    block(['Content-Type: application/pkcs7-mime', 'Content-Transfer-Encoding: base64']),
    ...base64Lines([contentInfo(type, content)]),
  ]);
}

/** A message for those recipients with that ciphertext, in AES-CBC. */
function enveloped(recipients: readonly Buffer[], encrypted: Buffer): Buffer {
  const cipher = sequence(oid(oids.aes256Cbc), octetString(randomBytes(16)));
  const content = sequence(oid(oids.data), cipher, tlv(0x80, encrypted));
  return mail(oids.envelopedData, sequence(integer(0), tlv(tags.set, ...recipients), content));
}

/** A message for `to` whose key block and ciphertext are as given. */
function message(to: Identity, transport: Buffer, wrapped: Buffer, encrypted: Buffer, times = 1): Buffer {
  const recipient = sequence(integer(0), nameOf(to), transport, octetString(wrapped));
  return enveloped(
    Array.from({ length: times }, () => recipient),
    encrypted,
  );
}

/** The same with the key agreed on by ECDH; `spoil` changes the wrapped key. */
function agreed(key: Buffer, encrypted: Buffer, spoil = (wrapped: Buffer): Buffer => wrapped): Buffer {
  const { originator, algorithm, block: wrapped } = agreeKey(key, onCurve.certificate.publicKey);
  const keys = sequence(sequence(nameOf(onCurve), octetString(spoil(wrapped))));
  return enveloped([tlv(0xa1, integer(3), tlv(0xa0, originator), algorithm, keys)], encrypted);
}

interface Locked {
  readonly nonce: Buffer;
  readonly encrypted: Buffer;
  readonly tag: Buffer;
}

/** What was encrypted by AES-GCM, the key block as given. */
function authenticated(wrapped: Buffer, { nonce, encrypted, tag }: Locked): Buffer {
  const recipient = sequence(integer(0), nameOf(bob), oaep, octetString(wrapped));
  const cipher = sequence(oid(oids.aes256Gcm), sequence(octetString(nonce), integer(16)));
  const content = sequence(oid(oids.data), cipher, tlv(0x80, encrypted));
  return mail(oids.authEnvelopedData, sequence(integer(0), setOf(tags.set, recipient), content, octetString(tag)));
}

const v15 = sequence(oid(oids.rsa), nothing);
const oaep = sequence(oid(oids.rsaOaep), sequence());
const byV15 = (key: Buffer): Buffer => publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, key);
const byOaep = (key: Buffer): Buffer => publicEncrypt({ key: publicKey, oaepHash: 'sha1' }, key);
const garbage = (): Buffer => randomBytes(size);

/** Random bytes that end in right padding under that key. */
function padded(key: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-cbc', key, randomBytes(16));
  return Buffer.concat([cipher.update(randomBytes(size - 1)), cipher.final()]);
}

function lockedGarbage(key = randomBytes(32)): Locked {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
  const encrypted = Buffer.concat([cipher.update(garbage()), cipher.final()]);
  return { nonce, encrypted, tag: cipher.getAuthTag() };
}

const ways: Readonly<Record<string, () => Buffer>> = {
  'v1.5: a key of the right length that fits nothing': () => message(bob, v15, byV15(randomBytes(32)), garbage()),
  'v1.5: a key of another length': () => message(bob, v15, byV15(randomBytes(16)), garbage()),
  'v1.5: a block that is no block': () => message(bob, v15, blockBelow(), garbage()),
  'v1.5: the right key, padding right, garbage inside': () => {
    const key = randomBytes(32);
    return message(bob, v15, byV15(key), padded(key));
  },
  'for somebody else': () => message(other, v15, byV15(randomBytes(32)), garbage()),
  'OAEP: a key that fits nothing': () => message(bob, oaep, byOaep(randomBytes(32)), garbage()),
  'OAEP: a key of another length': () => message(bob, oaep, byOaep(randomBytes(16)), garbage()),
  'OAEP: a block that is no block': () => message(bob, oaep, blockBelow(), garbage()),
  'four times us: a key that fits nothing': () => message(bob, v15, byV15(randomBytes(32)), garbage(), 4),
  'four times us: the right key, padding right': () => {
    const key = randomBytes(32);
    return message(bob, v15, byV15(key), padded(key), 4);
  },
  'GCM: a key that fits nothing': () => authenticated(byOaep(randomBytes(32)), lockedGarbage()),
  'GCM: a key of another length': () => authenticated(byOaep(randomBytes(16)), lockedGarbage()),
  'GCM: a block that is no block': () => authenticated(blockBelow(), lockedGarbage()),
  'GCM: the right key, a wrong tag': () => {
    const key = randomBytes(32);
    return authenticated(byOaep(key), { ...lockedGarbage(key), tag: randomBytes(16) });
  },
  'GCM: the right key and tag, garbage inside': () => {
    const key = randomBytes(32);
    return authenticated(byOaep(key), lockedGarbage(key));
  },
  'ECDH: a key that fits nothing': () => agreed(randomBytes(32), garbage()),
  'ECDH: a key of another length': () => agreed(randomBytes(16), garbage()),
  'ECDH: a wrapped key that is none': () => agreed(randomBytes(32), garbage(), ({ length }) => randomBytes(length)),
  'ECDH: the right key, padding right, garbage inside': () => {
    const key = randomBytes(32);
    return agreed(key, padded(key));
  },
};

/** Bytes that are smaller than any modulus, so that the private operation really runs. */
function blockBelow(): Buffer {
  const bytes = randomBytes(256);
  bytes[0] = 0x40;
  return bytes;
}

const names = Object.keys(ways);
const times = new Map<string, number[]>(names.map((name) => [name, []]));
for (let round = -200; round < rounds * names.length; round++) {
  const name = names[round < 0 ? Math.abs(round) % names.length : randomInt(names.length)] ?? '';
  const raw = ways[name]?.() ?? Buffer.alloc(0);
  const start = process.hrtime.bigint();
  const result = unseal(raw, [bob, onCurve], []);
  const spent = Number(process.hrtime.bigint() - start);
  if (!('rule' in result) || result.rule !== 'undecryptable') throw new Error(`${name}: another outcome`);
  if (round >= 0) times.get(name)?.push(spent);
}

interface Spread {
  readonly n: number;
  readonly mean: number;
  readonly variance: number;
}

function spread(all: readonly number[]): Spread {
  const sorted = all.toSorted((a, b) => a - b).slice(0, Math.floor(all.length * 0.9));
  const mean = sorted.reduce((sum, each) => sum + each, 0) / sorted.length;
  const variance = sorted.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (sorted.length - 1);
  return { n: sorted.length, mean, variance };
}

for (const kind of ['v1.5', 'OAEP', 'four', 'GCM', 'ECDH']) {
  const alike = names.filter((each) => each.startsWith(kind) || (kind === 'v1.5' && each.startsWith('for ')));
  const [first] = alike;
  const base = spread(times.get(first ?? '') ?? []);
  for (const name of alike) {
    const here = spread(times.get(name) ?? []);
    const t = (here.mean - base.mean) / Math.sqrt(here.variance / here.n + base.variance / base.n);
    const told = name === first ? 'the measure' : `t ${t.toFixed(1).padStart(6)}`;
    process.stdout.write(`${name.padEnd(54)} ${(here.mean / 1_000).toFixed(1).padStart(7)} µs  n ${here.n}  ${told}\n`);
  }
}
