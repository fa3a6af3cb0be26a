import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Reason } from '../../src/core/outcome.ts';

const code = z.enum([
  'unreachable',
  'busy',
  'no-answer',
  'not-a-fax',
  'negotiation',
  'partial',
  'throttled',
  'interrupted',
  'bad-address',
  'unauthorized',
  'too-large',
  'unsupported',
  'rejected',
]);

/** A company's words for what went wrong → ours. Data, beside the company's file; keys are the company's own. */
export const codes = z.record(z.string(), code);
export type Codes = z.output<typeof codes>;

/** A table of them, from the JSON file beside the company's own.
 *  @throws when it holds a word that is none of ours */
export const tableOf = <Shape extends z.ZodType>(shape: Shape, name: string): z.output<Shape> =>
  shape.parse(JSON.parse(readFileSync(new URL(`./providers/${name}-reasons.json`, import.meta.url), 'utf8')));

/** The meaning of a word. What no table knows is `rejected`: not tried again, and looked at by a person. Only words of
 *  harmless form go into the detail, for free text may quote what we sent. */
export function meaning(company: string, table: Codes, word: string | null, context = ''): Reason {
  const known = word !== null && /^[\w .,;:/()'-]{1,80}$/.test(word) && table[word] !== undefined ? word : null;
  const code = known === null ? 'rejected' : (table[known] ?? 'rejected');
  const shown = known ?? (word !== null && /^[\w.-]{1,32}$/.test(word) ? word : 'without a reason');
  return { code, detail: [company, context, shown].filter(Boolean).join(' ') };
}

/** Pages that were confirmed before the call broke make a failure partial, whatever broke it: sending everything again
 *  would put two copies on the far desk. */
export const partly = (reason: Reason, sent: number | null | undefined): Reason =>
  (sent ?? 0) > 0 ? { ...reason, code: 'partial' } : reason;
