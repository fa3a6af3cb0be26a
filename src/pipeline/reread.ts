import type { Placed } from '../core/arrange.ts';
import type { Document } from '../core/message.ts';
import type { Page } from '../core/page.ts';
import type { Turn } from '../core/turn.ts';
import type { Store } from '../store/store.ts';

/** Reads one page again, turned. `problem`: why it could not, in words for people. */
export type Reread = (
  document: Document,
  bytes: Uint8Array,
  page: Page,
  turn: Turn,
) => Promise<{ readonly ok: true; readonly value: Page } | { readonly ok: false; readonly problem: string }>;

export interface Turned {
  /** The pages as they lie now, each with what is read of it that way up. */
  readonly pages: readonly Page[];
  /** Those that were read just now. */
  readonly fresh: readonly Page[];
  /** For people. */
  readonly warnings: readonly string[];
}

/** The pages as a person turned them. Scans are read again, once for each side; text that a document carried itself is
 *  only turned. */
export async function turnedPages(
  store: Store,
  reread: Reread,
  pages: readonly Page[],
  places: readonly Placed[],
): Promise<Turned> {
  const fresh: Page[] = [];
  const warnings: string[] = [];
  const read = async (page: Page, index: number): Promise<Page> => {
    const turn = places[index]?.leaf.turn ?? 0;
    if ((page.turn ?? 0) === turn) return page;
    const plain = await store.page(page.document, page.number, 0);
    if (plain === null || turn === 0) return plain ?? page;
    const known = await store.page(page.document, page.number, turn);
    if (known || plain.source === 'document') return known ?? { ...plain, turn };
    const { document } = await store.documentInfo(page.document);
    const answer = await reread(document, await store.document(page.document), plain, turn);
    if (answer.ok) fresh.push(answer.value);
    else warnings.push(`page ${index + 1}, as it was turned, could not be read: ${answer.problem}`);
    return answer.ok ? answer.value : { ...plain, turn };
  };
  // One after the other: the box reads as many at once as there are processors, and arrivals must go on.
  const turned: Page[] = [];
  for (const [index, page] of pages.entries()) turned.push(await read(page, index));
  return { pages: turned, fresh, warnings };
}
