import type { Field, FieldName } from '../core/entry.ts';
import type { Match } from '../core/match.ts';
import { isSure } from './chance.ts';

/** Whose page it is, or who sent it: wrong here is worse than anywhere. */
const telling: Readonly<Record<Match['who'], readonly FieldName[]>> = {
  patient: ['patient.name', 'patient.birthDate', 'patient.sex'],
  sender: ['referrer.name', 'referrer.npi'],
};

export const perhapsKnown = {
  patient: 'close to a patient who is known: say whether it is the same',
  sender: 'close to a sender who is known: say whether it is the same',
} as const;

/** The fields once it is known whom they name. What an accepted referral says too is surer; what may be somebody else
 *  waits for a person. No value is changed: what the other says is only proposed. */
export function backed(fields: readonly Field[], matches: readonly Match[]): Field[] {
  return fields.map((field) => {
    const own = matches.filter(({ part }) => part === (field.part ?? 0));
    if (field.by === 'person' || own.length === 0) return field;
    const asked = own.find(
      ({ who, certain, differ }) =>
        telling[who].includes(field.name) && (!certain || differ.some((each) => each.field === field.name)),
    );
    if (asked) return { ...field, sure: false, doubt: field.doubt ?? perhapsKnown[asked.who] };
    const backs = own.some(({ certain, agree }) => certain && agree.includes(field.name));
    return backs && field.place !== null ? surer(field) : field;
  });
}

/** That the reader went wrong and hit upon just the value that was right before is ten times less likely. */
function surer(field: Field): Field {
  const confidence = Number((1 - (1 - field.confidence) / 10).toFixed(4));
  return { ...field, confidence, ...(isSure(confidence, field.doubt ?? null) ? { sure: true } : {}) };
}
