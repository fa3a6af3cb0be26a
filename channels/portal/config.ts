import { z } from 'zod';

const minutes = z
  .number()
  .positive()
  .max(90 * 24 * 60)
  .nullable();

/** The channel's section of the settings. */
export const portalConfig = z.strictObject({
  /** The mail server that carries the links. `tls`: how the connection is protected; `none` is for loopback. */
  mail: z.strictObject({
    host: z.string().min(1),
    port: z.number().int().min(1).max(65_535),
    user: z.string().optional(),
    pass: z.string().optional(),
    from: z.email(),
    tls: z.enum(['none', 'starttls', 'implicit']).default('starttls'),
    /** PEM of the authority that signs the mail server's certificate, when it is not a public one. */
    ca: z.string().optional(),
  }),
  /** Telnyx messaging: the code goes to the recipient's phone, and links may go to telephones. Without it, staff read the
   *  code out. */
  sms: z
    .strictObject({
      baseUrl: z.url().default('https://api.telnyx.com/v2'),
      apiKey: z.string().min(1),
      from: z.string(),
    })
    .optional(),
  /** Links may go on a page to a fax, through the channel efax: `fax:+12125550199`. Their code never goes there. */
  fax: z.boolean().default(false),
  /** How long a link works, in days. */
  linkDays: z.number().positive().max(90).default(14),
  /** Whoever has not opened the link after so many minutes is reminded once, by the same way. Null: never. */
  remindAfter: z
    .strictObject({ stat: minutes.default(5), urgent: minutes.default(20), routine: minutes.default(480) })
    .prefault({}),
});

export type PortalConfig = z.infer<typeof portalConfig>;
export type MailConfig = PortalConfig['mail'];
export type SmsConfig = NonNullable<PortalConfig['sms']>;
