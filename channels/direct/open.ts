import { readSigned, type SignedContent } from './cms/signature.ts';
import type { Identity } from './cms/envelope.ts';
import { openEnvelope } from './cms/opening.ts';
import { childOf, Malformed, oidOf, readValue, type Value } from './cms/der.ts';
import { oids } from './cms/algorithms.ts';
import type { Certificate } from './trust/certificate.ts';
import { fromBase64 } from './mime/decode.ts';
import { allOf, decodedBody, firstOf, mediaTypeOf, readEntity, splitParts, type Entity } from './mime/entity.ts';

/** Why a message is turned away; the first that applies names the case. */
export type Rule =
  | 'not-encrypted'
  | 'undecryptable'
  | 'not-signed'
  | 'bad-signature'
  | 'weak-algorithm'
  | 'untrusted'
  | 'sender-mismatch'
  | 'routing'
  | 'malformed';

export interface Refusal {
  readonly rule: Rule;
  readonly text: string;
}

/** A message out of its envelope. Nothing of it may be used before its signature has been judged. */
export interface Unsealed {
  readonly signed: SignedContent;
  /** The message inside: what its sender wrote. Its header is the authority (facts M4). */
  readonly message: Entity;
  readonly wrapped: boolean;
  /** Policy against the envelope itself (3DES). */
  readonly weak: readonly Refusal[];
}

/** Decrypt, take the signature apart, unwrap. A refusal ends it; weaknesses are carried on, so that the record can name
 *  all of them. */
export function unseal(
  raw: Buffer,
  identities: readonly Identity[],
  known: readonly Certificate[],
): Unsealed | Refusal {
  try {
    return take(raw, identities, known);
  } catch (cause) {
    if (cause instanceof Malformed) return { rule: 'malformed', text: cause.message };
    throw cause;
  }
}

function take(raw: Buffer, identities: readonly Identity[], known: readonly Certificate[]): Unsealed | Refusal {
  const outer = readEntity(raw);
  const info = isPkcs7(outer) ? contentInfoOf(outer, room) : null;
  if (!info) return { rule: 'not-encrypted', text: 'the message is not encrypted' };
  const type = oidOf(childOf(info, 0));
  if (type === oids.signedData) return { rule: 'not-encrypted', text: 'the message is signed but not encrypted' };
  if (type !== oids.envelopedData && type !== oids.authEnvelopedData) {
    return { rule: 'not-encrypted', text: 'the message is neither enveloped nor signed data' };
  }
  const opened = openEnvelope(info, identities);
  const inner = opened && wholeOf(opened.content);
  if (!opened?.sound || !inner) {
    return { rule: 'undecryptable', text: 'the message cannot be decrypted with our keys' };
  }
  const signed = verify(inner, known);
  if ('rule' in signed) return signed;
  const { name, weak } = opened.cipher;
  return {
    signed,
    ...unwrap(readEntity(signed.content), outer),
    weak: weak ? [{ rule: 'weak-algorithm', text: `encrypted with ${name}` }] : [],
  };
}

/** What came out of an envelope. */
interface Inner {
  readonly entity: Entity;
  /** Those of `multipart/signed`. */
  readonly parts: readonly Buffer[];
}

/** Read what came out of the envelope, be it sense or garbage: null when it is not one whole entity. */
function wholeOf(content: Buffer): Inner | null {
  try {
    const entity = readEntity(content);
    const parts = wholePartsOf(entity);
    return parts && { entity, parts };
  } catch (cause) {
    // Garbage may look like a header of megabytes, or ten thousand parts: another answer to that would be an oracle.
    if (cause instanceof Malformed) return null;
    throw cause;
  }
}

/** The parts of `multipart/signed`, of others none; null when the entity is not whole.
 *  Random bytes that happen to end in right padding must look like every other failure. And nothing may hang on behind
 *  what is signed: were it let pass, whoever appends blocks to the ciphertext would learn from our answer whether their
 *  padding was right, and so the plaintext of any block (Vaudenay). */
