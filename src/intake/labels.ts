import type { FieldName } from '../core/entry.ts';
import type { Word } from '../core/page.ts';
import { heightOf, type Row } from './rows.ts';

/** Whose matters the words after a label are. */
export type Side = 'patient' | 'referrer' | 'recipient';

/** Printed words that announce a value. A label without `field` matters too: it ends the value before it. */
interface Entry {
  readonly field: FieldName | null;
  readonly side: Side | null;
  /** How much a value beside it is worth, 0 to 1. */
  readonly worth: number;
}

export interface Label extends Entry {
  readonly text: string;
  /** Words of the row it covers: from, and up to but without. */
  readonly from: number;
  readonly to: number;
  /** Letters matched without a slip. */
  readonly exact: boolean;
}

const lexicon = new Map<string, Entry>();
const add = (field: FieldName | null, side: Side | null, worth: number, names: string): void => {
  for (const name of names.split('|')) lexicon.set(folded(name), { field, side, worth });
};

add(
  'patient.name',
  'patient',
  1,
  'patient name|patient|pt name|name of patient|patient full name|name last first mi|pt',
);
add('patient.name', 'patient', 0.8, 're|regarding|member name|subscriber name|name');
add(
  'patient.birthDate',
  'patient',
  1,
  'dob|date of birth|birth date|birthdate|patient dob|patient date of birth|born|d0b|do8|d08|oob|0ob',
);
add(
  'patient.phone',
  'patient',
  1,
  'patient phone|home phone|cell phone|mobile phone|patient telephone|patient tel|pt phone',
);
add('patient.phone', 'patient', 0.9, 'cell|mobile|patient cell|best phone|contact phone');
add('patient.phone', null, 0.9, 'phone|phone number|telephone|tel|ph');
add('referrer.name', 'referrer', 1, 'referring provider|referring physician|ordering provider|ordering physician');
add(
  'referrer.name',
  'referrer',
  1,
  'requesting provider|requesting physician|referred by|referring doctor|referring clinician',
);
add(
  'referrer.name',
  'referrer',
  0.9,
  'sincerely|electronically signed by|signed by|kind regards|best regards|respectfully',
);
add('referrer.name', 'referrer', 0.6, 'from');
add('referrer.npi', 'referrer', 1, 'npi|referring npi|provider npi|npi number|ordering npi|physician npi|np1|npl|npil');
add('service.reason', null, 1, 'reason for referral|reason for consult|reason for consultation|clinical indication');
add(
  'service.reason',
  null,
  1,
  'reason for visit|referral reason|indication for referral|reason of referral|clinical reason',
);
add('service.reason', null, 0.8, 'reason|indication');
add(null, 'recipient', 1, 'to|attn|attention|refer to|referral to|refer to specialty|referred to|consultant');
add(
  null,
  'referrer',
  1,
  'practice|clinic|practice name|practice phone|practice fax|office phone|office fax|clinic phone',
);
add(null, 'referrer', 1, 'return fax|provider signature|signature|physician signature');
add(
  null,
  'patient',
  1,
  'address|mailing address|home address|patient address|sex|gender|legal sex|m f|mrn|patient id|age',
);
add(
  null,
  'patient',
  1,
  'insurance|insurance id|carrier|payer|primary payer|primary|secondary|subscriber|subscriber id|member',
);
add(
  null,
  'patient',
  1,
  'group|group number|group no|grp|group id|member id|id|emergency contact|employer|pcp|member number',
);
add(
  null,
  null,
  1,
  'fax|fax number|fax no|date|todays date|order date|urgency|status|priority|diagnosis|diagnoses|icd 10',
);
add(
  null,
  null,
  1,
  'icd 10 cm|icd 10 codes|icd 10 code s|diagnosis icd 10|specialty|specialty requested|service requested',
);
add(
  null,
  null,
  1,
  'auth no|authorization|auth|pages|comments|allergies|medications|collected|exam|accession|printed by',
);
add(
  null,
  null,
  1,
  'number of visits|number of visits authorized|expires|notes|dear|patient information|referral details',
);

const longest = 5;

/** So few words are a label only where a colon follows, or where they are capitals that begin a run of words. */
const maxLoose = 2;

/** Every label on a row, left to right, the longest match first; none overlap. */
export function labelsOf({ words }: Row): Label[] {
  const found: Label[] = [];
  for (let from = 0; from < words.length; from++) {
    const label = labelAt(words, from);
    if (!label) continue;
    found.push(label);
    from = label.to - 1;
  }
  return found;
}

function labelAt(words: readonly Word[], from: number): Label | null {
  const height = heightOf(words);
  for (let length = Math.min(longest, words.length - from); length > 0; length--) {
    const part = words.slice(from, from + length);
    if (gapInside(part, height) || closesEarly(part)) continue;
    const text = folded(part.map((word) => word.text).join(' '));
    const match = nearest(text);
    const closed = /[:#)]['"]?$/.test(part.at(-1)?.text ?? '');
    const loose = !closed && length <= maxLoose;
    if (!match || (loose && !(begins(words, from, height) && /^\W*[\p{Lu}\d]/u.test(part[0]?.text ?? '')))) continue;
    return { ...match.entry, text: match.name, exact: match.exact, from, to: from + length };
  }
  return null;
}

/** A colon ends a label: in "Patient: Ada Lee" the name is no part of it. */
const closesEarly = (part: readonly Word[]): boolean => part.slice(0, -1).some(({ text }) => text.endsWith(':'));

/** A label begins a row or stands apart from what is left of it. */
function begins(words: readonly Word[], from: number, height: number): boolean {
  const [before, word] = [words[from - 1], words[from]];
  if (!before || !word) return true;
  return word.box.x - before.box.x - before.box.width > height * 0.9 || /^[|_\W]+$/.test(before.text);
}

function gapInside(part: readonly Word[], height: number): boolean {
  return part.some((word, i) => {
    const before = part[i - 1];
    return before !== undefined && word.box.x - before.box.x - before.box.width > height * 1.6;
  });
}

/** One slip of the reader for every five letters, for every four in long labels. */
function nearest(text: string): { readonly name: string; readonly entry: Entry; readonly exact: boolean } | null {
  const same = lexicon.get(text);
  if (same) return { name: text, entry: same, exact: true };
  if (text.length < 5) return null;
  for (const [name, entry] of lexicon) {
    const slips = Math.floor(name.length / (name.length < 12 ? 5 : 4));
    if (slips > 0 && Math.abs(name.length - text.length) <= slips && distance(name, text) <= slips)
      return { name, entry, exact: false };
  }
  return null;
}

/** Letters and digits only, spaces single. */
export function folded(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/['’.]|\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1];
    for (const [j, other] of Array.from(b).entries()) {
      const [left, up, corner] = [next[j] ?? 0, row[j + 1] ?? 0, row[j] ?? 0];
      next.push(Math.min(left + 1, up + 1, corner + (letter === other ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
