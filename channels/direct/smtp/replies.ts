import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { ReasonCode } from '../../../src/core/outcome.ts';
import { deferred, refused, type Outcome } from '../../../src/core/outcome.ts';

const codes = [
  'busy',
  'throttled',
  'bad-address',
  'untrusted',
  'unauthorized',
  'too-large',
  'unsupported',
  'rejected',
] as const satisfies readonly ReasonCode[];

const table = z.array(z.strictObject({ reply: z.string(), code: z.enum(codes) }));

export type Replies = (reply: string) => Outcome;

/** The table of SMTP replies (config/replies/smtp.json): the first pattern that fits names the reason. 4xx is deferred and
 *  5xx refused whatever the table says: RFC 5321 §4.2.1 decides that.
 *  @throws when the file is not such a table */
export function readReplies(file: string | URL): Replies {
  const rows = table
    .parse(JSON.parse(readFileSync(file, 'utf8')))
    .map(({ reply, code }) => ({ fits: new RegExp(reply, 'i'), code }));
  return (reply) => {
    const text = reply.replace(/[^ -~]+/g, ' ').slice(0, 200);
    const code = rows.find(({ fits }) => fits.test(text))?.code ?? 'rejected';
    return text.startsWith('4') ? deferred(code, text) : refused(code, text);
  };
}
