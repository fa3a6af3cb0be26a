import type { FieldName } from '../core/entry.ts';
import { readDiagnoses } from './diagnoses.ts';
import * as read from './readers.ts';

/** The value of a field in a text, in canonical form. `today`: the latest day the papers speak of, ISO. */
export function readValue(name: FieldName, text: string, today: string | null): read.Value | null {
  switch (name) {
    case 'patient.name':
    case 'referrer.name':
      return read.readName(text);
    case 'patient.birthDate':
      return read.readBirthDate(text, today);
    case 'patient.sex':
      return read.readSex(text);
    case 'patient.phone':
    case 'referrer.phone':
    case 'referrer.fax':
      return read.readPhone(text);
    case 'patient.address':
      return read.readAddress(text);
    case 'patient.mrn':
      return read.readMrn(text);
    case 'coverage.payer':
      return read.readPayer(text);
    case 'coverage.memberId':
      return read.readMemberId(text);
    case 'coverage.group':
      return read.readGroup(text);
    case 'referrer.npi':
      return read.readNpi(text);
    case 'referrer.practice':
      return read.readPractice(text);
    case 'service.specialty':
      return read.readSpecialty(text);
    case 'service.reason':
      return read.readReason(text);
    case 'service.urgency':
      return read.readUrgency(text);
    case 'service.date':
      return read.readDate(text, today);
    case 'service.authorization':
      return read.readAuthorization(text);
    case 'service.diagnoses':
      return readDiagnoses(text, true);
  }
}
