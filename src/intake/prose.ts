import type { Word } from '../core/page.ts';
import { addressee } from './letter.ts';
import { candidate, type Candidate, type Sheet } from './sheet.ts';
import { isBrokenCode, readDiagnoses } from './diagnoses.ts';
import { around, heightOf, textOf } from './rows.ts';
import type { LabelledRow } from './nearby.ts';
import * as read from './readers.ts';

/** The line over an EHR's print-out: "Family, Given M (id #…, dob: …)". */
export function bannerCandidates({ rows, index, today }: Sheet): Candidate[] {
  return rows.flatMap((row) => {
    const end = row.words.findIndex(({ text }) => /^[(\[{]?id\b/i.test(text));
    const words = row.words.slice(0, end);
    const rest = row.words.slice(end);
    const found: Candidate[] = [];
    if (end < 0 || end > 6 || !/#|dob/i.test(textOf(rest))) return [];
    // "CARRIER Ambetter ID # U048397876": a name has a comma, or a bracket behind it.
    if (!/,|[(\[{]id\b/i.test(textOf(row.words.slice(0, end + 1)))) return [];
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

/** What stands in running text anywhere: a clinician's number, sex beside the age, codes. */
export function proseCandidates(sheet: Sheet): Candidate[] {
  const found: Candidate[] = [];
  for (const row of sheet.rows)
    for (const word of row.words) {
      const npi = /^N?P[I1l|]:?\d/.test(word.text) ? read.readNpi(word.text) : null;
      if (npi) found.push(candidate('referrer.npi', npi, sheet.index, [word], 0.95));
    }
  const trust = sheet.kind === 'referral' ? 0.9 : sheet.kind === 'note' ? 0.6 : 0;
  return [...found, ...aged(sheet), ...(trust > 0 ? codes(sheet, trust) : [])];
}

/** "a 93-year-old man", "(31 yo F)". */
function aged({ rows, index }: Sheet): Candidate[] {
  return rows.flatMap(({ words }) => {
    const at = words.findIndex(({ text }) => /^\W*(\d{1,3}[- ]?)?(year.?old|y\/?o)\W*$|\byo[FM]\W*$/i.test(text));
    if (at < 0) return [];
    const said = /yo([FM])\W*$/i.exec(words[at]?.text ?? '')?.[1];
    const beside = words.slice(at, at + 2);
    const sex = read.readSex(said ?? textOf(words.slice(at + 1, at + 2)));
    return sex ? [candidate('patient.sex', sex, index, said ? beside.slice(0, 1) : beside.slice(1), 0.93)] : [];
  });
}

function codes({ rows, index }: Sheet, trust: number): Candidate[] {
  const isCode = ({ text }: Word): boolean => readDiagnoses(text, false) !== null;
  const words = rows
    .filter((row) => row.words.some(isCode))
    .flatMap((row) => row.words.filter((word) => isCode(word) || isBrokenCode(word.text)));
  const value = readDiagnoses(textOf(words), false);
  return value ? [candidate('service.diagnoses', value, index, words, trust)] : [];
}

/** The sender's name over the page, and the numbers under it. */
export function letterheads(sheet: Sheet): Candidate[] {
  const { rows, index, kind, page, labelsUnder } = sheet;
  if (!['referral', 'cover', 'note'].includes(kind)) return [];
  const found: Candidate[] = [];
  const others = addressee(sheet);
  const top = rows
    .slice(0, 9)
    .filter((row) => (row.words[0]?.box.y ?? 0) < page.height * 0.24 && !others.includes(row));
  const head = top.findIndex(
    (row, at) => bare(row) && titled(row.words) && !(labelsUnder && top[at + 1]?.labels.length),
  );
  const name = top[head];
  if (name) {
    const words = leading(name.words);
    const value = read.readPractice(textOf(words));
    const larger = heightOf(words) > heightOf(page.words) * 1.15 ? 1 : 0.93;
    if (value) found.push(candidate('referrer.practice', value, index, words, 0.97 * larger));
  }
  if (kind !== 'referral') return found;
  const edge = name ? around(leading(name.words)) : null;
  for (const row of top.slice(0, head < 0 ? 4 : head + 5))
    for (const [mark, field] of [
      [/^(t[ae][l1i]|ph|phone|p|t|office)[.:]*$/i, 'referrer.phone'],
      [/^(fax|f)[.:]*$/i, 'referrer.fax'],
    ] as const) {
      const at = row.words.findIndex(({ text }) => mark.test(text));
      const words = at < 0 || /^to\W*$/i.test(row.words[at + 1]?.text ?? '') ? [] : row.words.slice(at + 1, at + 4);
      const value = at < 0 ? null : read.readPhone(textOf(words));
      const ofOthers = row.labels.some(({ side, from }) => from <= at && (side === 'patient' || side === 'recipient'));
      const apart = edge !== null && (row.words[0]?.box.x ?? 0) > edge.x + edge.width;
      if (value && !ofOthers && !apart)
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

/** "Twin Oaks Clinic Phone: … Fax: …": whose numbers they are stands before them. */
export function numbered({ rows, index, kind }: Sheet): Candidate[] {
  if (kind !== 'referral') return [];
  return rows.flatMap((row) => {
    const [phone, fax] = [/^(tel|ph)/, /^fax/].map((mark) =>
      row.labels.find(({ text, closed }) => closed && mark.test(text)),
    );
    const words = row.words.slice(0, phone && fax ? Math.min(phone.from, fax.from) : 0);
    const value = words.length > 1 && titled(words) ? read.readPractice(textOf(words)) : null;
    return value ? [candidate('referrer.practice', value, index, words, 0.9)] : [];
  });
}

/** No label in the part of a row that could be a letterhead; beside it may stand a sticker. */
const bare = ({ words, labels }: LabelledRow): boolean => labels.every(({ from }) => from >= leading(words).length);

/** Of what practices call themselves. */
export const practiceWords =
  'orthopedics|orthopaedics|surgery|surgical|dermatology|cardiology|neurology|oncology|urology|internists|hospital|medicine|medical|health|healthcare|clinic|associates|physician|physicians|pediatrics|center|centre|practice|partners|family|wellness|pllc|internal|doctors|primary|group'.split(
    '|',
  );
export const practiceLike = new RegExp(String.raw`\b(${practiceWords.join('|')})\b`, 'i');

const titled = (words: readonly Word[]): boolean => {
  const text = textOf(leading(words));
  return (
    practiceLike.test(text) &&
    !read.isSpecialtyName(text) &&
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
