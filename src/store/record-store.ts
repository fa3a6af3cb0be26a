import type { Event } from '../core/change.ts';
import { lineText } from '../core/record.ts';
import type { Db, Row, Statement } from './db.ts';
import { asEvent, bytes, text } from './lists.ts';
import { noteHash } from './record.ts';
import type { Line, RecordStore } from './store.ts';
import type { Vault } from './vault.ts';
import { Where } from './where.ts';

const columns = 'nth, message, subject, what, who, at, facts, note, leaf, chain';

export function recordStore(db: Db, vault: Vault): RecordStore {
  return {
    chains: async () =>
      (await db.all('select practice, size, chain from chains order by practice')).map((row) => ({
        practice: text(row['practice']),
        size: row['size'] as number,
        chain: bytes(row['chain']),
      })),
    lines: async (practice, from, limit) =>
      (
        await db.all(
          `select ${columns} from events where coalesce(practice, '') = $1 and nth >= $2 order by nth limit $3`,
          [practice, from, limit],
        )
      ).map(asLine),
    leaves: async (practice, from, to) =>
      (
        await db.all(
          `select leaf from events where coalesce(practice, '') = $1 and nth >= $2 and nth < $3 order by nth`,
          [practice, from, to],
        )
      ).map((row) => bytes(row['leaf'])),
    linesOf: async (message) =>
      (
        await db.all(`select ${columns} from events where message = $1 and nth is not null order by nth`, [message])
      ).map(asLine),
    unchained: async () => {
      const [row] = await db.all(
        `select count(*) as count, coalesce(max(seq), 0) as last,
           (select min(seq) from events where nth is not null) as first from events where nth is null`,
      );
      return { count: row?.['count'] as number, last: row?.['last'] as number, first: row?.['first'] as number | null };
    },
    tiles: async (practice) =>
      (await db.all('select hash from tiles where practice = $1 order by tile', [practice])).map((row) =>
        bytes(row['hash']),
      ),
    checkpoints: async (practice) =>
      (await db.all('select size, at, note from checkpoints where practice = $1 order by size', [practice])).map(
        (row) => ({ practice, size: row['size'] as number, at: row['at'] as number, note: text(row['note']) }),
      ),
    async keep({ practice, size, at, note }, tiles) {
      await db.apply([
        {
          sql: 'insert into checkpoints (practice, size, at, note) values ($1, $2, $3, $4) on conflict do nothing',
          params: [practice, size, at, note],
        },
        ...tiles.map(({ tile, hash }): Statement => ({
          sql: 'insert into tiles (practice, tile, hash) values ($1, $2, $3) on conflict do nothing',
          params: [practice, tile, hash],
        })),
      ]);
    },
    async search({ practices, who, what, subject, message, from, to, cursor, limit }) {
      const where = new Where();
      where.in('practice', practices);
      where.equal('who', who);
      where.equal('what', what);
      where.equal('subject', subject);
      where.equal('message', message);
      where.compare('at', '>=', from);
      where.compare('at', '<', to);
      where.compare('seq', '<', cursor);
      const rows = await db.all(
        `select * from events where ${where.sql} and ${db.settled} order by seq desc limit ${where.limit(limit, 1)}`,
        where.params,
      );
      const shown = rows.slice(0, limit).map((row) => ({ cursor: row['seq'] as number, event: asEvent(row, vault) }));
      return { rows: shown, next: rows.length > limit ? String(shown.at(-1)?.cursor) : null };
    },
  };
}

function asLine(row: Row): Line {
  const { note } = row;
  const event = {
    message: row['message'] as Event['message'],
    subject: text(row['subject']),
    what: text(row['what']),
    who: text(row['who']),
    at: row['at'] as number,
    facts: factsOf(text(row['facts'])),
  };
  return {
    place: row['nth'] as number,
    text: lineText(event, note instanceof Uint8Array ? noteHash(note) : null),
    leaf: bytes(row['leaf']),
    chain: bytes(row['chain']),
  };
}

/** Somebody may have written anything there: that shows as a line whose text has another hash. */
function factsOf(kept: string): Event['facts'] {
  try {
    return JSON.parse(kept) as Event['facts'];
  } catch {
    return { unreadable: kept };
  }
}
