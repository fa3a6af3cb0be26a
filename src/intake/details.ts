import { distance } from 'fastest-levenshtein';
import { asDigits, dateIn, misread, type Value } from './values.ts';

/** "Female", "F", "woman" → "F"; "male", "M", "man" → "M". */
export function readSex(text: string): Value | null {
  const word = /^\W*(female|male|woman|man|girl|boy|f|m)\b/i.exec(text)?.[1]?.toLowerCase();
  if (word === undefined) return null;
  return { value: /^(f|w|g)/.test(word) ? 'F' : 'M', worth: word.length > 1 ? 1 : 0.95 };
}

const states =
  'AL|AK|AZ|AR|CA|CO|CT|DE|DC|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|ND|OH|OK|OR|PA|RI|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY|PR';
const addressShape = new RegExp(`(\\d{1,6}|P\\.? ?O\\.? Box) .{3,70}?,? (${states})\\b,? +(\\d{5})(-\\d{4})?`, 'i');

/** A street address of the United States, from house number to ZIP. */
export function readAddress(text: string): Value | null {
  const clean = text
    .replace(/[|_~*]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const whole = addressShape.exec(clean);
  if (whole) return { value: whole[0], worth: whole.index < 3 ? 1 : 0.9 };
  const street = /^\W*(\d{1,6} [A-Z0-9].{4,60})$/i.exec(clean)?.[1];
  return street && /[a-z]{3}/i.test(street) ? { value: street, worth: 0.5 } : null;
}

export const payers = [
  'Aetna',
  'Cigna',
  'UnitedHealthcare',
  'United Healthcare',
  'UHC',
  'Blue Cross Blue Shield',
  'BCBS',
  'Anthem BCBS',
  'Anthem',
  'Anthem Blue Cross',
  'Blue Shield of California',
  'BCBS of Texas',
  'BCBS of Illinois',
  'Florida Blue',
  'Highmark',
  'Humana',
  'Humana Medicare Advantage',
  'Kaiser Permanente',
  'Molina Healthcare',
  'Ambetter',
  'Centene',
  'Oscar Health',
  'Medicare',
  'Medicare Part B',
  'Medicaid',
  'Tricare',
  'Tricare East',
  'Tricare West',
  'WellCare',
  'Amerigroup',
  'CareSource',
  'Regence',
  'Premera',
  'EmblemHealth',
  'HealthNet',
  'Health Net',
  'Magellan',
  'Optum',
  'Priority Health',
  'Geisinger',
  'UPMC Health Plan',
  'Independence Blue Cross',
  'Horizon BCBS',
  'Harvard Pilgrim',
  'Tufts Health Plan',
  'Bright Health',
  'Devoted Health',
  'Clover',
  'Self Pay',
  'Aetna Better Health',
  'Medi-Cal',
  'Buckeye Health',
  'Meridian',
  'Sunshine Health',
  'Peach State',
  'SelectHealth',
  'Providence Health Plan',
  'Moda Health',
  'PacificSource',
  'GEHA',
  'Meritain',
  'UMR',
  'Cigna PPO',
  'Aetna PPO',
  'Aetna HMO',
];

/** The payer's name before its numbers; worth more when it is one that we know. */
export function readPayer(text: string): Value | null {
  const value = text
    .replace(/\b([i1l|]d|member|policy|group|grp|subscriber|plan id)\b.*$/i, '')
    .replace(/[|_~*:]/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[\W]+|[\s,;.-]+$/g, '')
    .trim();
  if (
    value.replace(/[^a-z]/gi, '').length < 3 ||
    value.length > 45 ||
    /^(none|n\/a|self pay only|on file)/i.test(value)
  )
    return null;
  const known = payers.some((payer) => alike(payer, value));
  return { value, worth: known ? 1 : /\d{3}/.test(value) ? 0.3 : 0.8 };
}

const alike = (a: string, b: string): boolean => {
  const [x, y] = [a, b].map((each) => each.toLowerCase().replace(/[^a-z]/g, ''));
  return x === y || (y?.startsWith(x ?? '-') ?? false);
};

const emptyWords = /^\W*(none|n\/?a|unknown|pending|not? (required|needed|on file)|nil|see|same|required|attached)\b/i;

/** A number on an insurance card: six to twenty letters and digits, four digits at least. */
export function readMemberId(text: string): Value | null {
  if (emptyWords.test(text)) return null;
  const shape = /[A-Z0-9][A-Z0-9-]{4,19}(?: [A-Z0-9-]{2,6}(?=\s|$))*/i.exec(text.replace(/[|_~*]/g, ' '));
  const value = shape?.[0].replace(/\s+/g, ' ').replace(/-+$/, '').trim() ?? '';
  const letters = value.replace(/[^A-Z0-9]/gi, '');
  if (letters.length < 5 || (value.match(/\d/g) ?? []).length < 4) return null;
  // Three letters before the figures are usual: the prefix of a Blue plan.
  const whole = value
    .toUpperCase()
    .replace(/^0(?=[A-Z]{2}\d)/, 'O')
    .replace(/(?<=^[A-Z]{3})O(?=\d)/, '0');
  return { value: whole, worth: /[OIl]|^0/.test(value) ? 0.85 : 1 };
}

/** The group of an insurance: three to fifteen letters and digits. */
export function readGroup(text: string): Value | null {
  if (emptyWords.test(text)) return null;
  const value = /^[\W]*([A-Z0-9][A-Z0-9l-]{2,14})\b/.exec(text)?.[1];
  if (value === undefined || !/\d/.test(value)) return null;
  const whole = value.replace(/(?<=^[A-Z]{2,3})[\dOIlSB]+$/, (tail) => asDigits(tail));
  return { value: whole, worth: whole === value ? 0.95 : 0.8 };
}

/** A chart number: four to twelve letters and digits, mostly digits. */
export function readMrn(text: string): Value | null {
  const value = /^\W*([A-Z]{0,4}-?\d[\dOIlSB-]{2,12}\d)\b/i.exec(text)?.[1];
  if (value === undefined || dateIn(text, null) !== null || /^\W*\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}/.test(text))
    return null;
  const digits = value.replace(/(?<=\d)[OIlSB](?=\d|$)/g, (letter) => misread[letter] ?? letter);
  return { value: digits.toUpperCase(), worth: digits === value ? 1 : 0.7 };
}

