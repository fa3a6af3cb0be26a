/** The codes of ICD-10-CM that may be used this year. */
export type DiagnosisCodes = ReadonlySet<string>;

/** From a file that CMS publishes each October and April: `icd10cm_codes_YYYY.txt` (a code without its dot, then its
 *  name) or `icd10cm_order_YYYY.txt` (a number, the code, 1 for a whole code or 0 for the heading of others, names).
 *  Lines of another kind are passed over. */
export function diagnosisCodesIn(text: string): DiagnosisCodes {
  const whole = /^(?:\d{5} (?=.{8}1))?([A-Z]\d[0-9A-Z][0-9A-Z]{0,4})\s/gm;
  return new Set([...text.matchAll(whole)].map(([, code = '']) => code));
}

/** Those of `value`, with a comma between, that are not on the list. */
export const unlistedIn = (value: string, codes: DiagnosisCodes): string[] =>
  value.split(', ').filter((code) => !codes.has(code.replace('.', '')));
