import { createHash } from 'node:crypto';
import { harmful } from '../core/harmful.ts';
import type { Document } from '../core/message.ts';

/** A stranger's file: for saving, never for our origin to render (ASVS 3.2.1). What may do harm gets a name that no
 *  double click opens. */
export function fileResponse(document: Pick<Document, 'name' | 'mediaType'>, bytes: Uint8Array): Response {
  const harm = harmful(bytes) !== null;
  const name = harm ? `${document.name}.harmful` : document.name;
  const mediaType = harm ? 'application/octet-stream' : document.mediaType;
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  return new Response(new Uint8Array(bytes), {
    headers: {
      'content-type': mediaType,
      'content-length': String(bytes.byteLength),
      'content-disposition': `attachment; filename="${ascii}"; filename*=UTF-8''${encodeURIComponent(name)}`,
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    },
  });
}

/** A page image that we drew ourselves. */
export const imageResponse = (png: Uint8Array): Response =>
  new Response(new Uint8Array(png), {
    headers: {
      'content-type': 'image/png',
      'content-length': String(png.byteLength),
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    },
  });

/** A page that we made of a stranger's document: nothing in it may act, and only its own style is obeyed. */
export const viewResponse = ({ html, style }: { readonly html: string; readonly style: string }): Response =>
  new Response(html, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `sandbox; default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; frame-ancestors 'none'`,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    },
  });
