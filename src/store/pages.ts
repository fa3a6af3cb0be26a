import type { Entry } from '../core/entry.ts';
import type { DocumentId, Message, MessageId } from '../core/message.ts';
import type { Page } from '../core/page.ts';
import type { Turn } from '../core/turn.ts';
import type { Db, Row } from './db.ts';
import { bytes, text } from './lists.ts';
import type { Store } from './store.ts';
import type { Vault } from './vault.ts';
import { hashTerm, knownTerm, markTerm, pageContext } from './write-pages.ts';

/** The pages of arrivals, and of entries as people laid them. */
export function pagesOfEntries(
  db: Db,
  vault: Vault,
  messageOf: (id: MessageId) => Promise<Message>,
): Pick<Store, 'pagesOf' | 'pagesIn' | 'page' | 'pageLike' | 'entriesLike' | 'entriesKnown'> {
  async function pagesOf(message: MessageId): Promise<Page[]> {
    const rows = await db.all(
      `select p.document, p.number, p.body from pages p join documents d on d.id = p.document
       where d.message = $1 order by p.document, p.number`,
      [message],
    );
    return rows.map(
      (row) => vault.openJson(bytes(row['body']), pageContext(text(row['document']), row['number'] as number)) as Page,
    );
  }

  async function pagesIn({ message, leaves }: Entry): Promise<Page[]> {
    const lenders = [...new Set(leaves?.map((leaf) => leaf.message) ?? [message])];
    const pages = (await Promise.all(lenders.map(pagesOf))).flat();
    if (!leaves) {
      // Documents of one arrival are numbered in the same moment: their ids tell no order.
      const order = (await messageOf(message)).documents.map(({ id }) => id);
      return pages.toSorted((a, b) => order.indexOf(a.document) - order.indexOf(b.document) || a.number - b.number);
    }
    const laid = await Promise.all(
      leaves.map(async (leaf) => {
        const plain = pages.find(({ document, number }) => document === leaf.document && number === leaf.number);
        if (!plain || leaf.turn === 0) return plain ?? [];
        return (await page(leaf.document, leaf.number, leaf.turn)) ?? { ...plain, turn: leaf.turn };
      }),
    );
    return laid.flat();
  }

  async function page(document: DocumentId, number: number, turn: Turn): Promise<Page | null> {
    const [row] =
      turn === 0
        ? await db.all('select body from pages where document = $1 and number = $2', [document, number])
        : await db.all('select body from turned_pages where document = $1 and number = $2 and turn = $3', [
            document,
            number,
            turn,
          ]);
    return row ? (vault.openJson(bytes(row['body']), pageContext(document, number, turn)) as Page) : null;
  }

  const entryIn = (row: Row): Entry => vault.openJson(bytes(row['body']), `entries:${text(row['id'])}`) as Entry;

  return {
    pagesOf,
    pagesIn,
    page,
    async pageLike(hash) {
      await vault.ready();
      const [row] = await db.all(
        `select p.document, p.number, p.body, p.png from page_hashes h
         join pages p on p.document = h.document and p.number = h.number where h.hash = $1`,
        [hashTerm(hash, vault)],
      );
      if (!row) return null;
      const context = pageContext(text(row['document']), row['number'] as number);
      return {
        page: vault.openJson(bytes(row['body']), context) as Page,
        png: vault.open(bytes(row['png']), context),
      };
    },
    async entriesLike(marks, limit) {
      if (marks.length === 0) return [];
      await vault.ready();
      const places = marks.map((_, at) => `$${at + 1}`).join(', ');
      const rows = await db.all(
        `select e.id, e.body from page_marks m join entries e on e.id = m.entry where m.mark in (${places})
         group by e.id order by count(*) desc, e.id desc limit $${marks.length + 1}`,
        [...marks.map((mark) => markTerm(mark, vault)), limit],
      );
      return rows.map(entryIn);
    },
    async entriesKnown(keys, limit) {
      if (keys.length === 0) return [];
      await vault.ready();
      const places = keys.map((_, at) => `$${at + 1}`).join(', ');
      const rows = await db.all(
        `select e.id, e.body, k.part from known k join entries e on e.id = k.entry where k.hash in (${places})
         group by e.id, k.part order by count(*) desc, e.id desc limit $${keys.length + 1}`,
        [...keys.map((key) => knownTerm(key, vault)), limit],
      );
      return rows.map((row) => ({ entry: entryIn(row), part: row['part'] as number }));
    },
  };
}
