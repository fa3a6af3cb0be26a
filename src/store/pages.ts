import type { Entry } from '../core/entry.ts';
import type { Message, MessageId } from '../core/message.ts';
import type { Page } from '../core/page.ts';
import type { Db } from './db.ts';
import { bytes, text } from './lists.ts';
import type { Store } from './store.ts';
import type { Vault } from './vault.ts';
import { pageContext } from './write.ts';

/** The pages of arrivals, and of entries as people laid them. */
export function pagesOfEntries(
  db: Db,
  vault: Vault,
  messageOf: (id: MessageId) => Promise<Message>,
): Pick<Store, 'pagesOf' | 'pagesIn'> {
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
    return leaves.flatMap(
      (leaf) => pages.find(({ document, number }) => document === leaf.document && number === leaf.number) ?? [],
    );
  }

  return { pagesOf, pagesIn };
}
