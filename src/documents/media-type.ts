import { harmful } from '../core/harmful.ts';
import { xmlText } from './xml-tree.ts';

/** What a file really is, by its first bytes; names and declared types are hearsay. */

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Media types that become pages. */
export const readableTypes = [
  'application/pdf',
  'image/tiff',
  'image/png',
  'image/jpeg',
  'text/xml',
  'text/plain',
] as const;
export type ReadableType = (typeof readableTypes)[number];

/** The media type of a file that we can make pages of, or null. XML counts only as a C-CDA, reported as `text/xml`. */
export function sniff(bytes: Uint8Array): ReadableType | null {
  const head = latin1(bytes.subarray(0, 8));
  if (head.startsWith('%PDF-')) return 'application/pdf';
  if (head.startsWith('II*\0') || head.startsWith('MM\0*')) return 'image/tiff';
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (isClinical(bytes)) return 'text/xml';
  const text = decoded(bytes);
  if (text === null || text.trim() === '') return null;
  const start = text.slice(0, 4096).trimStart();
  if (isMarkup(start)) return null;
  return start.includes('%PDF-') || start.startsWith('MSH|') ? null : 'text/plain';
}

/** What to keep of an offered file: its true media type, or in plain words why it cannot be taken.
 *  `name` and `declared` only help to explain; the words quote neither, as names hold patient data. */
export function acceptable(
  name: string,
  declared: string,
  bytes: Uint8Array,
): { readonly mediaType: ReadableType } | { readonly problem: string } {
  if (bytes.length === 0) return { problem: 'the file is empty (0 bytes)' };
  const harm = harmful(bytes);
  if (harm !== null) return { problem: `the file may do harm: ${harm}; ask for a PDF of it` };
  const mediaType = sniff(bytes);
  if (mediaType === 'application/pdf' && !latin1(bytes.subarray(-2048)).includes('%%EOF'))
    return { problem: 'the PDF is cut off: its end is missing' };
  return mediaType ? { mediaType } : { problem: explanation(bytes, claim(name, declared)) };
}

function explanation(bytes: Uint8Array, claimed: string | null): string {
  const head = latin1(bytes.subarray(0, 4096));
  const start = head.trimStart().toLowerCase();
  const but = claimed ? `the file calls itself ${claimed}, but ` : 'the file ';
  if (/^<(!doctype html|html)/.test(start)) return `${but}${claimed ? 'it ' : ''}is a web page (HTML)`;
  if (head.startsWith('PK\x03\x04') || head.startsWith('PK\x05\x06'))
    return 'the file is a ZIP archive: send the documents themselves';
  if (head.includes('%PDF-')) return 'the file is not a clean PDF: other data stands before its beginning';
  if (start.startsWith('<')) return 'the file is XML, but not a clinical document (C-CDA)';
  if (start.startsWith('msh|')) return 'the file is an HL7 v2 message, not a document';
  return `${but}${claimed ? 'it ' : ''}is of a kind that we cannot read (PDF, TIFF, PNG, JPEG, C-CDA and plain text are read)`;
}

/** What a file says it is, in words; null: nothing that has a form of its own. */
export function claim(name: string, declared: string): string | null {
  const hint = `${declared} .${name.slice(name.lastIndexOf('.') + 1)}`.toLowerCase();
  if (hint.includes('pdf')) return 'a PDF';
  if (hint.includes('tif')) return 'a TIFF';
  if (/png|jpe?g/.test(hint)) return 'an image';
  return null;
}

/** Whatever the encoding that it declares. */
const isClinical = (bytes: Uint8Array): boolean => {
  const start = xmlText(bytes.subarray(0, 65_536)).trimStart();
  return isMarkup(start) && /<(?:[A-Za-z][\w.-]*:)?ClinicalDocument[\s>]/.test(start);
};

const isMarkup = (start: string): boolean => /^<[?!a-z]/i.test(start);

/** What no text file holds: control characters but tab, line ends and form feed. */
const controls = /(?![\t\n\v\f\r])\p{Cc}/u;

function decoded(bytes: Uint8Array): string | null {
  try {
    const text = utf8.decode(bytes);
    return controls.test(text) ? null : text;
  } catch {
    return null;
  }
}

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
