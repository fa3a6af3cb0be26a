import type { Document } from '../core/message.ts';
import { viewStyle } from './ccda-view.ts';
import { acceptable } from './media-type.ts';
import type { Sandbox } from './sandbox.ts';

/** A document as a page of HTML that is safe to show, with the one style that it has; null: it is read by its pages;
 *  `problem`: why it cannot be read, in words that quote nothing of it. */
export async function viewDocument(
  sandbox: Sandbox,
  document: Document,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<{ readonly html: string; readonly style: string } | { readonly problem: string } | null> {
  const accepted = acceptable(document.name, document.mediaType, bytes);
  if ('problem' in accepted) return accepted;
  if (accepted.mediaType !== 'text/xml') return null;
  const opened = await sandbox.open(accepted.mediaType, bytes, signal);
  const html = opened.ok ? await opened.value.view() : opened;
  if (!html.ok) return { problem: html.problem };
  return html.value === null ? null : { html: html.value, style: viewStyle };
}
