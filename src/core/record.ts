import type { Event } from './change.ts';

/** A line of the record as one text with one meaning, in the form of RFC 8785 for the values it can hold. Its hash is
 *  a leaf of the practice's tree.
 *  @param note hex SHA-256 of the sealed note: what a person wrote can be erased, that it stood there cannot */
export const lineText = (
  { message, subject, what, who, at, facts }: Omit<Event, 'note' | 'practice'>,
  note: string | null,
): string => canonical({ message, subject, what, who, at, facts, note });

/** RFC 8785 of plain objects, texts, booleans and the numbers that JSON.stringify writes as it does. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`).join(',')}}`;
}
