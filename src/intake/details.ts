import { distance } from 'fastest-levenshtein';
import { dateIn, emptyWords, misread, type Value } from './values.ts';

/** What follows the one marked pair of brackets among several: "[ ] Male [X] Female". Null: no such choice. */
function marked(text: string): string | null {
  const choices = [...text.matchAll(/[[({]\s*([xX✓✔*]?)\s*[\])}]\s*([^[({]+)/g)];
  const [only, other] = choices.filter(([, mark]) => mark !== '');
  return choices.length >= 2 && only && !other ? (only[2] ?? null) : null;
}

/** "Female", "F", "woman" → "F"; "male", "M", "man" → "M". */
export function readSex(printed: string): Value | null {
  const text = marked(printed) ?? printed;
  const word = /^\W*(female|male|woman|man|girl|boy|f|m)\b/i.exec(text)?.[1]?.toLowerCase();
  if (word === undefined) return null;
  return { value: /^(f|w|g)/.test(word) ? 'F' : 'M', worth: word.length > 1 ? 1 : 0.95 };
}

const states =
  'AL|AK|AZ|AR|CA|CO|CT|DE|DC|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|ND|OH|OK|OR|PA|RI|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY|PR';
const addressShape = new RegExp(
  `((?:(?:RR|HC) )?\\d{1,6}|P\\.? ?O\\.? Box) .{3,70}?,? (${states})\\b,? +(\\d{5})(-\\d{4})?`,
  'i',
);

/** A street address of the United States, from house number to ZIP. */
export function readAddress(text: string): Value | null {
  const clean = text
    .replace(/[[|]A(?=,? \d{5})/, 'IA')
    .replace(/\b0(?=[HKR],? \d{5})/, 'O')
    .replace(/[|_~*]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const whole = addressShape.exec(clean);
  if (whole) return { value: whole[0], worth: whole.index < 3 ? 1 : 0.9 };
  const street = /^\W*(\d{1,6} [A-Z0-9].{4,60})$/i.exec(clean)?.[1];
  return street && /[a-z]{3}/i.test(street) ? { value: street, worth: 0.5 } : null;
}

/** A chart number: four to twelve letters and digits, mostly digits; up to three may end it ("8831-A"). */
export function readMrn(text: string): Value | null {
  const value = /^\W*([A-Z]{0,4}-?\d[\dOIlSB-]{2,12}\d(?:-[A-Z0-9]{1,3}(?![\w-]))?)\b/i.exec(text)?.[1];
  if (value === undefined || dateIn(text, null) !== null || /^\W*\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}/.test(text))
    return null;
  const digits = value.replace(/(?<=\d)[OIlSB](?=\d|$)/g, (letter) => misread[letter] ?? letter);
  return { value: digits.toUpperCase(), worth: digits === value ? 1 : 0.7 };
}

/** A number that a payer gave: it has four digits at least, and no sign in it that no number has. */
export function readAuthorization(text: string): Value | null {
  if (emptyWords.test(text) || dateIn(text, null) !== null) return null;
  const value = /^[\W_]*([A-Z0-9][A-Z0-9-]{3,16}[A-Z0-9])(?!-?\w|[%&$@*?]\w)/i.exec(text)?.[1]?.replace(/Q(?=\d)/, '0');
  if (value === undefined || (value.match(/\d/g) ?? []).length < 4) return null;
  return { value: value.toUpperCase(), worth: /[OIl]/.test(value) ? 0.85 : 1 };
}

/** A day that is not a birth date: of this century, and not after `today` (ISO) by more than a year. */
export function readDate(text: string, today: string | null): Value | null {
  const found = dateIn(text, today);
  return found && found.value >= '2000' && (today === null || found.value <= today) ? found : null;
}

/** Routine, urgent or stat, as a form or a sentence says it. */
export function readUrgency(printed: string): Value | null {
  const text = marked(printed) ?? printed;
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
      const more = same && words.slice(from + length).some((word) => isSpecialty(word));
      if (same) return { value: same.name, worth: more ? 0.5 : from === 0 ? 1 : 0.85 };
      const close = letters.length > 5 ? letterList.filter((each) => within(each.letters, letters)) : [];
      if (close.length === 1 && close[0]) return { value: close[0].name, worth: 0.85 };
    }
  return null;
}

/** A list to choose from names several. */
const isSpecialty = (word: string): boolean => letterList.some(({ letters }) => letters === word.toLowerCase());

/** Whether a text is the name of a specialty and nothing else. */
export function isSpecialtyName(text: string): boolean {
  const own = text.toLowerCase().replace(/[^a-z]/g, '');
  return letterList.some(({ letters }) => letters === own || (own.length > 5 && within(letters, own)));
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
