import type { Delivery } from '../core/delivery.ts';
import type { Entry } from '../core/entry.ts';
import type { Urgency } from '../core/message.ts';
import { untouched, type Task } from '../core/task.ts';
import type { Db, Row } from './db.ts';
import { bytes, page, text } from './lists.ts';
import type { Store, WorklistKind } from './store.ts';
import type { Vault } from './vault.ts';
import { Where } from './where.ts';

/** Where each kind of thing that waits for a person lies. A `done` counts for the state that it was said of. */
export const waits: Readonly<
  Record<WorklistKind, { readonly from: 'deliveries' | 'entries'; readonly condition: string }>
> = {
  doubt: { from: 'deliveries', condition: `d.state = 'held' and d.in_doubt > 0` },
  held: { from: 'deliveries', condition: `d.state = 'held' and d.in_doubt = 0` },
  undeliverable: {
    from: 'deliveries',
    condition: `d.state = 'failed' and (t.done_at is null or t.done_at < d.moved_at)`,
  },
  intake: { from: 'entries', condition: `d.state = 'waiting'` },
};

export function worklist(db: Db, vault: Vault): Pick<Store, 'worklist' | 'task'> {
  return {
    worklist: async ({ practices, kind, owner, snoozed, now, cursor, limit }) => {
      const { from, condition } = waits[kind];
      const where = new Where();
      where.in('d.practice', practices);
      where.add(condition);
      where.compare('d.id', '>', cursor);
      if (owner === null) where.add('t.owner is null');
      else where.equal('t.owner', owner);
      if (snoozed) where.compare('t.snoozed_until', '>', now);
      else where.add(`(t.snoozed_until is null or t.snoozed_until <= ${where.param(now)})`);
      const since = from === 'deliveries' ? 'd.moved_at' : 'm.received_at';
      const rows = await db.all(
        `select d.id, d.body, d.practice, m.urgency, m.deadline, ${since} as since,
           t.owner, t.due_at, t.snoozed_until, t.done_at, t.version
         from ${from} d join messages m on m.id = d.message left join tasks t on t.subject = d.id
         where ${where.sql} order by d.id limit ${where.limit(limit, 1)}`,
        where.params,
      );
      return page(rows, limit, (row) => ({
        of: vault.openJson(bytes(row['body']), `${from}:${text(row['id'])}`) as Delivery | Entry,
        task: asTask(row, row['id'] as Task['subject']),
        urgency: row['urgency'] as Urgency,
        deadline: row['deadline'] as number,
        since: row['since'] as number,
      }));
    },
    task: async (subject) => {
      const [row] = await db.all('select * from tasks where subject = $1', [subject]);
      return row ? asTask(row, subject) : null;
    },
  };
}

function asTask(row: Row, subject: Task['subject']): Task {
  const practice = text(row['practice']);
  if (row['version'] === null) return untouched(subject, practice);
  return {
    subject,
    practice,
    owner: row['owner'] as string | null,
    dueAt: row['due_at'] as number | null,
    snoozedUntil: row['snoozed_until'] as number | null,
    doneAt: row['done_at'] as number | null,
    version: row['version'] as number,
  };
}
