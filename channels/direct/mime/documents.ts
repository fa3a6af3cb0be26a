import { MailParser } from 'mailparser';
import { Malformed } from '../cms/der.ts';
import { nestsDeeper, readEntity } from './entity.ts';

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
  if (nestsDeeper(readEntity(message), maxLevels, maxMessages)) throw new Malformed('the message nests too deep');
  const parser = new MailParser({
    skipTextToHtml: true,
    skipImageLinks: true,
    skipTextLinks: true,
    checksumAlgo: 'sha256',
  });
  const found: FoundDocument[] = [];
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
      const name = displayName(part.filename, part.contentType, found.length + 1);
      found.push({ name, mediaType: part.contentType.toLowerCase(), bytes: Buffer.concat(pieces) });
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
  const letter: FoundDocument = { name: 'message.txt', mediaType: 'text/plain', bytes: Buffer.from(text, 'utf8') };
  return text.trim() === '' ? found : [...found, letter];
}

/** A name fit to be shown: the last part of a path, no control or direction characters, at most 120 letters. */
function displayName(given: string | undefined, mediaType: string, number: number): string {
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
