import type { QueryConfig } from 'pg';
import type { RecordLine } from './db.ts';

/** All lines of a transaction by one call, which holds the ends of their chains until the commit. */
export function record(lines: readonly RecordLine[]): QueryConfig | null {
  if (lines.length === 0) return null;
  const column = <K extends keyof RecordLine>(name: K): RecordLine[K][] => lines.map((line) => line[name]);
  return {
    name: 'record',
    text: 'select record_lines($1, $2, $3, $4, $5, $6, $7, $8, $9)',
    values: [
      column('message'),
      column('practice'),
      column('subject'),
      column('what'),
      column('who'),
      column('at'),
      column('facts'),
      column('note'),
      column('leaf'),
    ],
  };
}
