import type { Field, FieldName } from './entry.ts';

/** What referrals must say, by the setting `intake.needs`. */
export interface Needs {
  /** What no specialist can do without. */
  readonly always: readonly FieldName[];
  /** What a specialty asks for besides, by its name as intake offers it; `default`: all others. */
  readonly besides: Readonly<Record<string, readonly FieldName[]>> & { readonly default: readonly FieldName[] };
}

/** The fields that a referral to its specialty lacks. */
export function missingIn(fields: readonly Field[], { always, besides }: Needs): FieldName[] {
  const specialty = fields.find(({ name }) => name === 'service.specialty')?.value ?? '';
  const own = Object.hasOwn(besides, specialty) ? besides[specialty] : besides.default;
  return [...new Set([...always, ...(own ?? [])])].filter((name) => !fields.some((field) => field.name === name));
}
