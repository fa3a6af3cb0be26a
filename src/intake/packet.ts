import type { Field, Sheet } from '../core/entry.ts';
import type { Page } from '../core/page.ts';
import { candidatesOf, sheetOf } from './candidates.ts';
import { copiesAmong } from './copies.ts';
import { elected, latestDay } from './fields.ts';
import { identityOf } from './identity.ts';
import { kindOf } from './kind.ts';
import { divided } from './split.ts';

/** One arrival as a person is shown it: what each page is and whose, and the fields of each referral in it. */
export interface Packet {
  readonly sheets: readonly Sheet[];
  readonly fields: readonly Field[];
}

export function readPacket(pages: readonly Page[]): Packet {
  const today = latestDay(pages);
  const kinds = pages.map(kindOf);
  const found = pages.map((page, index) => candidatesOf(sheetOf(page, index, kinds[index] ?? 'other', today)));
  const copies = copiesAmong(pages);
  const sheets = divided(
    pages.map((_, index) => ({
      kind: kinds[index] ?? 'other',
      identity: identityOf(found[index] ?? []),
      copyOf: copies[index] ?? null,
    })),
  );
  return { sheets, fields: fieldsOf(sheets, found) };
}

/** The fields of pages that a person laid out: which kind each is and whose is given. */
export function fieldsAmong(pages: readonly Page[], sheets: readonly Sheet[]): Field[] {
  const today = latestDay(pages);
  const found = pages.map((page, index) => candidatesOf(sheetOf(page, index, sheets[index]?.kind ?? 'other', today)));
  return fieldsOf(sheets, found);
}

/** The fields of each part; of pages without a referral those of the whole bundle. */
export function fieldsOf(sheets: readonly Sheet[], found: readonly ReturnType<typeof candidatesOf>[]): Field[] {
  const kinds = sheets.map(({ kind }) => kind);
  const parts = [...new Set(sheets.flatMap(({ part }) => part ?? []))].sort((a, b) => a - b);
  const whole = parts.length === 0;
  return (whole ? [0] : parts).flatMap((part) =>
    elected(
      found.flatMap((each, index) => (whole || sheets[index]?.part === part ? each : [])),
      kinds,
      part,
    ),
  );
}
