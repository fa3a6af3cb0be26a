import type { ClinicalHeader } from '../core/clinical.ts';
import type { Field, FieldName } from '../core/entry.ts';
import { readBirthDate, readName, readNpi, readPhone, readReason, type Value } from './values.ts';

/** A machine wrote it, yet a person may have chosen the wrong chart. */
const trust = 0.98;

/** The six fields as a C-CDA's head carries them; a value that does not check is left out. */
export function clinicalFields({ patient, author, reason }: ClinicalHeader): Field[] {
  const birth = /^(\d{4})(\d{2})(\d{2})/.exec(patient.birthTime ?? '');
  return [
    field('patient.name', personName(patient)),
    field('patient.birthDate', birth && readBirthDate(birth.slice(1).join('-'), null)),
    field('patient.phone', patient.telecom === null ? null : readPhone(patient.telecom.replace(/^tel:/i, ''))),
    field('referrer.name', personName(author)),
    field('referrer.npi', author.npi === null ? null : readNpi(author.npi)),
    field('service.reason', reason === null ? null : readReason(reason)),
  ].flat();
}

const personName = ({ given, family }: { readonly given: string | null; readonly family: string | null }) =>
  given !== null && family !== null ? readName(`${given} ${family}`) : null;

const field = (name: FieldName, read: Value | null): Field[] =>
  read ? [{ name, value: read.value, confidence: trust * read.worth, place: null, by: 'reading' }] : [];
