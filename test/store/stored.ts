import type { Db, Statement } from '../../src/store/db.ts';

const linesEach = 8;

/** A million rows in one statement would take longer than a statement may. */
const atOnce = 50_000;

/** What messages leave behind that are over: the numbers from … to, everything sealed a stand-in, their contents waiting
 *  to be erased after `now`.
 *  @param seq SQL for a line's number: below what PostgreSQL gives out itself */
export async function fill(db: Db, from: number, to: number, now: number, seq = 'i - 1000000000'): Promise<void> {
  for (let start = from; start < to; start += atOnce) await add(db, start, Math.min(to, start + atOnce), now, seq);
}

async function add(db: Db, from: number, to: number, now: number, seq: string): Promise<void> {
  const each = (into: string, columns: string, times = 1): Statement => ({
    sql: `insert into ${into} with recursive n(i) as (
        select cast(${from * times + 1} as bigint) union all select i + 1 from n where i < ${to * times}
      ) select ${columns} from n`,
    params: [],
  });
  const bytes = `cast('${'x'.repeat(200)}' as bytea)`;
  const term = `'hash' || (i * 7919) % 1000003`;
  const message = `'msg_' || (i - 1) / ${linesEach}`;
  const statements = [
    {
      sql: `insert into users (name, role, password) values ('olaf', 'ops', '-') on conflict do nothing`,
      params: [],
    },
    each('messages', `'msg_' || i, 'main', 'api', 'token' || i, 'routine', i, i, ${bytes}`),
    each('documents (id, message, role, body)', `'doc_' || i, 'msg_' || i, 'carried', ${bytes}`),
    each(
      'deliveries (id, message, practice, channel, state, body, version, moved_at, urgency, deadline, received_at)',
      `'dlv_' || i, 'msg_' || i, 'p' || i % 50, 'efax', 'delivered', ${bytes}, 5, i, 'routine', i, i`,
    ),
    each('terms (hash, delivery)', `${term}, 'dlv_' || i`),
    each('recipients', `'rcp_' || i, 'p' || i % 50, ${term}, ${bytes}, 1`),
    each('standings', `'p' || i % 50, 'hash' || i, null, 0, i, ${bytes}, 1`),
    each('misdirections', `'mis_' || i, 'p' || i % 50, 'dlv_' || i, ${bytes}`),
    each('names', `'msg_' || i, ${term}`),
    each('tasks (subject, practice, version)', `'dlv_' || i, 'main', 1`),
    each('attempts', `'att_' || i, 'dlv_' || i, 'efax', i, i, 'handed', ${bytes}`),
    each('receipts', `'att_' || i, 'delivered', null, null, i`),
    each('acknowledgements', `'msg_' || i, 'delivered', '{}', i`),
    each('referrals', `'ref_' || i, 'p' || i % 50, 'msg_' || i, 'received', ${bytes}, 1`),
    each('entries', `'itk_' || i, 'p' || i % 50, 'msg_' || i, 'accepted', ${bytes}, 1`),
    each('links', `'link' || i, 'att_' || i, ${bytes}, 1`),
    each('document_keys', `'doc_' || i, (select id from keks), ${bytes}`),
    each('pages', `'doc_' || i, 1, ${bytes}, null`),
    each('turned_pages', `'doc_' || i, 1, 90, ${bytes}`),
    each('lent_pages', `'msg_' || i, 'itk_' || i`),
    each('page_hashes', `'hash' || i, 'doc_' || i, 1`),
    each('known', `'known' || i, 'itk_' || i, 0`),
    each('page_marks', `'mark' || i % 5000, 'itk_' || i, 'msg_' || i`),
    each('emergencies', `'emg_' || i, 'olaf', 'p' || i % 50, i, i, i, ${bytes}`),
    each('quarantine', `'doc_' || i, 'efax', 'token' || i, '[]', i`),
    each('work (stage, subject, due_at)', `'purge', 'msg_' || i, ${now} + i`),
    each('work (stage, subject, due_at)', `'settle', 'dlv_' || i, ${now} + i`),
    each(
      'events (seq, message, practice, subject, what, who, at, facts, nth, leaf, chain)',
      `${seq}, ${message}, 'old', ${message}, 'x', 'y', i, '{}', i - 1, ${bytes}, ${bytes}`,
      linesEach,
    ),
  ];
  for (const statement of statements) await db.apply([statement]);
}
