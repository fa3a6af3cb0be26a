import { z } from 'zod';

const e164 = z.string().regex(/^\+[1-9]\d{7,14}$/, 'an E.164 number, for instance +12125550123');

const publicKey = z
  .string()
  .refine((text) => /^[A-Za-z0-9+/]{43}=$/.test(text), 'an Ed25519 public key: 32 bytes in base64');

const account = z.strictObject({
  provider: z.literal('telnyx'),
  apiKey: z.string().min(1),
  /** The fax application's id. */
  connectionId: z.string().min(1),
  /** From the provider's portal; a list while a key is being changed. */
  publicKey: z.union([publicKey, z.array(publicKey).min(1)]).transform((keys) => [keys].flat()),
  baseUrl: z.url({ protocol: /^https?$/ }).default('https://api.telnyx.com/v2'),
  /** Our number: what the far machine prints on its pages. */
  from: e164,
  /** Whose account it is. */
  practice: z.string().min(1),
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
});

export type Config = z.output<typeof config>;
export type Account = Config['accounts'][string];
