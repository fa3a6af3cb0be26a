import type { Word } from '../core/page.ts';
import { candidate, type Candidate, type Sheet } from './sheet.ts';
import { readDiagnoses } from './diagnoses.ts';
import { rightOf } from './nearby.ts';
import { around, heightOf, textOf } from './rows.ts';
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

/** The name that stands alone in the line over a chart number or birth date, as EHRs head their orders. */
function nameOver({ rows, index }: Sheet): Candidate[] {
  return rows.flatMap((row, at) => {
    const [first] = row.labels;
    const over = rows[at - 1];
    const heads = first?.from === 0 && /^(mrn|dob|date of birth)$/.test(first.text);
    if (!heads || !over || over.labels.length > 0 || over.words.length > 5) return [];
    const near = around(row.words).y - around(over.words).y < heightOf(row.words) * 3;
    const value = near ? read.readName(textOf(over.words)) : null;
    return value ? [candidate('patient.name', { ...value, worth: 0.85 }, index, over.words, 0.9)] : [];
  });
}

/** What stands in running text anywhere: a clinician's number, an insurance in one line, sex beside the age, codes. */
export function proseCandidates(sheet: Sheet): Candidate[] {
  const found: Candidate[] = [];
  for (const row of sheet.rows)
    for (const word of row.words) {
      const npi = /^N?P[I1l|]:?\d/.test(word.text) ? read.readNpi(word.text) : null;
      if (npi) found.push(candidate('referrer.npi', npi, sheet.index, [word], 0.95));
    }
  const trust = sheet.kind === 'referral' ? 0.9 : sheet.kind === 'note' ? 0.6 : 0;
  const more = [insured, aged, born, fromWhom, titleOf, nameOver].flatMap((each) => each(sheet));
  return [...found, ...more, ...(trust > 0 ? codes(sheet, trust) : [])];
}

const by = /^(with|by|through|under)$/i;

/** "Insurance: Tricare East ID 432-23-6273 Group 12": what follows the payer on its line. */
function insured({ rows, index }: Sheet): Candidate[] {
  return rows.flatMap((row) => {
    const label = row.labels.find(({ side }) => side === 'coverage');
    const told = row.words.findIndex(({ text }, i) => /^insured$/i.test(text) && by.test(row.words[i + 1]?.text ?? ''));
    if (!label && told < 0) return [];
    const after = row.words.slice(label ? label.to : told + 2);
    const comma = after.findIndex(({ text }) => text.endsWith(','));
    const payer = label || comma < 0 ? null : read.readPayer(textOf(after.slice(0, comma + 1)));
    const named = payer ? [candidate('coverage.payer', payer, index, after.slice(0, comma + 1), 0.9)] : [];
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
      ...named,
      ...numbers('coverage.memberId', /^([i1l|]d|member|policy|subscriber)[#:]*$/i),
      ...numbers('coverage.group', /^(group|grp)[#:]*$/i),
    ];
  });
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

/** "RE: Ada Lee, born 08/14/2019", and sex in words behind a birth date: "DOB: 3/7/1961  Female". */
function born({ rows, index, today }: Sheet): Candidate[] {
  return rows.flatMap(({ words }) => {
    const at = words.findIndex(({ text }) => /^\W*(born|dob|d\.o\.b|birthdate)\W*$/i.test(text));
    if (at < 0) return [];
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

function codes({ rows, index }: Sheet, trust: number): Candidate[] {
  const words = rows.flatMap((row) => row.words).filter(({ text }) => readDiagnoses(text, false) !== null);
  const value = readDiagnoses(textOf(words), false);
  return value ? [candidate('service.diagnoses', value, index, words, trust)] : [];
}

/** The sender's name over the page, and the numbers under it. */
export function letterheads(sheet: Sheet): Candidate[] {
  const { rows, index, kind, page, labelsUnder } = sheet;
  if (!['referral', 'cover', 'note'].includes(kind)) return [];
  const found: Candidate[] = [];
  const top = rows.slice(0, 9).filter(({ words }) => (words[0]?.box.y ?? 0) < page.height * 0.24);
  const head = top.findIndex(
    (row, at) => row.labels.length === 0 && titled(row.words) && !(labelsUnder && top[at + 1]?.labels.length),
  );
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
      const words = at < 0 || /^to\W*$/i.test(row.words[at + 1]?.text ?? '') ? [] : row.words.slice(at + 1, at + 4);
      const value = at < 0 ? null : read.readPhone(textOf(words));
      const ofOthers = row.labels.some(({ side }) => side === 'patient' || side === 'recipient');
      if (value && !ofOthers)
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
