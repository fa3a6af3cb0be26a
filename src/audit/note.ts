import { createHash, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';

/** Signed notes and checkpoints as C2SP defines them (c2sp.org/signed-note, c2sp.org/tlog-checkpoint). */

export interface Head {
  /** `loopgate`, or `loopgate/<practice>`. */
  readonly origin: string;
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
  /** Epoch ms. */
  readonly at: number;
}

const ed25519 = 1;
/** DER of an Ed25519 key before its 32 bytes (RFC 8410). */
const spki = Buffer.from('302a300506032b6570032100', 'hex');

export const originOf = (practice: string): string =>
  practice === '' ? 'loopgate' : `loopgate/${encodeURIComponent(practice)}`;

export function signHead({ origin, size, root, at }: Head, key: KeyObject): string {
  const body = `${origin}\n${size}\n${base64(root)}\ntime ${new Date(at).toISOString()}\n`;
  const signature = Buffer.concat([keyId(origin, key), sign(null, Buffer.from(body), key)]);
  return `${body}\n— ${origin} ${base64(signature)}\n`;
}

/** What a note says, when the holder of this key said it; else null. */
export function openHead(note: string, key: KeyObject): Head | null {
  const match =
    /^(?<body>(?<origin>[^\n+\s]+)\n(?<size>\d+)\n(?<root>[A-Za-z0-9+/]{43}=)\ntime (?<time>[^\n]+)\n)\n(?<signatures>(?:— [^\n]+\n)+)$/u.exec(
      note,
    );
  if (!match?.groups) return null;
  const { body = '', origin = '', size, root = '', time = '', signatures = '' } = match.groups;
  const id = keyId(origin, key);
  const signed = signatures.split('\n').some((line) => {
    const [, name, text = ''] = line.split(' ');
    const bytes = Buffer.from(text, 'base64');
    if (name !== origin || !bytes.subarray(0, 4).equals(id)) return false;
    return verify(null, Buffer.from(body), key, bytes.subarray(4));
  });
  return signed ? { origin, size: Number(size), root: Buffer.from(root, 'base64'), at: Date.parse(time) } : null;
}

/** `<name>+<key id>+<key>`: what one gives to whoever verifies. */
export const verifierKey = (origin: string, key: KeyObject): string =>
  `${origin}+${keyId(origin, key).toString('hex')}+${base64(Buffer.concat([Buffer.of(ed25519), rawKey(key)]))}`;

/** Null when it is not such a key. */
export function keyOf(verifier: string): { readonly origin: string; readonly key: KeyObject } | null {
  const [, origin = '', id, text = ''] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(verifier) ?? [];
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== 33 || bytes[0] !== ed25519) return null;
  const key = createPublicKey({ key: Buffer.concat([spki, bytes.subarray(1)]), format: 'der', type: 'spki' });
  return keyId(origin, key).toString('hex') === id ? { origin, key } : null;
}

const keyId = (origin: string, key: KeyObject): Buffer =>
  createHash('sha256').update(`${origin}\n`).update(Buffer.of(ed25519)).update(rawKey(key)).digest().subarray(0, 4);

const rawKey = (key: KeyObject): Buffer =>
  (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'der', type: 'spki' }).subarray(spki.length);

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
