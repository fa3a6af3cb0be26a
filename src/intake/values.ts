import { parsePhoneNumberFromString } from 'libphonenumber-js/min';

/** A value in canonical form, and how far the printed form proves it: 0 to 1. */
export interface Value {
  readonly value: string;
  readonly worth: number;
}

const credentials =
  /^(md|do|np|pa|rn|fnp|fnpc|fnpbc|pac|facp|facc|faap|dnp|aprn|arnp|cnp|crnp|phd|dds|dmd|dpm|mph|mbbs|cnm|lcsw)$/;
const titles = /^(dr|pr|mr|mrs|ms|miss|prof)$/;
const notNames =
  /^(referral|referring|new|patient|provider|physician|medical|health|clinic|center|department|dept|assistant|coordinator|information|demographics|insurance|name|date|phone|fax|face|sheet|intake|office|records|dob|sex|member|none|self|order|request|form|signature|printed|for|see|the|and|of|is|was|with|please|to|from|your|our|attached|consult|consultation|return|group|associates|family|care|page|id|mrn|npi|am|pm|progress|note|notes|visit|report|history|exam|summary|results|born|aged|age|male|female|year|years|yo)$/;

const bare = (token: string): string => token.toLowerCase().replace(/[^\p{L}]/gu, '');

/** "LAST, First M", "Dr. First Last, MD" → "First M Last". Null when it is no person's name. */
export function readName(text: string): Value | null {
  const printed = text
    .replace(/(?<=\p{Lu})!/gu, 'I')
    // No name begins with l and a consonant: "lvanov". One letter alone before an I or an l is its other half.
    .replace(/(?<![\p{L}'’-])[l|](?=[bcdfgkmnpqrstvxz]\p{Ll})/gu, 'I')
    .replace(/(?<!\S)[Il|] (?=[Il]\p{Ll})/gu, '')
    .replace(/\(.*$/, '')
    .replace(/(?<=\p{L})[‘`](?=\p{L})/gu, '’')
    .replace(/[“”"‘|_~*]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    // "Dr." before both names.
    .replace(/^[OB]r[.,] (?=\p{L}{2,} \p{L}{2})/u, '')
    // A comma that lost its tail.
    .replace(/^(\p{L}{5,})\.(?= \p{L}{2})/u, '$1,');
  const clean = printed.replace(smallI, 'I');
  const parts = clean.split(',').map((part) => part.trim().split(' ').filter(isNameToken));
  const [first = [], second = []] = parts;
  const inverted = second.length > 0 && first.length <= 2 && second.every((token) => nameLike(token) && !small(token));
  const tokens = inverted ? [...second, ...first] : first;
  const mixed = tokens.some(small) && !tokens.every((token) => /^\p{Ll}/u.test(token));
  const fit = tokens.length >= 2 && tokens.length <= 4 && tokens.every(nameLike) && !mixed;
  if (!fit || bare(tokens.at(-1) ?? '').length < 2 || bare(tokens[0] ?? '').length < 2) return null;
  const family = tilded(tokens.at(-1) ?? '');
  const value = [...tokens.slice(0, -1), family].map(capitalised).join(' ');
  return { value, worth: family !== tokens.at(-1) || clean !== printed ? 0.75 : credentialed(clean) ? 1 : 0.95 };
}

/** A large I that was read as a small one, or as a t no word begins with: "Oduya, ingrid", "Tamsin tvanov". */
const smallI = /(?<=^\p{Lu}\p{Ll}+,? )(i(?=[dgmnrsv]\p{Ll}{3,}(,|$))|t(?=[bdgmnv]\p{Ll}{3,}(,|$)))/u;

/** The engine has no ñ and no ü and makes them "fi" and "ii": Nufiez, Griinewald. No family name hardly has that otherwise. */
const tilded = (family: string): string =>
  family
    .replace(/(?<=[aeiou])fi(?=[aeo])/g, 'ñ')
    .replace(/(?<=[AEIOU])FI(?=[AEO])/g, 'Ñ')
    .replace(/(?<=[bdfghklmnprstz])ii(?=[bcdfghklmnprst])/g, 'ü');

/** Whether a name carries a clinician's credential or title. */
export const credentialed = (text: string): boolean =>
  text.split(/[\s,]+/).some((token) => credentials.test(bare(token)) || /^dr\.?$/i.test(token));

const isNameToken = (token: string): boolean =>
  bare(token) !== '' && !credentials.test(bare(token)) && !titles.test(bare(token));

const nameLike = (token: string): boolean => /^\p{L}[\p{L}'’.-]*$/u.test(token) && !notNames.test(bare(token));

/** Between a capitalised name and its end only these are small: the rest of a sentence is no name. */
const particles = /^(de|del|della|der|den|di|da|dos|du|la|le|van|von|bin|ibn|al|el|y|e|ter|ten|st)$/;
const small = (token: string): boolean => /^\p{Ll}/u.test(token) && !particles.test(token);

const risen = (word: string): string =>
  word.replace(/(^|[-'’])(\p{L})/gu, (_, mark: string, letter: string) => mark + letter.toUpperCase());

/** "PETERSON" and "LOpez" become "Peterson" and "Lopez"; "McDonald", "DeLuca" and "O'Neil" stay; "MCDONALD" is "McDonald". */
function capitalised(token: string): string {
  const plain = token.replace(/\.$/, '');
  const known = plain.length < 3 || /^\p{L}[\p{Ll}'’]*([-'’\p{Lu}][\p{Ll}'’]+)*$/u.test(plain);
  if (known) return risen(plain);
  return /^MC\p{Lu}{4,}$/u.test(plain) ? `Mc${risen(plain.slice(2).toLowerCase())}` : risen(plain.toLowerCase());
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** A date of birth as ISO date. US order; `today` (ISO) is the latest day the papers speak of: nobody on them is born
 *  later, nor 120 years before. Two digits of a year mean the past century when this one has not come so far. */
export function readBirthDate(text: string, today: string | null): Value | null {
  const found = dateIn(combed(text)?.replace(/^(..)(..)(....)$/, '$1/$2/$3') ?? text, today);
  if (!found) return null;
  const age = today === null ? 50 : Number(today.slice(0, 4)) - Number(found.value.slice(0, 4));
  if (age < 0 || age > 120 || (today !== null && found.value > today)) return null;
  return { ...found, worth: found.value === today ? found.worth * 0.5 : found.worth };
}

/** The first date in a text. */
export function dateIn(text: string, today: string | null): Value | null {
  const digits = text
    .replace(/(?<=[\d/.-])[OoQ]|[OoQ](?=[\d/.-])/g, '0')
    .replace(/(?<=[\d/.-])[lI|]|[lI|](?=\d|[/.-]\d)/g, '1');
  const iso = /\b(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\b/.exec(digits);
  if (iso) return dated(iso[1], iso[2], iso[3], 1);
  const us = /(?<!\d)(\d{1,2}) ?[-/.] ?(\d{1,2}) ?[-/.] ?(\d{4}|\d{2})(?!\d)/.exec(digits);
  if (us) {
    const short = us[3]?.length === 2;
    return dated(short ? century(us[3], today) : us[3], us[1], us[2], short ? 0.7 : 1);
  }
  const spelt = /\b([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?(?:[.,] ?| )(\d{4})\b/i.exec(digits);
  const month = months.indexOf(spelt?.[1]?.slice(0, 3).toLowerCase() ?? '');
  return month >= 0 ? dated(spelt?.[3], String(month + 1), spelt?.[2], 0.95) : null;
}

function century(years: string | undefined, today: string | null): string {
  const now = Number(today?.slice(2, 4) ?? 30);
  return `${Number(years) > now ? '19' : '20'}${years ?? ''}`;
}

function dated(year = '', month = '', day = '', worth: number): Value | null {
  const [m, d] = Number(month) > 12 && Number(day) <= 12 ? [day, month] : [month, day];
  const value = `${year}-${m.padStart(2, '0')}-${d.padStart(2, '0')}`;
  const date = new Date(`${value}T00:00:00Z`);
  const real = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value);
  return real && Number(year) >= 1890 && Number(year) < 2100
    ? { value, worth: m === month ? worth : worth * 0.8 }
    : null;
}

export const misread: Readonly<Record<string, string>> = {
  O: '0',
  o: '0',
  Q: '0',
  D: '0',
  I: '1',
  l: '1',
  '|': '1',
  i: '1',
  S: '5',
  s: '5',
  B: '8',
  Z: '2',
  z: '2',
  G: '6',
};

/** Letters that stand for digits where only digits may stand. */
export const asDigits = (text: string): string => Array.from(text, (letter) => misread[letter] ?? letter).join('');

/** As North American numbers are printed: three, three and four figures. */
const northAmerican = /(?<![\d-])(?:\+?1[ .-]?)?\(?[2-9]\d{2}\)?[ .-]{0,3}[2-9]\d{2}[ .-]{1,3}\d{4}(?!\d)/;

/** One letter a cell: the lines between are read as strokes and brackets. The letters alone; null: no such comb. */
export const combed = (text: string): string | null =>
  (text.match(/[|\][(){}/\\]/g) ?? []).length >= 4 ? text.replace(/[^A-Za-z0-9]/g, '') : null;

/** A telephone number as E.164, North American unless it says otherwise. */
export function readPhone(printed: string): Value | null {
  const text = combed(printed) ?? printed;
  const shape = northAmerican.exec(text) ?? /[+({[]?[\dOolISBZ|][\dOolISBZ|()[\]{}.\s-]{7,18}[\dOolISBZ|]/.exec(text);
  if (!shape) return null;
  const repaired = asDigits(shape[0]);
  const number = parsePhoneNumberFromString(repaired, 'US');
  if (!number?.isPossible() || /^\+1[01]|^\+1...[01]/.test(number.number)) return null;
  return { value: number.number, worth: repaired === shape[0] ? 1 : 0.7 };
}

/** The digit that fax and OCR most often make of another. More partners would leave no number without a rival. */
const lookalikes: Readonly<Record<string, string>> = {
  0: '8',
  1: '7',
  3: '8',
  4: '9',
  5: '6',
  6: '5',
  7: '1',
  8: '3',
  9: '4',
};

/** A National Provider Identifier: ten digits, Luhn over 80840 and them (CMS, NPI check digit). One misread digit is
 *  mended when exactly one lookalike checks; a mended number is worth little, as one in ten random numbers checks. */
export function readNpi(printed: string): Value | null {
  const text = combed(printed) ?? printed;
  const joined = text.replace(/^\W*N?P[I1l|][:#.\s]*(?=[\dOIlSBZG|]{10}\b)/, '');
  const shape = /(?<![\dA-Za-z])[12Il|][\dOIlSBZG|]{9}(?![\dA-Za-z])/.exec(joined);
  if (!shape) return null;
  const digits = asDigits(shape[0]);
  if (npiChecks(digits)) return { value: digits, worth: digits === shape[0] ? 1 : 0.85 };
  const mended = new Set<string>();
  for (const [at, digit] of Array.from(digits).entries()) {
    const candidate = digits.slice(0, at) + (lookalikes[digit] ?? digit) + digits.slice(at + 1);
    if (npiChecks(candidate)) mended.add(candidate);
  }
  const [only] = mended;
  return only !== undefined && mended.size === 1 ? { value: only, worth: 0.5 } : null;
}

function npiChecks(digits: string): boolean {
  if (!/^[12]\d{9}$/.test(digits)) return false;
  let sum = 0;
  for (const [i, digit] of Array.from(`80840${digits}`).reverse().entries()) {
    const doubled = Number(digit) * (i % 2 === 1 ? 2 : 1);
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** A sentence or two in the sender's own words. */
export function readReason(text: string): Value | null {
  const value = text
    .replace(/^[\s:|._~*-]+|[\s|_~*]+$/g, '')
    .replace(/\s+/g, ' ')
    .replace(/[.,] (He|She|They|I|His|Her|Past|The patient|Please|Current)\b.*$/, '')
    .slice(0, 300)
    // What a form lets be chosen beside it.
    .replace(/(\W+(routine|urgent|stat|emergent|elective)\b){2,}\W*$/i, '');
  const letters = value.replace(/[^a-z]/gi, '').length;
  return letters >= 6 && letters > value.length * 0.5 ? { value, worth: 0.95 } : null;
}

/** What people write where there is nothing to say. */
export const emptyWords =
  /^\W*(none|n\/?a|unknown|pending|not? (required|needed|on file)|nil|see|same|required|attached)\b/i;
