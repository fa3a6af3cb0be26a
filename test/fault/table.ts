import { appendFileSync } from 'node:fs';

/** How thorough: as part of `npm test`, on each change (`npm run test:faults`), or at night (`… -- --nightly`). */
export type Column = 'short' | 'change' | 'nightly';

const given = process.env['FAULTS_COLUMN'];
export const column: Column = given === 'change' || given === 'nightly' ? given : 'short';

export const sized = <T>(sizes: Readonly<Record<Column, T>>): T => sizes[column];

/** One line of the table that ends a run; what a test does not count is null. */
export interface Row {
  readonly test: string;
  readonly size: string;
  readonly faults: string;
  readonly lost: number | null;
  readonly duplicates: number | null;
  readonly falseReceipts: number | null;
  readonly inDoubt: number | null;
  readonly seconds: number;
}

/** Written before a test judges its figures, so that a failure shows them too. */
export function report(row: Row): void {
  const file = process.env['FAULTS_TABLE'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(row)}\n`);
}

/** Seconds since, rounded. */
export const secondsSince = (startedAt: number): number => Math.round((performance.now() - startedAt) / 1000);
