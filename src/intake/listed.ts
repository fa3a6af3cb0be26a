import { unlistedIn, type DiagnosisCodes } from '../core/diagnosis-codes.ts';
import type { Field } from '../core/entry.ts';

/** The fields with a doubt at diagnoses that name what is no code this year: misread, or out of date. */
export const listed = (fields: readonly Field[], codes: DiagnosisCodes | null): Field[] =>
  fields.map((field) => {
    if (codes === null || field.by === 'person' || field.name !== 'service.diagnoses' || field.value === '')
      return field;
    const unlisted = unlistedIn(field.value, codes);
    if (unlisted.length === 0) return field;
    return { ...field, sure: false, doubt: field.doubt ?? `not among this year’s codes: ${unlisted.join(', ')}` };
  });
