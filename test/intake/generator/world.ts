import type { Chance } from './chance.ts';

/** Invented people, practices and complaints. Nothing here stands in the sample under test/fixtures. */

const given = [
  'Adaeze',
  'Benjamin',
  'Carla',
  'Dmitri',
  'Esther',
  'Farid',
  'Grace',
  'Hugo',
  'Ingrid',
  'Jerome',
  'Kavita',
  'Leon',
  'Marisol',
  'Noah',
  'Ophelia',
  'Priya',
  'Quentin',
  'Rosalind',
  'Stefan',
  'Tamsin',
  'Ursula',
  'Victor',
  'Wendy',
  'Yusuf',
];
const family = [
  'Abernathy',
  'Barlow',
  'Castellano',
  'Drummond',
  'Espinoza',
  'Fairbanks',
  'Goldberg',
  'Hathaway',
  'Ivanov',
  'Jankowski',
  'Kettering',
  'Lindqvist',
  'Mbeki',
  'Nakamura',
  'Oduya',
  'Pemberton',
  'Rasmussen',
  'Sandoval',
  'Thibodeaux',
  'Underwood',
  'Vasquez',
  'Whitlock',
  'Yamada',
  'Zimmerman',
];
const streets = [
  'Alder Ct',
  'Beacon Hill Rd',
  'Copper Mill Dr',
  'Dogwood Ln',
  'Elmhurst Ave',
  'Fox Hollow Way',
  'Granite St',
  'Harbor View Pl',
];
const towns = [
  'Albany, NY 12207',
  'Boulder, CO 80302',
  'Dayton, OH 45402',
  'Eugene, OR 97401',
  'Fresno, CA 93721',
  'Macon, GA 31201',
  'Peoria, IL 61602',
  'Tulsa, OK 74103',
];
const practices = [
  'Cedar Ridge Family Medicine',
  'Harborview Internal Medicine',
  'Lakeshore Primary Care',
  'Pine Street Pediatrics',
  'Riverbend Medical Associates',
  'Summit Health Partners',
  'Twin Oaks Clinic',
  'Willow Creek Physicians',
];
const areas = ['212', '303', '404', '505', '617', '713', '816', '925'];
const payers = [
  'Aetna',
  'Blue Cross Blue Shield',
  'Cigna',
  'Humana',
  'UnitedHealthcare',
  'Medicare',
  'Molina Healthcare',
  'Kaiser Permanente',
];

const complaints = [
  ['Cardiology', 'Palpitations with two episodes of syncope, abnormal Holter', ['R00.2', 'R55']],
  ['Dermatology', 'Changing pigmented lesion on the left shoulder', ['D22.61', 'L81.4']],
  ['Endocrinology', 'Thyroid nodule of 14 mm, please advise on biopsy', ['E04.1']],
  ['Gastroenterology', 'Iron deficiency with positive stool test', ['D50.9', 'R19.5']],
  ['Nephrology', 'Creatinine rising over six months, proteinuria', ['N18.32', 'R80.9']],
  ['Neurology', 'Weekly migraine in spite of two preventives', ['G43.709']],
  ['Orthopedics', 'Right knee locks and swells after a twist', ['M23.91', 'M25.561']],
  ['Pulmonology', 'Exertional dyspnea, restrictive pattern on spirometry', ['R06.09', 'J98.4']],
  ['Rheumatology', 'Symmetric hand pain with raised inflammatory markers', ['M06.9', 'R79.82']],
  ['Urology', 'Painless visible haematuria', ['R31.0', 'N40.1']],
] as const;

export interface Sender {
  readonly practice: string;
  readonly phone: string;
  readonly fax: string;
  readonly address: string;
  readonly provider: { readonly first: string; readonly last: string; readonly npi: string };
  /** Which of the forms they use, and how they print. */
  readonly form: number;
  readonly font: number;
  readonly phoneStyle: number;
  readonly dateStyle: number;
  /** Fill their forms with a pen-like font. */
  readonly pen: boolean;
}

