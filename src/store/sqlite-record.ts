import type { RecordLine, Statement } from './db.ts';

/** The chain begins with 32 zero bytes. */
const chainStart = (): Uint8Array => new Uint8Array(32);

/** A line and its place in its practice's chain, to be taken in the same transaction as what it tells of. */
export const chained = ({
  message,
  practice,
  subject,
  what,
  who,
  at,
  facts,
  note,
  leaf,
}: RecordLine): readonly Statement[] => [
  {
    sql: `insert into chains (practice, size, leaf, chain)
      values (coalesce((select practice from messages where id = $1), $2, ''), 1, $3, chained($4, $3))
      on conflict (practice) do update set size = chains.size + 1, leaf = excluded.leaf,
        chain = chained(chains.chain, excluded.leaf)`,
    params: [message, practice, leaf, chainStart()],
  },
  {
    sql: `insert into events (practice, message, subject, what, who, at, facts, note, leaf, nth, chain)
      select own.practice, $1, $3, $4, $5, $6, $7, $8, $9, chains.size - 1, chains.chain
      from (select coalesce((select practice from messages where id = $1), $2) as practice) as own
      join chains on chains.practice = coalesce(own.practice, '')`,
    params: [message, practice, subject, what, who, at, facts, note, leaf],
  },
];
