import type { Word } from '../core/page.ts';
import { candidate, type Candidate, type Sheet } from './sheet.ts';
import { readDiagnoses } from './diagnoses.ts';
import { heightOf, textOf } from './rows.ts';
import * as read from './readers.ts';

/** The line over an EHR's print-out: "Family, Given M (id #…, dob: …)". */
export function bannerCandidates({ rows, index, today }: Sheet): Candidate[] {
  return rows.flatMap((row) => {
    const end = row.words.findIndex(({ text }) => /^[(\[{]?id\b/i.test(text));
    const words = row.words.slice(0, end);
    const rest = row.words.slice(end);
    const found: Candidate[] = [];
    if (end < 0 || end > 6 || !/#|dob/i.test(textOf(rest))) return [];
    const name = end >= 2 && textOf(words).includes(',') ? read.readName(textOf(words)) : null;
    if (name) found.push(candidate('patient.name', name, index, words, 0.98));
    const chart = /#\s*([A-Z0-9-]{4,14})/i.exec(textOf(rest))?.[1];
    const mrn = chart === undefined ? null : read.readMrn(chart);
    if (mrn)
      found.push(
        candidate(
          'patient.mrn',
          mrn,
          index,
          rest.filter(({ text }) => text.includes(chart ?? '#')),
          0.97,
        ),
      );
    const born = rest.findIndex(({ text }) => /dob/i.test(text));
    const birth = born < 0 ? null : read.readBirthDate(textOf(rest.slice(born)), today);
    if (birth) found.push(candidate('patient.birthDate', birth, index, rest.slice(born, born + 2), 0.98));
    return found;
  });
}

/** A letter: whom it thanks for seeing whom, in what consultation, why; and who signs. */
export function letterCandidates(sheet: Sheet): Candidate[] {
  const { rows, index, kind, page } = sheet;
  const words = rows.flatMap((row) => row.words);
  const found: Candidate[] = [];
  for (const row of rows)
    for (const word of row.words) {
      const npi = /^N?P[I1l|]:?\d/.test(word.text) ? read.readNpi(word.text) : null;
      if (npi) found.push(candidate('referrer.npi', npi, index, [word], 0.95));
    }
  found.push(...insured(sheet), ...aged(sheet));
  if (kind !== 'referral') return kind === 'note' ? [...found, ...codes(sheet, 0.6)] : found;
  found.push(...codes(sheet, 0.9));
  const thanks = words.findIndex(
    (word, i) =>
      /^thank/i.test(word.text) &&
      /^you$/i.test(words[i + 1]?.text ?? '') &&
      /^(for|in)$/i.test(words[i + 2]?.text ?? ''),
  );
  if (thanks < 0) return found;
  const first = reasonFrom(words, thanks);
  const last = words.findIndex(({ text }, i) => i >= first && /[a-z0-9)\]%][.]$/i.test(text));
  const sentence = first > 0 && last >= first && last < first + 45 ? words.slice(first, last + 1) : [];
  const reason = read.readReason(textOf(sentence).replace(/\.$/, ''));
  if (reason) found.push(candidate('service.reason', reason, index, sentence, 0.9));
  const opening = words.slice(thanks, first > 0 ? first : thanks + 30);
  const before = opening.findIndex(({ text }) => /^(consult|evaluation|clinic)/i.test(text));
  const field =
    before > 2
      ? read.readSpecialty(textOf(opening.slice(Math.max(0, before - 3), before)).replace(/^.*\bin /, ''))
      : null;
  if (field) found.push(candidate('service.specialty', field, index, opening.slice(before - 2, before), 0.95));
  const asked =
    /\b(consider this|this is an?|please treat this as|mark(ed)?|as an?|next|on an?) (referral )?(as )?(urgent|stat|routine|emergent)\b/i.exec(
      page.text.replace(/\s+/g, ' '),
    );
  const urgency = asked?.[5] === undefined ? null : read.readUrgency(asked[5]);
  const said = words.filter(({ text }) => new RegExp(`^${asked?.[5] ?? '$'}`, 'i').test(text)).slice(0, 1);
  if (urgency && said.length > 0) found.push(candidate('service.urgency', urgency, index, said, 0.95));
  const dated = rows
    .slice(0, 8)
    .find((row) => row.labels.length === 0 && row.words.length <= 4 && read.readDate(textOf(row.words), sheet.today));
  const day = dated ? read.readDate(textOf(dated.words), sheet.today) : null;
  if (dated && day) found.push(candidate('service.date', day, index, dated.words, 0.93));
  return found;
}

/** Where the sentence begins that follows the one of thanks: behind its end, or behind "… consultation" when the point
 *  was lost. 0: nowhere. */
function reasonFrom(words: readonly Word[], thanks: number): number {
  const near = (i: number): boolean => i > thanks + 3 && i < thanks + 40;
  const end = words.findIndex(({ text }, i) => near(i) && /[.]$/.test(text));
  const asked = words.findIndex(
    ({ text }, i) =>
      near(i) && /^(consultation|evaluation)\W*$/i.test(text) && /^\p{Lu}/u.test(words[i + 1]?.text ?? ''),
  );
  return (asked >= 0 && (end < 0 || asked < end) ? asked : end) + 1;
}

/** "Insurance: Tricare East ID 432-23-6273 Group 12": what follows the payer on its line. */
function insured({ rows, index }: Sheet): Candidate[] {
  return rows.flatMap((row) => {
    const label = row.labels.find(({ side }) => side === 'coverage');
    if (!label) return [];
    const after = row.words.slice(label.to);
    const numbers = (name: 'coverage.memberId' | 'coverage.group', mark: RegExp): Candidate[] => {
      const at = after.findIndex(({ text }) => mark.test(text));
      const words =
        at < 0
          ? []
          : after
              .slice(at + 1)
              .filter(({ text }) => !/^[#:]$|^(no|number|id)[.:#]*$/i.test(text))
              .slice(0, 1);
      const value = name === 'coverage.group' ? read.readGroup(textOf(words)) : read.readMemberId(textOf(words));
      return value && words.length > 0 ? [candidate(name, value, index, words, 0.92)] : [];
    };
    return [
      ...numbers('coverage.memberId', /^([i1l|]d|member|policy|subscriber)[#:]*$/i),
      ...numbers('coverage.group', /^(group|grp)[#:]*$/i),
    ];
  });
}

/** "a 93-year-old man". */
function aged({ rows, index }: Sheet): Candidate[] {
  return rows.flatMap(({ words }) =>
    words.flatMap((word, i) => {
      if (!/year.?old$|^(yo|y\/o)$/i.test(word.text)) return [];
      const next = words.slice(i + 1, i + 2);
      const sex = read.readSex(textOf(next));
      return sex && next.length > 0 && textOf(next).length > 2
        ? [candidate('patient.sex', sex, index, next, 0.93)]
        : [];
    }),
  );
}

function codes({ rows, index }: Sheet, trust: number): Candidate[] {
  const words = rows.flatMap((row) => row.words).filter(({ text }) => readDiagnoses(text, false) !== null);
  const value = readDiagnoses(textOf(words), false);
  return value ? [candidate('service.diagnoses', value, index, words, trust)] : [];
}

/** The sender's name over the page, and the numbers under it. */
export function letterheads(sheet: Sheet): Candidate[] {
  const { rows, index, kind, page } = sheet;
  if (!['referral', 'cover', 'note'].includes(kind)) return [];
  const found: Candidate[] = [];
  const top = rows.slice(0, 9).filter(({ words }) => (words[0]?.box.y ?? 0) < page.height * 0.24);
  const head = top.findIndex((row) => row.labels.length === 0 && titled(row.words));
  const name = top[head];
  if (name) {
    const words = leading(name.words);
    const value = read.readPractice(textOf(words));
    const larger = heightOf(words) > heightOf(page.words) * 1.15 ? 1 : 0.93;
    if (value) found.push(candidate('referrer.practice', value, index, words, 0.97 * larger));
  }
  if (kind !== 'referral') return found;
  for (const row of top.slice(0, head < 0 ? 4 : head + 5))
    for (const [mark, field] of [
      [/^(t[ae][l1i]|ph|phone|p|t|office)[.:]*$/i, 'referrer.phone'],
      [/^(fax|f)[.:]*$/i, 'referrer.fax'],
    ] as const) {
      const at = row.words.findIndex(({ text }) => mark.test(text));
      const words = at < 0 ? [] : row.words.slice(at + 1, at + 4);
      const value = at < 0 ? null : read.readPhone(textOf(words));
      if (value && !row.labels.some(({ side }) => side === 'patient'))
        found.push(
          candidate(
            field,
            value,
            index,
            words.slice(0, value.value.length > 0 && /\d{4}\W*$/.test(words[0]?.text ?? '') ? 1 : 3),
            0.95,
          ),
        );
    }
  return found;
}

const practiceLike =
  /\b(medicine|medical|health|healthcare|clinic|associates|physicians?|pediatrics|center|centre|practice|partners|family|wellness|pllc|internal|doctors|primary|internists|group)\b/i;

const titled = (words: readonly Word[]): boolean => {
  const text = textOf(leading(words));
  return (
    practiceLike.test(text) &&
    !/referral|information|diagnostic imaging|laborator|fax (cover|trans)|patient|history|physician referral|\d{4}/i.test(
      text,
    ) &&
    text.length < 60
  );
};

/** Up to the first wide gap or dash. */
function leading(words: readonly Word[]): Word[] {
  const height = heightOf(words);
  const end = words.findIndex((word, i) => {
    const before = words[i - 1];
    return (
      /^[-–—|•]$/.test(word.text) ||
      (before !== undefined && word.box.x - before.box.x - before.box.width > height * 2.5)
    );
  });
  return words.slice(0, end < 0 ? undefined : end);
}
