import { Invalid } from '../errors.ts';
import type { Upload } from './actions.ts';

const maxDocuments = 100;

/** What a file is, by its first bytes; names and declared types lie. Null: nothing that we carry. */
function mediaTypeOf(bytes: Uint8Array): string | null {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 1024)).toString('latin1');
  if (head.includes('%PDF-')) return 'application/pdf';
  if (head.startsWith('II*\0') || head.startsWith('MM\0*')) return 'image/tiff';
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (/^(?:\xef\xbb\xbf)?\s*<(?:\?xml|ClinicalDocument)\b/.test(head)) return 'text/xml';
  return null;
}

const declared: Readonly<Record<string, readonly string[]>> = {
  'application/pdf': ['application/pdf'],
  'image/tiff': ['image/tiff'],
  'image/png': ['image/png'],
  'image/jpeg': ['image/jpeg'],
  'text/xml': ['text/xml', 'application/xml', 'application/hl7-v3+xml', 'application/cda+xml'],
};

/** The files of a submission, in order.
 *  @throws Invalid with every file at fault, by its place: `document.2`. */
export async function uploads(files: readonly File[]): Promise<Upload[]> {
  if (files.length > maxDocuments)
    throw new Invalid('too many documents', { document: `at most ${maxDocuments} in one referral` });
  const fields: Record<string, string> = {};
  const taken: Upload[] = [];
  for (const [index, file] of files.entries()) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const mediaType = mediaTypeOf(bytes);
    const fault = objection(bytes, mediaType, file.type);
    if (fault || mediaType === null) fields[`document.${index}`] = fault ?? 'cannot be used';
    else taken.push({ name: cleanName(file.name), mediaType, bytes });
  }
  if (Object.keys(fields).length > 0) throw new Invalid('a document cannot be taken', fields);
  return taken;
}

function objection(bytes: Uint8Array, found: string | null, type: string): string | null {
  if (bytes.byteLength === 0) return 'is empty';
  if (found === null) return 'is not a PDF, TIFF, PNG, JPEG or C-CDA (XML)';
  const said = type.split(';')[0]?.trim().toLowerCase() ?? '';
  const vague = said === '' || said === 'application/octet-stream';
  return vague || declared[found]?.includes(said) ? null : `says it is ${said}, but it is ${found}`;
}

/** No path, no control or direction-changing characters, no more than a file system takes. */
function cleanName(name: string): string {
  const base = name.normalize('NFC').replace(/^.*[\\/]/su, '');
  const clean = base.replace(/[\p{Cc}\p{Cf}\p{Cs}"<>|:*?]/gu, '').trim();
  return [...clean].slice(0, 120).join('') || 'document';
}
