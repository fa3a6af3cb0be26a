import { createHash } from 'node:crypto';
import type { Event } from '../core/change.ts';
import { lineText } from '../core/record.ts';
import type { RecordLine, Value } from './db.ts';
import type { Vault } from './vault.ts';

export const noteContext = (subject: string, at: number): string => `events:${subject}:${at}`;

/** RFC 9162 2.1.1: a leaf of the tree. */
export const leafOf = (text: string): Uint8Array => createHash('sha256').update('\0').update(text).digest();

export const noteHash = (sealed: Uint8Array): string => createHash('sha256').update(sealed).digest('hex');

/** An event as it is hashed and kept. */
export function recorded(given: Event, vault: Vault): RecordLine {
  const event = storable(given);
  const { message, practice = null, subject, what, who, at, facts } = event;
  const note = event.note === undefined ? null : vault.sealJson(event.note, noteContext(subject, at));
  const leaf = leafOf(lineText(event, note && noteHash(note)));
  return { message, practice, subject, what, who, at, facts: JSON.stringify(facts), note, leaf };
}

/** PostgreSQL knows no character zero: what is hashed must be what is kept. */
const storable = (event: Event): Event =>
  Object.fromEntries(
    Object.entries(event).map(([name, value]) => [name, withoutZero(value as Value)]),
  ) as unknown as Event;

const withoutZero = (value: unknown): unknown => (typeof value === 'string' ? value.replaceAll('\0', '\ufffd') : value);
