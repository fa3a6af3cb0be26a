import type { ClinicalHeader } from '../core/clinical.ts';

const maxLetters = 20_000;

/** What a Direct message's Context (metadata.txt, Context IG v1.1) says of the patient; null when the text is something
 *  else, or says nothing of one. Lines in any order, folded ones joined; what cannot be read is left out. */
export function readContext(text: string): ClinicalHeader | null {
  if (text.length > maxLetters) return null;
  const lines = text.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  const fields = new Map(lines.flatMap((line) => pair(line, ':')));
  if (!/^1\.\d+$/.test(fields.get('version') ?? '') || !fields.has('id')) return null;
  const values = new Map((fields.get('patient') ?? '').split(';').flatMap((each) => pair(each, '=')));
  const value = (name: string): string | null => values.get(name) ?? null;
  const given = [value('givenname'), value('middlename')].filter(Boolean).join(' ');
  const family = value('surname');
  if (given === '' && family === null) return null;
  return {
    patient: {
      given: given || null,
      family,
      birthTime: value('dateofbirth')?.replace(/[-\s]/g, '') ?? null,
      telecom: value('telephonenumber'),
      sex: value('gender'),
      address: null,
      number: null,
    },
    referrer: { given: null, family: null, npi: null, telecom: null, practice: null },
    reason: null,
  };
}

function pair(text: string, mark: string): (readonly [name: string, value: string])[] {
  const at = text.indexOf(mark);
  const value = text.slice(at + 1).trim();
  return at > 0 && value !== '' ? [[text.slice(0, at).trim().toLowerCase(), value]] : [];
}
