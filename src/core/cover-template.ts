/** Cover sheets as text: what may stand on one, and what must. A cover lies open on the machine, so no placeholder for
 *  anything about a patient exists. */

export type CoverLanguage = 'en' | 'es';

/** How a practice's cover sheet looks. */
export interface CoverStyle {
  readonly language: CoverLanguage;
  /** Null: the one that comes along in that language. */
  readonly template: string | null;
}

/** What stands in the place of each placeholder; null leaves its whole line out. */
export type CoverValues = Readonly<Record<Placeholder, string | null>>;

const placeholders = [
  'practice',
  'phone',
  'fax',
  'to',
  'date',
  'pages',
  'urgency',
  'alert',
  'reference',
  'misdirected',
] as const;
type Placeholder = (typeof placeholders)[number];

/** Without these a lost fax finds no way back, and nobody sees that a page is missing or that it is urgent. */
const needed: readonly Placeholder[] = ['phone', 'pages', 'urgency', 'misdirected'];
const aboutPatients =
  /patient|paciente|birth|nacimiento|dob|mrn|ssn|diagnos|icd|insur|seguro|member|reason|motivo|medication/i;
const longest = 3_000;

/** In plain words what is wrong with a template; null: it can be used. */
export function templateProblem(template: string): string | null {
  if (template.length > longest) return `is longer than ${longest} letters: it would not go on one page`;
  for (const [whole, name = ''] of template.matchAll(/\{([^{}]*)\}/g)) {
    if ((placeholders as readonly string[]).includes(name)) continue;
    if (aboutPatients.test(name))
      return `${whole} cannot stand on a cover sheet: it lies open on the machine, so nothing about the patient may be on it`;
    return `${whole} is not known; there are ${placeholders.map((each) => `{${each}}`).join(' ')}`;
  }
  const missing = needed.filter((name) => !template.includes(`{${name}}`));
  return missing.length === 0
    ? null
    : `lacks ${missing.map((each) => `{${each}}`).join(', ')}: every cover sheet must say that`;
}

/** The lines to print. A line whose placeholder has nothing to say is left out. */
export const filled = (template: string, values: CoverValues): readonly string[] =>
  template
    .split(/\r?\n/)
    .filter((line) => placeholders.every((name) => values[name] !== null || !line.includes(`{${name}}`)))
    .map((line) => line.replace(/\{(\w+)\}/g, (whole, name: string) => values[name as Placeholder] ?? whole));
