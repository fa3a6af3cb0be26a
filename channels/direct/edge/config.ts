import { z } from 'zod';
import { directConfig } from '../config.ts';

const file = z.string().min(1);

const port = z.number().int().min(0).max(65_535);
const tls = z.enum(['encrypted', 'verified']).default('encrypted');

/** A mail server of the practices' own. */
const server = {
  host: z.string().min(1),
  /** PEM of the authority that vouches for it, when it is not a public one. */
  ca: file.nullable().default(null),
};

/** The section `channels.edge`: mail that our own practices' systems hand in. Times are milliseconds, sizes bytes. */
const settings = z.strictObject({
  listen: z
    .strictObject({
      host: z.string().default('127.0.0.1'),
      port: port.default(2587),
      /** PEM files for STARTTLS; null: a certificate of our own making at each start. */
      tls: z.strictObject({ key: file, certificate: file }).nullable().default(null),
    })
    .prefault({}),
  /** Who may hand in: user name → password and practice. */
  users: z
    .record(
      z.string().regex(/^[a-z0-9][a-z0-9._@-]{0,63}$/i),
      z.strictObject({ password: z.string().min(12, 'at least 12 characters'), practice: z.string().min(1) }),
    )
    .default({}),
  /** The practices' own mail server: failure notices for their senders go there. Null: there are no users. */
  notices: z
    .strictObject({ ...server, port: port.default(25), tls })
    .nullable()
    .default(null),
  /** Practice → where its inbound Direct mail is handed over, decrypted. Practices that are not named read it in the
   *  intake queue. */
  forward: z
    .record(
      z.string(),
      z.strictObject({
        ...server,
        port: port.default(25),
        tls: tls.default('verified'),
        /** The mailbox; null: the Direct address that it came for. */
        to: z.email().nullable().default(null),
      }),
    )
    .default({}),
  limits: directConfig.shape.limits,
  /** Messages that one practice may hand in within a minute, as many at once after a quiet one. */
  perMinute: z.number().int().positive().default(300),
  /** SMTP replies → reasons. */
  replies: directConfig.shape.replies,
});

export const edgeConfig = settings.refine(({ users, notices }) => notices !== null || Object.keys(users).length === 0, {
  path: ['notices'],
  message: 'who hands in must hear of failures: name the mail server that the notices go to',
});

export type EdgeConfig = z.output<typeof edgeConfig>;