function wholePartsOf(entity: Entity): Buffer[] | null {
  if (firstOf(entity, 'content-type') === null) return null;
  if (isPkcs7(entity)) return isCms(entity.body.toString('latin1')) ? [] : null;
  if (mediaTypeOf(entity).type !== 'multipart/signed') return [];
  const { parts, tail } = splitParts(entity);
  return tail !== null && /^\s*$/.test(tail.toString('latin1')) ? parts : null;
}

/** DER, or base64 and nothing behind it. In two steps: one expression for both would try every blank before junk as either,
 *  minutes for a hundred thousand of them. */
function isCms(text: string): boolean {
  const end = text.search(/[^A-Za-z0-9+/\s]/);
  return text.startsWith('0') || end < 0 || /^={1,2}\s*$/.test(text.slice(end));
}

const isPkcs7 = (entity: Entity): boolean => /^application\/(x-)?pkcs7-mime$/.test(mediaTypeOf(entity).type);

/** For the envelope out of its base64: what is inside comes out by decryption, elsewhere. Messages above it are rare, and
 *  take memory of their own. */
const room = Buffer.allocUnsafeSlow(4 << 20);

/** The CMS bytes of an entity, which is base64 unless it plainly is not. */
function contentInfoOf(entity: Entity, within: Buffer | null = null): Value {
  const body = decodedBody(entity, within);
  const binary = body[0] === 0x30 && ((body[1] ?? 0) & 0x80) !== 0;
  return readValue(binary ? body : fromBase64(body));
}

function verify({ entity, parts }: Inner, known: readonly Certificate[]): SignedContent | Refusal {
  if (isPkcs7(entity)) {
    const info = contentInfoOf(entity);
    if (oidOf(childOf(info, 0)) === oids.signedData) return signedOr(() => readSigned(info, null, known));
  }
  if (mediaTypeOf(entity).type !== 'multipart/signed') return { rule: 'not-signed', text: 'the message is not signed' };
  const [content, last, ...more] = parts;
  if (!content || !last || more.length > 0) {
    return { rule: 'bad-signature', text: 'the signed message is not content and signature' };
  }
  const signature = readEntity(last);
  if (!/^application\/(x-)?pkcs7-(signature|mime)$/.test(mediaTypeOf(signature).type)) {
    return { rule: 'not-signed', text: 'the signature is of another type' };
  }
  const micalg = mediaTypeOf(entity).parameters.get('micalg') ?? null;
  return signedOr(() => readSigned(contentInfoOf(signature), { content, micalg }, known));
}

function signedOr(read: () => SignedContent): SignedContent | Refusal {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof Malformed) return { rule: 'bad-signature', text: cause.message };
    throw cause;
  }
}

/** The signed entity's enclosed message; or, from senders that do not wrap, the entity under the outer header. */
function unwrap(content: Entity, outer: Entity): { message: Entity; wrapped: boolean } {
  const enclosed = readWrapped(content);
  if (enclosed) return { message: enclosed, wrapped: true };
  const fields = [...outer.fields.filter(({ name }) => !name.startsWith('content-')), ...content.fields];
  const lines = fields.map(({ name, value }) => `${name}: ${value}\r\n`).join('');
  const raw = Buffer.concat([Buffer.from(`${lines}\r\n`, 'latin1'), content.body]);
  return { message: { fields, body: content.body, raw }, wrapped: false };
}

/** The message inside a `message/rfc822` entity, whatever transfer encoding it illegally has (facts M10); null when the
 *  entity is something else. */
export function readWrapped(entity: Entity): Entity | null {
  return mediaTypeOf(entity).type === 'message/rfc822' ? readEntity(decodedBody(entity)) : null;
}

/** The one field of that name. Two From fields are no authority at all. */
export const onlyField = (message: Entity, name: string): string | null => {
  const all = allOf(message, name);
  return all.length === 1 ? (all[0] ?? null) : null;
};