/** A number that a payer gave: it has four digits at least. */
export function readAuthorization(text: string): Value | null {
  if (emptyWords.test(text) || dateIn(text, null) !== null) return null;
  const value = /^\W*([A-Z0-9][A-Z0-9-]{4,17})\b/i.exec(text)?.[1];
  if (value === undefined || (value.match(/\d/g) ?? []).length < 4) return null;
  return { value: value.toUpperCase(), worth: /[OIl]/.test(value) ? 0.85 : 1 };
}

/** A day that is not a birth date: of this century, and not after `today` (ISO) by more than a year. */
export function readDate(text: string, today: string | null): Value | null {
  const found = dateIn(text, today);
  return found && found.value >= '2000' && (today === null || found.value <= today) ? found : null;
}

/** Routine, urgent or stat, as a form or a sentence says it. */
export function readUrgency(text: string): Value | null {
  const said = text.match(/\b(stat|urgent|routine)\b/gi) ?? [];
  if (new Set(said.map((each) => each.toLowerCase())).size > 1) return null;
  const word = /\b(stat|emergent|emergency|urgent|asap|expedited?|routine|elective|standard|non-urgent)\b/i.exec(
    text,
  )?.[1];
  if (word === undefined) return null;
  const kind = word.toLowerCase();
  if (/^(routine|elective|standard|non)/.test(kind)) return { value: 'routine', worth: 1 };
  return { value: /^(stat|emerg)/.test(kind) ? 'stat' : 'urgent', worth: /^(stat|urgent)/.test(kind) ? 1 : 0.8 };
}

export const specialties = [
  'Allergy and Immunology',
  'Allergy',
  'Audiology',
  'Bariatric Surgery',
  'Behavioral Health',
  'Cardiology',
  'Cardiothoracic Surgery',
  'Dermatology',
  'Endocrinology',
  'ENT',
  'Otolaryngology',
  'Gastroenterology',
  'General Surgery',
  'Genetics',
  'Geriatrics',
  'Gynecology',
  'Hematology',
  'Hematology/Oncology',
  'Oncology',
  'Infectious Disease',
  'Interventional Radiology',
  'Nephrology',
  'Neurology',
  'Neurosurgery',
  'Obstetrics',
  'OB/GYN',
  'Ophthalmology',
  'Optometry',
  'Oral Surgery',
  'Orthopedics',
  'Orthopedic Surgery',
  'Orthopaedics',
  'Pain Management',
  'Palliative Care',
  'Pediatric Cardiology',
  'Pediatric Neurology',
  'Pediatrics',
  'Physiatry',
  'Physical Therapy',
  'Occupational Therapy',
  'Speech Therapy',
  'Plastic Surgery',
  'Podiatry',
  'Psychiatry',
  'Psychology',
  'Pulmonology',
  'Pulmonary',
  'Radiation Oncology',
  'Rheumatology',
  'Sleep Medicine',
  'Sports Medicine',
  'Transplant',
  'Urogynecology',
  'Urology',
  'Vascular Surgery',
  'Wound Care',
  'Maternal Fetal Medicine',
  'Hepatology',
  'Retina',
];

const letterList = specialties.map((name) => ({ name, letters: name.toLowerCase().replace(/[^a-z]/g, '') }));

/** A specialty by its name, a slip of the reader for every six letters allowed. */
export function readSpecialty(text: string): Value | null {
  const words = text
    .replace(/[^A-Za-z/ ]/g, ' ')
    .split(/\s+/)
    .filter(Boolean);
  for (let length = Math.min(3, words.length); length > 0; length--)
    for (let from = 0; from + length <= Math.min(words.length, 6); from++) {
      const letters = words
        .slice(from, from + length)
        .join('')
        .toLowerCase()
        .replace(/[^a-z]/g, '');
      const same = letterList.find((each) => each.letters === letters);
      if (same) return { value: same.name, worth: from === 0 ? 1 : 0.85 };
      const close = letters.length > 5 ? letterList.filter((each) => within(each.letters, letters)) : [];
      if (close.length === 1 && close[0]) return { value: close[0].name, worth: 0.85 };
    }
  return null;
}

const within = (a: string, b: string): boolean => {
  const slips = Math.floor(a.length / 6);
  return Math.abs(a.length - b.length) <= slips && distance(a, b) <= slips;
};

const practiceWords =
  /\b(medicine|medical|health|healthcare|clinic|associates|physicians|pediatrics|center|centre|care|practice|group|partners|internal|family|wellness|pllc|llc|p\.?c|doctors|specialists|hospital|primary|community|internists|cardiology|women'?s)\b/i;

/** A practice's name, as a letterhead or a form gives it. */
export function readPractice(text: string): Value | null {
  const value = text
    .replace(/ [-–|•] .*$/, '')
    .replace(/[|_~*]/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^\W+|[\s,;:.-]+$/g, '')
    .trim();
  if (value.length < 5 || value.length > 60 || /\d{3}/.test(value) || value.replace(/[^a-z]/gi, '').length < 5)
    return null;
  const known = practiceWords.test(value);
  return { value, worth: known ? 1 : 0.7 };
}
