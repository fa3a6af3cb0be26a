import type { ClinicalHeader } from '../core/clinical.ts';
import type { Field, FieldName } from '../core/entry.ts';
import { readAddress, readMrn, readPractice, readSex } from './details.ts';
import { readBirthDate, readName, readNpi, readPhone, readReason, type Value } from './values.ts';

/** A machine wrote it, yet a person may have chosen the wrong chart. */
const trust = 0.98;

/** The fields as a C-CDA's head carries them; a value that does not check is left out. */
export function clinicalFields({ patient, referrer, reason }: ClinicalHeader): Field[] {
  const birth = /^(\d{4})(\d{2})(\d{2})/.exec(patient.birthTime ?? '');
  return [
    field('patient.name', personName(patient)),
    field('patient.birthDate', birth && readBirthDate(birth.slice(1).join('-'), null)),
    field('patient.sex', read(readSex, patient.sex)),
    field('patient.phone', read(readPhone, patient.telecom?.replace(/^tel:/i, '') ?? null)),
    field('patient.address', read(readAddress, patient.address)),
    field('patient.mrn', read(readMrn, patient.number)),
    field('referrer.name', personName(referrer)),
    field('referrer.npi', read(readNpi, referrer.npi)),
    field('referrer.phone', read(readPhone, referrer.telecom?.replace(/^tel:/i, '') ?? null)),
    field('referrer.practice', read(readPractice, referrer.practice)),
    field('service.reason', read(readReason, reason)),
  ].flat();
}

const read = (reader: (text: string) => Value | null, text: string | null): Value | null =>
  text === null ? null : reader(text);

const personName = ({ given, family }: { readonly given: string | null; readonly family: string | null }) =>
  given !== null && family !== null ? readName(`${given} ${family}`) : null;

const field = (name: FieldName, found: Value | null): Field[] =>
  found ? [{ name, value: found.value, confidence: trust * found.worth, place: null, by: 'reading' }] : [];
