import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const file = z.string().min(1);
const port = z.number().int().min(0).max(65_535);

const peer = z.strictObject({
  /** A domain, or one address. The address wins over its domain. */
  match: z.string().toLowerCase().min(3),
  /** Where its mail server is; null: as its domain's MX record says. */
  host: z.string().min(1).nullable().default(null),
  port: port.default(25),
  /** PEM files with the certificates that messages to it are encrypted for. */
  certificates: z.array(file).default([]),
  /** How the content key travels to an RSA key; to an elliptic curve key it is agreed by ECDH. Null: as its certificate
   *  says that it reads (RFC 4262), else OAEP. */
  transport: z.enum(['oaep', 'v15']).nullable().default(null),
  /** GCM (AuthEnvelopedData) only for those known to read it. Null: for those whose certificate says so. */
  cipher: z.enum(['aes-256-cbc', 'aes-256-gcm']).nullable().default(null),
  digest: z.enum(['sha256', 'sha384', 'sha512']).default('sha256'),
  /** How documents are put: as they are, each as a C-CDA document (PDF and images as its body), or all in one XDM
   *  package. */
  form: z.enum(['files', 'ccda', 'xdm']).default('files'),
  /** Does its system read Context (metadata.txt)? */
  context: z.boolean().default(false),
  tls: z.enum(['encrypted', 'verified']).default('encrypted'),
  /** PEM file of the authorities that may vouch for its mail server. */
  ca: file.nullable().default(null),
});

/** Our own domains and the direction for which something is trusted. */
const scope = {
  /** Of our own; null: all of them. */
  domains: z.array(z.string().toLowerCase().min(3)).min(1).nullable().default(null),
  /** `in`: to believe senders; `out`: to send to recipients. */
  direction: z.enum(['in', 'out', 'both']).default('both'),
  /** OIDs of certificate policies: a path counts when all of it asserts one of them (RFC 5280 §4.2.1.4), for instance
   *  DirectTrust's 1.3.6.1.4.1.41179.1.3. Empty: none is asked for. */
  policies: z.array(z.string().regex(/^[0-2](\.\d+)+$/, 'an OID like 1.3.6.1.4.1.41179.1.3')).default([]),
};

const anchor = z.preprocess(
  (value) => (typeof value === 'string' ? { file: value } : value),
  z.strictObject({ file, ...scope }),
);

const bundle = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  /** PEM file of the certificate that must have signed it; null: it is taken unsigned. */
  signer: file.nullable().default(null),
  ...scope,
  everyMs: z.number().int().min(60_000).default(86_400_000),
});

/** The section `direct` of the configuration. Times are milliseconds, sizes bytes, files PEM paths. */
export const directConfig = z.strictObject({
  /** Each file: a private key and its certificate, for an address or a domain of ours. */
  identities: z.array(file).min(1),
  /** Certificates that we trust: roots, intermediates or single partners; a file, or `{ file, domains, direction }`. */
  anchors: z.array(anchor).min(1),
  /** Trust bundles: more anchors, fetched again and again. */
  bundles: z.array(bundle).default([]),
  /** Folder for the last good copy of each bundle; null: none is kept. */
  cache: file.nullable().default(null),
  crls: z.array(file).default([]),
  revocation: z
    .strictObject({
      /** What a certificate is whose issuer keeps lists of which none can be had: `refuse` waits and tries again,
       *  `accept` goes on and says so in the record. */
      unknown: z.enum(['refuse', 'accept']).default('refuse'),
      /** So long after its end a list still counts. */
      graceMs: z.number().int().nonnegative().default(86_400_000),
    })
    .prefault({}),
  /** Look for certificates of those who have none in `peers`: DNS, then LDAP. */
  discovery: z.boolean().default(true),
  peers: z.array(peer).default([]),
  /** `receipt`: a delivery counts when the final mailbox has it; `processed`: when the far gateway has it. */
  proof: z.enum(['receipt', 'processed']).default('receipt'),
  listen: z
    .strictObject({
      host: z.string().default('127.0.0.1'),
      port: port.default(2525),
      /** PEM files for STARTTLS; null: a certificate of our own making at each start. */
      tls: z.strictObject({ key: file, certificate: file }).nullable().default(null),
    })
    .prefault({}),
  limits: z
    .strictObject({
      messageBytes: z.number().int().positive().default(50_000_000),
      maxClients: z.number().int().positive().default(100),
      maxRecipients: z.number().int().positive().default(100),
      /** Of all messages on their way in at once. */
      arrivingBytes: z.number().int().positive().default(200_000_000),
      idleMs: z.number().int().positive().default(60_000),
      connectMs: z.number().int().positive().default(30_000),
      /** RFC 5321 §4.5.3.2.6: ten minutes for the last reply. */
      replyMs: z.number().int().positive().default(600_000),
      keepMs: z.number().int().nonnegative().default(15_000),
      /** Messages on their way out at once: to all hosts, and to one. */
      width: z.number().int().positive().default(32),
      perHost: z.number().int().positive().default(8),
    })
    .prefault({}),
  /** SMTP replies → reasons. */
  replies: file.default(fileURLToPath(new URL('../../config/replies/smtp.json', import.meta.url))),
});

export type DirectConfig = z.output<typeof directConfig>;
export type Peer = DirectConfig['peers'][number];
