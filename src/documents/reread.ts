import type { Document } from '../core/message.ts';
import type { Page } from '../core/page.ts';
import { turnedBack, type Turn } from '../core/turn.ts';
import { acceptable } from './media-type.ts';
import type { Answer } from '../core/box.ts';
import { pageOf } from './read.ts';
import type { Sandbox } from './sandbox.ts';
import { readAs } from './scan.ts';

/** Read one page again as a person turned it. They look at it and wait: it goes before everything else.
 *  @param seen the page as it was read before, its image upright by our own guess
 *  @returns the page with its boxes on that image; or why not, in words that quote no content
 *  @throws the signal's reason when it aborts */
export async function rereadPage(
  sandbox: Sandbox,
  document: Document,
  bytes: Uint8Array,
  seen: Page,
  turn: Turn,
  signal: AbortSignal,
): Promise<Answer<Page>> {
  const accepted = acceptable(document.name, document.mediaType, bytes);
  if ('problem' in accepted) return { ok: false, problem: accepted.problem };
  const opened = await sandbox.open(accepted.mediaType, bytes, signal, 'stat');
  signal.throwIfAborted();
  if (!opened.ok) return opened;
  const whole = (((seen.cleaning?.turn ?? 0) + turn) % 360) as Turn;
  const read = await readAs(opened.value, seen.number - 1, whole);
  signal.throwIfAborted();
  if (!read.ok) return read;
  const { page } = pageOf(document, seen.number - 1, read.value);
  return { ok: true, value: turnedBack(page, seen, turn) };
}
