import { createHash } from 'node:crypto';
import type { Event } from '../core/change.ts';
import { lineText } from '../core/record.ts';
import type { Statement, Value } from './db.ts';
import type { Vault } from './vault.ts';

export const noteContext = (subject: string, at: number): string => `events:${subject}:${at}`;

/** The chain begins with 32 zero bytes. */
export const chainStart = (): Uint8Array => new Uint8Array(32);

/** RFC 9162 2.1.1: a leaf of the tree. */
export const leafOf = (text: string): Uint8Array => createHash('sha256').update('\0').update(text).digest();

export const noteHash = (sealed: Uint8Array): string => createHash('sha256').update(sealed).digest('hex');

/** A line of the record and its place in its practice's chain, taken in the same transaction. Two commits of one practice
 *  wait for each other at the chain's end: this comes last in each. */
export function recorded(given: Event, vault: Vault): Statement[] {
  const event = storable(given);
  const { message, practice = null, subject, what, who, at, facts } = event;
  const note = event.note === undefined ? null : vault.sealJson(event.note, noteContext(subject, at));
  const leaf = leafOf(lineText(event, note && noteHash(note)));
  return [
    {
      sql: `insert into chains (practice, size, leaf, chain)
        values (coalesce((select practice from messages where id = $1), $2, ''), 1, $3, chained($4, $3))
        on conflict (practice) do update set size = chains.size + 1, leaf = excluded.leaf,
          chain = chained(chains.chain, excluded.leaf)`,
      params: [message, practice, leaf, chainStart()],
    },
    {
      sql: `insert into events (practice, message, subject, what, who, at, facts, note, leaf, nth, chain)
        values (coalesce((select practice from messages where id = $1), $9), $1, $2, $3, $4, $5, $6, $7, $8,
          (select size - 1 from chains where practice = ${whose}), (select chain from chains where practice = ${whose}))`,
      params: [message, subject, what, who, at, JSON.stringify(facts), note, leaf, practice],
    },
  ];
}

const whose = `coalesce((select practice from messages where id = $1), $9, '')`;

/** PostgreSQL knows no character zero: what is hashed must be what is kept. */
const storable = (event: Event): Event =>
  Object.fromEntries(
    Object.entries(event).map(([name, value]) => [name, withoutZero(value as Value)]),
  ) as unknown as Event;

const withoutZero = (value: unknown): unknown => (typeof value === 'string' ? value.replaceAll('\0', '\ufffd') : value);
