import { z } from 'zod';
import type { Common } from './account.ts';
import { companies } from './providers/index.ts';

/** Each company's own schema says what an account with it is made of. */
const account = z.looseObject({ provider: z.string() }).transform((value, context): Common => {
  const company = companies.find(({ name }) => name === value.provider);
  const known = companies.map(({ name }) => name).join(', ');
  const read = company?.account.safeParse(value);
  if (read?.success) return read.data;
  const issues = read?.error.issues ?? [{ path: ['provider'], message: `one of ${known}` }];
  for (const { path, message } of issues) context.issues.push({ code: 'custom', input: value, path, message });
  return z.NEVER;
});

/** The section `channels.efax`. Accounts are named by us; the name stands in webhook and media addresses. */
export const config = z.strictObject({
  accounts: z.record(z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/), account),
  /** Where received faxes may be fetched from: `host`, `host:port`, or `*.domain`. A loopback host, named here
   *  with its port, may be fetched over plain http; nothing else may. */
  mediaHosts: z
    .array(z.string().regex(/^(\*\.)?[a-z0-9.[\]:-]+$/))
    .default(['s3.amazonaws.com', '*.telnyx.com', '*.telnyxcloudstorage.com']),
  /** How many faxes one account hands over at once. Lines are few, and two calls to one number make it busy. */
  width: z.int().min(1).max(64).default(4),
  /** How many faxes one account hands over in a minute. */
  callsPerMinute: z.int().min(1).max(6_000).default(120),
  /** How many calls of one account may be under way at once: its modems or lines. Null: as many as the company makes. */
  lines: z.int().min(1).max(1_000).nullable().default(null),
  /** Nothing is faxed to a number that nobody of the practice confirmed, and that never took a fax of its. */
  confirmFirstUse: z.boolean().default(false),
  /** Milliseconds between two looks at companies that do not call us, and at what is still to be erased there. */
  lookEvery: z.int().min(100).max(3_600_000).default(30_000),
});

export type Config = z.output<typeof config>;
export type Account = Common;
