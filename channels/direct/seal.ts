import { createHash } from 'node:crypto';
import type { SealingDigest } from './cms/algorithms.ts';
import { cipherFor, sealEnvelope, type EnvelopeRecipient, type Identity } from './cms/envelope.ts';
import { digestFor, signDetached } from './cms/signature.ts';
import { block, dateOf, newBoundary, newMessageId } from './mime/compose.ts';
import { base64Lines } from './mime/encode.ts';

export interface Sealing {
  /** The pieces of the whole message, header and body, 7-bit in CRLF lines: as composeLetter makes it, or through `canonical`. It is
   *  seen by its recipients only. */
  readonly message: readonly Buffer[];
  readonly from: string;
  readonly to: readonly string[];
  readonly identity: Identity;
  readonly recipients: readonly EnvelopeRecipient[];
  /** Epoch ms: the signing time. */
  readonly at: number;
  /** Without angle brackets; of the outer message. Default: a new one in the sender's domain. */
  readonly messageId?: string;
}

/** Wrap, sign, encrypt: the message as `message/rfc822` in `multipart/signed` in enveloped-data (AES-256), with digest and
 *  cipher as the recipients read them.
 *  The outer header repeats sender, recipients and date and nothing else: no subject (facts M1–M3, M7–M9).
 *  @returns the pieces of the raw message, 7-bit with CRLF. It is encrypted while it is read, once */
export async function seal({
  message,
  from,
  to,
  identity,
  recipients,
  at,
  messageId,
}: Sealing): Promise<Generator<Buffer>> {
  const boundary = newBoundary();
  const wrapped = [block(['Content-Type: message/rfc822', 'Content-Transfer-Encoding: 7bit']), ...message];
  const name = digestFor(identity.key, commonDigest(recipients));
  const hash = createHash(name);
  for (const piece of wrapped) hash.update(piece);
  const signature = await signDetached({ name, value: hash.digest() }, identity, at);
  const signed = [
    block([
      `Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=${name.replace('sha', 'sha-')};`,
      ` boundary="${boundary}"`,
    ]),
    Buffer.from(`--${boundary}\r\n`, 'latin1'),
    ...wrapped,
    block([
      `\r\n--${boundary}`,
      'Content-Type: application/pkcs7-signature; name="smime.p7s"',
      'Content-Transfer-Encoding: base64',
      'Content-Disposition: attachment; filename="smime.p7s"',
    ]),
    ...base64Lines([signature]),
    Buffer.from(`--${boundary}--\r\n`, 'latin1'),
  ];
  const header = block([
    'MIME-Version: 1.0',
    `From: ${from}`,
    `To: ${to.join(', ')}`,
    `Message-ID: <${messageId ?? newMessageId(from)}>`,
    `Date: ${dateOf(at)}`,
    `Content-Type: application/pkcs7-mime; smime-type=${smimeTypes[cipherFor(recipients)]};`,
    ' name="smime.p7m"',
    'Content-Transfer-Encoding: base64',
    'Content-Disposition: attachment; filename="smime.p7m"',
  ]);
  return mail(header, sealEnvelope(signed, recipients));
}

function* mail(header: Buffer, body: Iterable<Buffer>): Generator<Buffer> {
  yield header;
  yield* base64Lines(body);
}

/** RFC 8551 §3.2.2. */
const smimeTypes = { 'aes-256-cbc': 'enveloped-data', 'aes-256-gcm': 'authEnveloped-data' } as const;

/** What all recipients read; SHA-256 where they differ. */
function commonDigest(recipients: readonly EnvelopeRecipient[]): SealingDigest {
  const wished = new Set(recipients.map(({ digest = 'sha256' }) => digest));
  return wished.size === 1 ? ([...wished][0] ?? 'sha256') : 'sha256';
}
