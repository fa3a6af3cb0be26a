import type { FieldName } from '../core/entry.ts';
import type { Side } from './lexicon.ts';
import { connected, rightOf } from './nearby.ts';
import { practiceLike } from './prose.ts';
import * as read from './readers.ts';
import { around, heightOf, textOf } from './rows.ts';
import { candidate, type Candidate, type Sheet } from './sheet.ts';

/** What needs no label of its own, because of where it stands or of the words around it. */
export const unlabelled = (sheet: Sheet): Candidate[] =>
  [born, fromWhom, titleOf, nameOver, bareLines].flatMap((each) => each(sheet));

/** "RE: Ada Lee, born 08/14/2019", and sex in words behind a birth date: "DOB: 3/7/1961  Female". */
function born({ rows, index, today }: Sheet): Candidate[] {
  return rows.flatMap(({ words, labels }) => {
    const at = words.findIndex(({ text }) => /^\W*(born|dob|d\.o\.b|birthdate)\W*$/i.test(text));
    const ofOthers = labels.some(({ from, to, field }) => from <= at && at < to && field !== 'patient.birthDate');
    if (at < 0 || ofOthers) return [];
    const after = words.slice(at + 1, at + 5);
    const date = read.readBirthDate(textOf(after.slice(0, 3)), today);
    if (!date) return [];
    const dated = after.slice(0, 1 + after.findIndex(({ text }) => /\d{4}\W*$/.test(text)));
    const found = [candidate('patient.birthDate', date, index, dated.length > 0 ? dated : after.slice(0, 1), 0.9)];
    const sex = after.find(({ text }) => /^\W*(fe)?male\W*$/i.test(text));
    const value = sex ? read.readSex(sex.text) : null;
    return sex && value ? [...found, candidate('patient.sex', value, index, [sex], 0.95)] : found;
  });
}

/** "From: Mission Street Medical Group, Dr. Ada Lee": the practice; a form's label gives the person. */
function fromWhom({ rows, index }: Sheet): Candidate[] {
  return rows.flatMap((row) => {
    const label = row.labels.find(({ text }) => text === 'from');
    const words = label ? rightOf(row, label) : [];
    const end = words.findIndex(({ text }) => text.endsWith(','));
    const own = words.slice(0, end < 0 ? undefined : end + 1);
    const value = practiceLike.test(textOf(own)) ? read.readPractice(textOf(own)) : null;
    return value ? [candidate('referrer.practice', value, index, own, 0.9)] : [];
  });
}

/** "Referral to Gastroenterology", "REFERRAL ORDER — DERMATOLOGY": a title that says the specialty. */
function titleOf({ rows, index, kind, page }: Sheet): Candidate[] {
  if (kind !== 'referral') return [];
  const top = rows.filter(({ words }) => (words[0]?.box.y ?? 0) < page.height * 0.2);
  return top.flatMap(({ words }) => {
    const at = words.findIndex(({ text }) => /^referral\W*$/i.test(text));
    const after = words.slice(at + 1, at + 6);
    const value = at < 0 ? null : read.readSpecialty(textOf(after));
    return value ? [candidate('service.specialty', { ...value, worth: 0.8 }, index, after, 0.9)] : [];
  });
}

/** The name that stands in the line over a chart number or birth date, as EHRs head their orders and labels to stick. */
function nameOver({ rows, index }: Sheet): Candidate[] {
  return rows.flatMap((row, at) => {
    const label = row.labels.find(({ text }) => /^(mrn|dob|date of birth)$/.test(text));
    const over = rows[at - 1];
    const first = label && row.words[label.from];
    if (!first || !over || (row.labels[0] === label && over.labels.length > 0)) return [];
    const column = over.words.filter(({ box }) => box.x > first.box.x - first.box.height);
    const near = around(row.words).y - around(over.words).y < heightOf(row.words) * 3;
    const value = near && column.length <= 5 ? read.readName(textOf(column)) : null;
    return value ? [candidate('patient.name', { ...value, worth: 0.85 }, index, column, 0.9)] : [];
  });
}

/** Names, numbers and an address without labels: whose they are the heading over them says. "T" and "F" part telephone and fax. */
function bareLines(sheet: Sheet): Candidate[] {
  const { rows, index } = sheet;
  let side: Side | null = null;
  return rows.flatMap((row) => {
    const [only, other] = row.labels;
    if (only && !other && only.to - only.from === row.words.length) side = only.side;
    else if (only?.from === 0 && only.side !== null && only.side !== side) side = null;
    if (row.labels.length > 0 || (side !== 'patient' && side !== 'referrer')) return [];
    const words = connected(row.words);
    const text = textOf(words);
    const phone = /^\W*([TFPtfp]\W*)?[+(\d][\d() .-]{8,16}$/.test(text) ? read.readPhone(text) : null;
    const name: FieldName =
      side === 'patient' ? 'patient.phone' : /^\W*f/i.test(text) ? 'referrer.fax' : 'referrer.phone';
    if (phone) return [candidate(name, phone, index, words, 0.9)];
    const who = side === 'referrer' && read.credentialed(text) ? read.readName(text) : null;
    if (who) return [candidate('referrer.name', { ...who, worth: 0.8 }, index, words, 0.9)];
    const address = side === 'patient' && /^\d/.test(text) ? read.readAddress(text) : null;
    return address && address.worth > 0.5 ? [candidate('patient.address', address, index, words, 0.9)] : [];
  });
}
