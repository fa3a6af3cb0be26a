import { randomUUID } from 'node:crypto';
import { buildHeaderParam, encodeWords } from 'nodemailer/lib/mime-funcs';
import { base64Lines } from './encode.ts';

/** A plain message before it is signed: what its reader sees. */
export interface Letter {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  /** Without angle brackets. */
  readonly messageId: string;
  /** Epoch ms. */
  readonly at: number;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly text: string;
  readonly documents: readonly {
    readonly name: string;
    readonly mediaType: string;
    readonly bytes: Uint8Array;
    /** Without angle brackets. */
    readonly contentId?: string;
  }[];
}

/** The message as pieces of 7-bit, CRLF bytes: multipart/mixed of the text, if any, and every document, byte for byte in base64.
 *  No value can break out of its field: control characters are gone before anything is put together. */
export function composeLetter(letter: Letter): Buffer[] {
  const boundary = newBoundary();
  const parts: Buffer[] =
    letter.text === ''
      ? []
      : part(boundary, ['Content-Type: text/plain; charset=utf-8'], Buffer.from(letter.text, 'utf8'));
  for (const { name, mediaType, bytes, contentId } of letter.documents) {
    const fields = [
      fold(`Content-Type: ${safeType(mediaType)}`, parameters('name', name)),
      fold('Content-Disposition: attachment', parameters('filename', name)),
      ...(contentId === undefined ? [] : [`Content-ID: <${clean(contentId)}>`]),
    ];
    parts.push(...part(boundary, fields, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)));
  }
  const header = [...letterFields(letter), `Content-Type: multipart/mixed; boundary="${boundary}"`];
  return [block(header), ...parts, Buffer.from(`--${boundary}--\r\n`, 'latin1')];
}

/** The fields that every message of ours starts with. */
export function letterFields(letter: Omit<Letter, 'text' | 'documents'>): string[] {
  return [
    'MIME-Version: 1.0',
    `From: ${clean(letter.from)}`,
    `To: ${letter.to.map(clean).join(', ')}`,
    `Message-ID: <${clean(letter.messageId)}>`,
    `Date: ${dateOf(letter.at)}`,
    `Subject: ${encodeWords(clean(letter.subject).slice(0, 400), 'B', 52)}`,
    ...letter.fields.map(([name, value]) => `${name}: ${clean(value)}`),
  ];
}

/** Header lines and the blank line after them. */
export const block = (lines: readonly string[]): Buffer => Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');

/** RFC 5322 date in UTC. */
export const dateOf = (at: number): string => new Date(at).toUTCString().replace('GMT', '+0000');

export const newBoundary = (): string => `=_${randomUUID()}`;

function part(boundary: string, fields: readonly string[], bytes: Buffer): Buffer[] {
  const header = block([`--${boundary}`, ...fields, 'Content-Transfer-Encoding: base64']);
  return [header, ...base64Lines([bytes])];
}

/** Everything that could end a line, or hide in one, becomes a blank. */
export const clean = (text: string): string => text.replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ').trim();

const safeType = (mediaType: string): string =>
  /^[a-z0-9][a-z0-9.+-]*\/[a-z0-9][a-z0-9.+-]*$/i.test(mediaType)
    ? mediaType.toLowerCase()
    : 'application/octet-stream';

function parameters(name: string, value: string): string[] {
  return buildHeaderParam(name, clean(value) || 'document', 50).map(
    ({ key, value: text }) => `${key}=${quoted(key, text)}`,
  );
}

const quoted = (key: string, text: string): string =>
  key.endsWith('*') ? text : `"${text.replace(/^"|"$/g, '').replace(/(["\\])/g, '\\$1')}"`;

const fold = (first: string, rest: readonly string[]): string => [first, ...rest].join(';\r\n ');

/** A new Message-ID in the domain of an address, without angle brackets. */
export const newMessageId = (address: string): string =>
  `${randomUUID()}@${address.slice(address.lastIndexOf('@') + 1)}`;
