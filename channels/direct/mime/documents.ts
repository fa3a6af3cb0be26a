import { randomBytes } from 'node:crypto';
import { Malformed } from '../cms/der.ts';
import {
  decodedBody,
  firstOf,
  isUuencode,
  mediaTypeOf,
  nestsDeeper,
  partsOf,
  readEntity,
  type Entity,
} from './entity.ts';

export interface FoundDocument {
  /** As the sender called it, without path and control characters; for people to read, never a file name of ours. */
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** Nobody honest goes deeper: multiparts, and enclosed messages (bad inputs 10, 12). */
const maxLevels = 120;
const maxMessages = 20;

/** The documents of a message: its attachments, byte for byte, and its text when there is any.
 *  @throws Malformed when it nests too deep, has too many parts or cannot be read */
export async function readDocuments(message: Buffer): Promise<FoundDocument[]> {
  const entity = readEntity(message);
  if (nestsDeeper(entity, maxLevels, maxMessages)) throw new Malformed('the message nests too deep');
  const { skeleton, bodies } = skeletonOf(entity);
  const context = firstOf(entity, 'x-direct-context');
  const found = await takeApart(skeleton, bodies, context);
  // Where the library divides the message otherwise than we do, what it says of the whole message holds.
  return found.filter(({ lent }) => lent).length === bodies.size ? found : takeApart(message, new Map(), context);
}

/** The message with a word in place of each large attachment: mailparser, which reads names, types and texts in all the
 *  forms there are, would spend ten times what the rest of the reception costs on decoding them. */
function skeletonOf(entity: Entity): { skeleton: Buffer; bodies: ReadonlyMap<string, Entity> } {
  const { raw } = entity;
  const bodies = new Map<string, Entity>();
  const pieces: Buffer[] = [];
  let from = 0;
  for (const leaf of largeLeaves(entity)) {
    const word = randomBytes(18).toString('base64');
    const start = leaf.body.byteOffset - raw.byteOffset;
    pieces.push(raw.subarray(from, start), Buffer.from(`${word}\r\n`, 'latin1'));
    from = start + leaf.body.length;
    bodies.set(word, leaf);
  }
  return { skeleton: bodies.size === 0 ? raw : Buffer.concat([...pieces, raw.subarray(from)]), bodies };
}

/** Below this, the library is quick enough. */
const large = 4_096;

/** Attachments in plain base64, in order, as parts of the same bytes. */
function largeLeaves(entity: Entity): Entity[] {
  const { type } = mediaTypeOf(entity);
  if (type.startsWith('multipart/')) return partsOf(entity).flatMap((part) => largeLeaves(readEntity(part)));
  const encoding = (firstOf(entity, 'content-transfer-encoding') ?? '').trim().toLowerCase();
  // Which mailparser does not know.
  if (isUuencode(encoding) && firstOf(entity, 'content-disposition') !== null) return [entity];
  const apart = encoding === 'base64' && entity.body.length > large && !/^(text|message)\//.test(type);
  return apart && isPlainBase64(entity.body) ? [entity] : [];
}

/** Padding at the end alone, and no letters of the URL alphabet: where decoders agree. */
function isPlainBase64(body: Buffer): boolean {
  const padding = body.indexOf(0x3d);
  if (padding >= 0 && (body.length - padding > 200 || !/^={1,2}\s*$/.test(body.toString('latin1', padding))))
    return false;
  return !body.includes(0x2d) && !body.includes(0x5f);
}

interface Found extends FoundDocument {
  /** Its bytes are those of a body that we kept from the library. */
  readonly lent: boolean;
}

/** @param context the Content-ID of the part that is the message's Context (Context IG v1.1), as its header says */
async function takeApart(
  message: Buffer,
  bodies: ReadonlyMap<string, Entity>,
  context: string | null,
): Promise<Found[]> {
  const { MailParser } = await import('mailparser');
  const parser = new MailParser({
    skipTextToHtml: true,
    skipImageLinks: true,
    skipTextLinks: true,
    checksumAlgo: 'sha256',
  });
  const found: Found[] = [];
  let text = '';
  parser.on('data', (part) => {
    if (part.type === 'text') {
      text = typeof part.text === 'string' ? part.text : '';
      return;
    }
    const pieces: Buffer[] = [];
    const content = part.content as NodeJS.ReadableStream;
    content.on('data', (piece: Buffer) => pieces.push(piece));
    content.on('end', () => {
      const isContext = context !== null && part.contentId?.trim() === context.trim();
      const name = isContext ? contextName : displayName(part.filename, part.contentType, found.length + 1);
      const bytes = Buffer.concat(pieces);
      const word = bytes.length === 18 ? bytes.toString('base64') : bytes.subarray(0, 30).toString('latin1').trim();
      const body = bytes.length <= 26 ? bodies.get(word) : undefined;
      const mediaType = part.contentType.toLowerCase();
      found.push({ name, mediaType, bytes: body ? decodedBody(body) : bytes, lent: body !== undefined });
      part.release?.();
    });
  });
  await new Promise<void>((resolve, reject) => {
    parser.on('end', resolve);
    parser.on('error', () => {
      reject(new Malformed('the message cannot be taken apart'));
    });
    parser.end(message);
  });
  const letter = { name: 'message.txt', mediaType: 'text/plain', bytes: Buffer.from(text, 'utf8'), lent: false };
  return text.trim() === '' ? found : [...found, letter];
}

/** What a message's Context is called (Context IG v1.1). */
export const contextName = 'metadata.txt';

/** A name fit to be shown: the last part of a path, no control or direction characters, at most 120 letters. */
export function displayName(given: string | undefined, mediaType: string, number: number): string {
  const last = (given ?? '').split(/[/\\]/).pop() ?? '';
  const shown = last.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '').trim();
  if (shown === '' || /^\.+$/.test(shown)) return `document-${number}.${endings[mediaType.toLowerCase()] ?? 'bin'}`;
  return shown.length > 120 ? shown.slice(0, 100) + shown.slice(-20) : shown;
}

/** File endings by media type: of names that we make ourselves. */
export const endings: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'image/tiff': 'tiff',
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'text/plain': 'txt',
  'text/html': 'html',
  'text/xml': 'xml',
  'application/xml': 'xml',
  'application/zip': 'zip',
  'message/rfc822': 'eml',
};
