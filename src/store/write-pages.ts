import type { Change } from '../core/change.ts';
import type { Page } from '../core/page.ts';
import type { Statement } from './db.ts';
import type { Vault } from './vault.ts';

/** Pages, and the keyed hashes by which they and the people they name are found when they come again: whoever has a page
 *  must not find out by them that we have it too. */

export const hashTerm = (hash: string, vault: Vault): string => vault.term(`page:${hash}`);
export const markTerm = (mark: string, vault: Vault): string => vault.term(`mark:${mark}`);
export const knownTerm = (key: string, vault: Vault): string => vault.term(`known:${key}`);

export const pageContext = (document: string, number: number, turn = 0): string =>
  turn === 0 ? `pages:${document}:${number}` : `turned_pages:${document}:${number}:${turn}`;

export function insertPage({ page, png, hash }: NonNullable<Change['pages']>[number], vault: Vault): Statement[] {
  const context = pageContext(page.document, page.number);
  const row = {
    sql: 'insert into pages (document, number, body, png) values ($1, $2, $3, $4) on conflict do nothing',
    params: [page.document, page.number, vault.sealJson(page, context), vault.seal(png, context)],
  };
  const sql = 'insert into page_hashes (hash, document, number) values ($1, $2, $3) on conflict do nothing';
  return hash === undefined ? [row] : [row, { sql, params: [hashTerm(hash, vault), page.document, page.number] }];
}

export const insertTurned = (page: Page, vault: Vault): Statement => ({
  sql: 'insert into turned_pages (document, number, turn, body) values ($1, $2, $3, $4) on conflict do nothing',
  params: [
    page.document,
    page.number,
    page.turn ?? 0,
    vault.sealJson(page, pageContext(page.document, page.number, page.turn)),
  ],
});

/** Call it after the entry is written. */
export const indexed = ({ marks = [], known = [], entry }: Change, vault: Vault): Statement[] => [
  ...marks.map(({ entry: id, message, mark }) => ({
    sql: 'insert into page_marks (mark, entry, message) values ($1, $2, $3) on conflict do nothing',
    params: [markTerm(mark, vault), id, message],
  })),
  ...known.map(({ part, key }) => ({
    sql: 'insert into known (hash, entry, part) values ($1, $2, $3) on conflict do nothing',
    params: [knownTerm(key, vault), entry?.id ?? '', part],
  })),
];