export interface Patient {
  readonly first: string;
  readonly last: string;
  readonly dob: string;
  readonly sex: 'F' | 'M';
  readonly phone: string;
  readonly address: string;
  readonly mrn: string;
  readonly payer: string;
  readonly memberId: string;
  readonly group: string | null;
}

export interface Case {
  readonly patient: Patient;
  readonly specialty: string;
  readonly reason: string;
  readonly dx: readonly string[];
  readonly urgency: 'routine' | 'urgent' | 'stat';
  readonly date: string;
  readonly authNo: string | null;
}

export function senderOf(chance: Chance, at: number): Sender {
  return {
    practice: practices[at % practices.length] ?? '',
    phone: telephone(chance),
    fax: telephone(chance),
    address: `${chance.digits(4)} ${chance.pick(streets)}, ${chance.pick(towns)}`,
    provider: { first: chance.pick(given), last: chance.pick(family), npi: npi(chance) },
    form: at,
    font: chance.int(6),
    phoneStyle: chance.int(3),
    dateStyle: chance.int(3),
    pen: chance.yes(0.12),
  };
}

export function patientOf(chance: Chance): Patient {
  const payer = chance.pick(payers);
  return {
    first: chance.pick(given),
    last: chance.pick(family),
    dob: `${1935 + chance.int(85)}-${two(1 + chance.int(12))}-${two(1 + chance.int(28))}`,
    sex: chance.pick(['F', 'M'] as const),
    phone: telephone(chance),
    address: `${chance.digits(3)} ${chance.pick(streets)}, ${chance.pick(towns)}`,
    mrn: chance.digits(7),
    payer,
    memberId: `${chance.pick(['W', 'XK', 'HN', ''])}${chance.digits(9)}`,
    group: payer === 'Medicare' || chance.yes(0.3) ? null : chance.digits(6),
  };
}

export function caseOf(chance: Chance): Case {
  const [specialty, reason, dx] = chance.pick(complaints);
  return {
    patient: patientOf(chance),
    specialty,
    reason,
    dx,
    urgency: chance.pick(['routine', 'routine', 'urgent', 'stat'] as const),
    date: `2026-0${1 + chance.int(6)}-${two(1 + chance.int(28))}`,
    authNo: chance.yes(0.3) ? `PA${chance.digits(7)}` : null,
  };
}

const two = (number: number): string => String(number).padStart(2, '0');
const telephone = (chance: Chance): string => `${chance.pick(areas)}${2 + chance.int(8)}${chance.digits(6)}`;

/** Ten digits whose last checks (Luhn over 80840 and them). */
function npi(chance: Chance): string {
  const nine = `1${chance.digits(8)}`;
  for (let last = 0; last < 10; last++) {
    const sum = Array.from(`80840${nine}${last}`)
      .reverse()
      .reduce((total, digit, i) => {
        const value = Number(digit) * (i % 2 === 1 ? 2 : 1);
        return total + (value > 9 ? value - 9 : value);
      }, 0);
    if (sum % 10 === 0) return `${nine}${last}`;
  }
  return nine;
}

export const phoneText = (digits: string, style: number): string => {
  const [a, b, c] = [digits.slice(0, 3), digits.slice(3, 6), digits.slice(6)];
  return [`(${a}) ${b}-${c}`, `${a}-${b}-${c}`, `${a}.${b}.${c}`][style] ?? digits;
};

export const dateText = (iso: string, style: number): string => {
  const [y = '', m = '', d = ''] = iso.split('-');
  const month = [
    'January',
    'February',
    'March',
    'April',
    'May',
    'June',
    'July',
    'August',
    'September',
    'October',
    'November',
    'December',
  ][Number(m) - 1];
  return [`${m}/${d}/${y}`, `${Number(m)}-${Number(d)}-${y}`, `${month} ${Number(d)}, ${y}`][style] ?? iso;
};
