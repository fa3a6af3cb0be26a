import { distance } from 'fastest-levenshtein';
import { asDigits, combed, emptyWords, type Value } from './values.ts';

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
    // "ID" and the number behind it, however that was read.
    .replace(/ \S{1,3}[#:.]* [A-Z]{0,4}\d{5}.*$/i, '')
    .replace(/ \([^)]*\d.*$/, '')
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
  const [only, other] = known ? [] : payers.filter((payer) => isSlip(payer, value));
  if (only && !other) return { value: only, worth: 0.75 };
  return { value, worth: known ? 1 : /\d{3}/.test(value) ? 0.3 : 0.8 };
}

/** Whether a text is the name of a payer that we know, and nothing else. */
export function isPayerName(text: string): boolean {
  const own = text.toLowerCase().replace(/[^a-z]/g, '');
  return payers.some((payer) => payer.toLowerCase().replace(/[^a-z]/g, '') === own || isSlip(payer, text));
}

/** One slip of the reader for every five letters: "Aeina". */
const isSlip = (payer: string, value: string): boolean =>
  payer.length >= 5 && distance(payer.toLowerCase(), value.toLowerCase()) <= Math.floor(payer.length / 5);

const alike = (a: string, b: string): boolean => {
  const [x, y] = [a, b].map((each) => each.toLowerCase().replace(/[^a-z]/g, ''));
  return x === y || (y?.startsWith(x ?? '-') ?? false);
};

const mbiLetter = '[AC-HJKMNP-RT-Y]';
const mbiEither = '[0-9AC-HJKMNP-RT-Y]';
const mbiShape = new RegExp(`^[1-9]${mbiLetter}${mbiEither}\\d${mbiLetter}${mbiEither}\\d${mbiLetter}{2}\\d{2}$`);

/** A Medicare Beneficiary Identifier: eleven signs; which of them are figures is fixed, and no letter is S, L, O, I, B or Z
 *  (CMS, MBI format). Letters where figures must be are mended. Null when it is none. */
function medicareNumber(letters: string): string | null {
  const mended = Array.from(letters.toUpperCase(), (sign, at) =>
    [0, 3, 6, 9, 10].includes(at) ? asDigits(sign.replace('L', '1')) : sign,
  ).join('');
  return mbiShape.test(mended) ? mended : null;
}

/** A number on an insurance card: six to twenty letters and digits, four digits at least. */
export function readMemberId(printed: string): Value | null {
  const text = combed(printed) ?? printed;
  if (emptyWords.test(text)) return null;
  const shape = /[A-Z0-9][A-Z0-9-]{4,19}(?: [A-Z0-9-]{2,6}(?=\s|$))*/i.exec(text.replace(/[|_~*]/g, ' '));
  const value = shape?.[0].replace(/\s+/g, ' ').replace(/-+$/, '').trim() ?? '';
  const letters = value.replace(/[^A-Z0-9]/gi, '');
  const medicare = medicareNumber(letters);
  if (medicare) return { value: medicare, worth: medicare === letters.toUpperCase() ? 1 : 0.85 };
  if (letters.length < 5 || (value.match(/\d/g) ?? []).length < 4) return null;
  // Three letters before the figures are usual: the prefix of a Blue plan.
  const whole = value
    .toUpperCase()
    .replace(/^0(?=[A-Z]{2}\d)/, 'O')
    .replace(/(?<=^[A-Z]{3})O(?=\d)/, '0')
    // Hardly any number has such a letter among its figures.
    .replace(/(?<=\d\d)[OISB](?=\d)/g, (letter) => asDigits(letter));
  return { value: whole, worth: /[OIl]|^0|\d\d[SB]\d/.test(value) ? 0.85 : 1 };
}

/** The group of an insurance: three to fifteen letters and digits. */
export function readGroup(text: string): Value | null {
  if (emptyWords.test(text) || /^\W*\d{3}\W{1,2}\d{3}\W\d{4}\b/.test(text)) return null;
  const value = /^[\W]*([A-Z0-9][A-Z0-9l-]{2,14})\b/.exec(text)?.[1];
  if (value === undefined || !/\d/.test(value)) return null;
  // "CAB0032": a B behind two letters may be the third.
  const whole = value.replace(/(?<=^[A-Z]{3})[\dOIlSB]+$|(?<=^[A-Z]{2})[\dIl][\dOIlSB]*$/, (tail) => asDigits(tail));
  return { value: whole, worth: whole === value ? 0.95 : 0.8 };
}
