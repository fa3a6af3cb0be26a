import { misread, type Value } from './values.ts';

/** Chapters of ICD-10-CM as ranges of their three-place categories (CMS, FY 2026 tabular list). */
const chapters: readonly (readonly [string, string])[] = [
  ['A00', 'B99'],
  ['C00', 'D49'],
  ['D50', 'D89'],
  ['E00', 'E89'],
  ['F01', 'F99'],
  ['G00', 'G99'],
  ['H00', 'H59'],
  ['H60', 'H95'],
  ['I00', 'I99'],
  ['J00', 'J99'],
  ['K00', 'K95'],
  ['L00', 'L99'],
  ['M00', 'M99'],
  ['N00', 'N99'],
  ['O00', 'O9A'],
  ['P00', 'P96'],
  ['Q00', 'Q99'],
  ['R00', 'R99'],
  ['S00', 'T88'],
  ['U00', 'U85'],
  ['V00', 'Y99'],
  ['Z00', 'Z99'],
];

/** Categories that the chapter of childbirth has not, and fourth places of those that it has (CMS, FY 2026 tabular list):
 *  what was read as a nought there is a D. */
const noBirth =
  /^O(0[56]|1[789]|27|3[789]|49|5\d|7[89]|8[1349]|9[3567]|12[3-9]|21[3-7]|22[67]|23[678]|48[2-9]|69[67]|72[4-9])/;

const digitOf = (letter: string): string => (letter === 'L' ? '1' : (misread[letter] ?? letter));

interface Code {
  readonly code: string;
  readonly mended: boolean;
  /** Nothing else can stand in their place than the figures that letters were mended to. */
  readonly surely: boolean;
  readonly dotted: boolean;
}

/** One code in canonical form, its misread places mended by what may stand there; null when none fits. */
export function readCode(token: string): Code | null {
  const clean = token
    .replace(/^[£€]/, 'E')
    .replace(/^}(?=\d)/, 'J')
    .replace(/^[^\w|]+|[^\w|]+$|^\|+(?=[A-Z]\d)/g, '')
    .replace(',', '.');
  const shape = /^([A-Za-z1058|])([\dOoQIl|iSsBZzG])([\dOoQIlL|iSsBZzGA-C])\.?([\dA-Za-z|]{0,4})$/.exec(clean);
  if (!shape) return null;
  const [, first = '', second = '', third = '', rest = ''] = shape;
  const letter =
    first === '1' || first === '|' || first === 'l'
      ? 'I'
      : first === '0'
        ? 'O'
        : first === '5'
          ? 'S'
          : first === '8'
            ? 'B'
            : first.toUpperCase();
  const places = digitOf(second) + (/[A-C]/.test(third) && third !== 'B' ? third : digitOf(third));
  const head = (noBirth.test(letter + places + digitOf(rest.charAt(0))) ? 'D' : letter) + places;
  const tail = Array.from(rest, (each, i) =>
    i === 3 && /[A-Z]/.test(each) ? each : /[Xx]/.test(each) ? 'X' : digitOf(each),
  ).join('');
  if (!/^[A-Z]\d[0-9A-C]$/.test(head) || !/^(\d|[0-9AX][0-9AX]{0,2}[0-9A-Z]?)?$/.test(tail)) return null;
  if (!chapters.some(([from, to]) => head >= from && head <= to)) return null;
  // A telephone number's middle is no code: a figure for the letter is a slip, and slips come alone.
  if (/\d/.test(first) && /^(\d{3}|.{4,})$/.test(tail)) return null;
  const code = tail === '' ? head : `${head}.${tail}`;
  const bare = clean.replace('.', '');
  return {
    code,
    mended: code.replace('.', '') !== bare,
    surely: code.replace('.', '') === bare.charAt(0) + bare.slice(1).replace(/[Oo]/g, '0').replace(/[Il|]/g, '1'),
    dotted: clean.includes('.'),
  };
}

/** What is left of a code of which a letter or figure was lost or doubled ("MOS5.79"), beside another code: the list is
 *  short of one. */
const broken = String.raw`\W?(?:\d\d|[A-Z]\d|[A-Z][A-Z\d]{3})\.\d{1,4}(?![\w.])`;
export const isBrokenCode = (token: string): boolean => new RegExp(String.raw`^${broken}\W*$`).test(token);
const short = new RegExp(
  String.raw`\b[A-Z]\d\w\.\s?\.|(?<![\w.])(?:[A-Z]\d\w(?:\.\w+)?[,;: ]+${broken}|${broken}[,;: ]+[A-Z]\d\w(?:\.\w+)?(?!\w))`,
);

/** "M06 9, R79 82": the point was lost, its place was not. */
const lostDot = /(?<!\w)([A-Z]\d[0-9A-C]) (\d{1,3})(?=\W*([,;]|$|\s[A-Z]\d))/g;

/** Every code in a text, comma between. `bare`: also codes without a dot, as on a line for diagnoses. */
export function readDiagnoses(text: string, bare: boolean): Value | null {
  const found = new Map<string, Code>();
  const dotted = bare ? text.replace(lostDot, '$1.$2') : text;
  const tokens = spelt(dotted)
    .split(/[\s;/()[\]]+|,(?!\d)/)
    .filter((token) => /\w/.test(token));
  const read = tokens.map(readCode);
  // Where a dotted code stands and nothing else, "RSS" is none the less a code.
  const list = bare && read.every((code) => code !== null) && read.some(({ dotted }) => dotted);
  for (const [at, code] of read.entries()) {
    const certain = code && (code.dotted || (bare && /^[A-Z]\d/.test(tokens[at] ?? '')));
    if (code && (list || (certain && !(code.mended && !code.dotted)))) found.set(code.code, code);
  }
  if (found.size === 0) return null;
  const codes = [...found.values()];
  return {
    value: codes.map(({ code }) => code).join(', '),
    worth: short.test(text)
      ? 0.6
      : codes.every(({ mended }) => !mended) && dotted === text
        ? 1
        : dotted === text && codes.every(({ surely }) => surely)
          ? 0.9
          : 0.75,
  };
}

/** Codes in one piece, and the one that everybody writes without a dot with its letter, where its name follows. */
const spelt = (text: string): string =>
  text
    .replace(/([A-Z]\d[0-9A-C])[ ,]?\. ?(\d)/g, '$1.$2')
    .replace(/(?<![\w.])[1l|]10(?=\W+(?:essential|primary|hypertension|htn)\b)/gi, 'I10');
