import type { Event } from '../core/change.ts';
import { openStates, type Delivery } from '../core/delivery.ts';
import type { Entry } from '../core/entry.ts';
import { handedInBy, type DocumentId, type Message } from '../core/message.ts';
import type { Referral } from '../core/referral.ts';
import type { Db, Row, Value } from './db.ts';
import type { DeliveryQuery, Listed, Store } from './store.ts';
import type { Vault } from './vault.ts';
import { noteContext } from './record.ts';
import { earliestId } from '../ids.ts';
import { Where } from './where.ts';

type Lists = Pick<Store, 'deliveries' | 'entries' | 'referrals' | 'quarantined' | 'eventsAfter' | 'lastEvent'>;

const open = openStates.map((state) => `'${state}'`).join(', ');

function deliveriesWhere(query: DeliveryQuery, vault: Vault): Where {
  const where = new Where();
  where.in('d.practice', query.practices);
  where.in('d.id', query.ids ?? null);
  where.equal('d.state', query.state);
  where.equal('d.channel', query.channel);
  where.equal('d.urgency', query.urgency);
  where.compare('d.received_at', '>=', query.from);
  where.compare('d.received_at', '<', query.to);
  // A delivery is as old as its message, and its id says so: the walk begins and ends there.
  if (query.from !== undefined) where.compare('d.id', '>=', earliestId('dlv', query.from));
  if (query.to !== undefined) where.compare('d.id', '<', earliestId('dlv', query.to));
  where.compare('d.id', '<', query.cursor);
  if (query.doubt === true) where.add('d.in_doubt > 0');
  if (query.overdueAt !== undefined) {
    where.add(`d.state in (${open})`);
    where.compare('d.deadline', '<', query.overdueAt);
  }
  if (query.search) where.found(query.search, vault);
  return where;
}

/** The lists that people page through, newest first. A cursor is the last id shown. */
export function lists(db: Db, vault: Vault): Lists {
  return {
    deliveries: async (query) => {
      await vault.ready();
      const { limit } = query;
      const where = deliveriesWhere(query, vault);
      const rows = await db.all(
        `select d.id, d.body, d.moved_at, m.urgency, m.deadline, m.received_at, m.channel as origin
         from deliveries d join messages m on m.id = d.message
         where ${where.sql} order by d.id desc limit ${where.limit(limit, 1)}`,
        where.params,
      );
      return page(rows, limit, (row) => ({
        delivery: vault.openJson(bytes(row['body']), `deliveries:${text(row['id'])}`) as Delivery,
        urgency: row['urgency'] as Message['urgency'],
        deadline: row['deadline'] as number,
        receivedAt: row['received_at'] as number,
        movedAt: row['moved_at'] as number,
        direction: handedInBy.includes(text(row['origin'])) ? 'outgoing' : 'incoming',
      }));
    },

    entries: async ({ practices, state, cursor, limit }) => {
      const where = new Where();
      where.in('practice', practices);
      where.equal('state', state);
      where.compare('id', '<', cursor);
      const rows = await db.all(
        `select id, body from entries where ${where.sql} order by id desc limit ${where.limit(limit, 1)}`,
        where.params,
      );
      return page(rows, limit, (row) => vault.openJson(bytes(row['body']), `entries:${text(row['id'])}`) as Entry);
    },

    referrals: async ({ practices, state, cursor, limit }) => {
      const where = new Where();
      where.in('practice', practices);
      where.equal('state', state);
      where.compare('id', '<', cursor);
      const rows = await db.all(
        `select id, body from referrals where ${where.sql} order by id desc limit ${where.limit(limit, 1)}`,
        where.params,
      );
      return page(rows, limit, (row) => vault.openJson(bytes(row['body']), `referrals:${text(row['id'])}`) as Referral);
    },

    quarantined: async (cursor, limit) => {
      const where = new Where();
      where.compare('document', '<', cursor ?? undefined);
      const rows = await db.all(
        `select document as id, channel, reasons, at from quarantine
         where ${where.sql} order by document desc limit ${where.limit(limit, 1)}`,
        where.params,
      );
      return page(rows, limit, (row) => ({
        document: row['id'] as DocumentId,
        channel: text(row['channel']),
        reasons: JSON.parse(text(row['reasons'])) as string[],
        at: row['at'] as number,
      }));
    },

    eventsAfter: async (cursor, limit, practices) => {
      const where = new Where();
      where.compare('seq', '>', cursor);
      where.in('practice', practices);
      const rows = await db.all(
        `select * from events where ${where.sql} and ${db.settled} order by seq limit ${where.limit(limit)}`,
        where.params,
      );
      return rows.map((row) => ({ cursor: row['seq'] as number, event: asEvent(row, vault) }));
    },

    lastEvent: async () => {
      const [row] = await db.all(`select coalesce(max(seq), 0) as last from events where ${db.settled}`);
      return row?.['last'] as number;
    },
  };
}

export function page<T>(rows: readonly Row[], limit: number, read: (row: Row) => T): Listed<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { rows: shown.map(read), next: rows.length > limit && last ? text(last['id']) : null };
}

export const asEvent = (row: Row, vault: Vault): Event => ({
  message: row['message'] as Event['message'],
  subject: text(row['subject']),
  what: text(row['what']),
  who: text(row['who']),
  at: row['at'] as number,
  facts: JSON.parse(text(row['facts'])) as Event['facts'],
  ...(row['note'] instanceof Uint8Array
    ? { note: vault.openJson(row['note'], noteContext(text(row['subject']), row['at'] as number)) as string }
    : {}),
});

export const text = (value: Value | undefined): string => value as string;
export const bytes = (value: Value | undefined): Uint8Array => value as Uint8Array;
