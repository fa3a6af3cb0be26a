import { createHash } from 'node:crypto';
import type { HandIn } from '../../../src/core/channel.ts';
import type { Urgency } from '../../../src/core/message.ts';
import { decodeWords } from '../arrival.ts';
import { Malformed } from '../cms/der.ts';
import type { Contents } from '../content/contents.ts';
import { mailboxes, normalAddress } from '../mime/address.ts';
import { allOf, firstOf, readEntity } from '../mime/entity.ts';
import { bareId } from '../mime/notification.ts';
import type { Mail } from '../smtp/port.ts';

/** What a practice's system hands in, read. The envelope says who gets it; To and Cc are not followed.
 *  @param own the practice's Direct addresses, lower case
 *  @returns in words for the sender, with an SMTP status, why it cannot be taken */
export async function readHandIn(
  mail: Mail,
  {
    practice,
    own,
    contents,
  }: { readonly practice: string; readonly own: readonly string[]; readonly contents: Contents },
): Promise<HandIn | string> {
  try {
    const message = readEntity(mail.raw);
    const authors = allOf(message, 'from').flatMap(mailboxes);
    const [from] = authors;
    if (authors.length !== 1 || !from || !own.includes(from))
      return '5.7.1 From must be one Direct address of your practice';
    const id = bareId(firstOf(message, 'message-id') ?? '');
    const hash = createHash('sha256').update(mail.raw).digest('hex');
    const token = [practice, from, id === '' || id.length > 200 ? hash : id].join(' ');
    const opened = await contents(mail.raw);
    if (!opened.ok) return `5.6.0 ${opened.problem}`;
    const { documents, remarks, patients } = opened.value;
    if (remarks[0] !== undefined) return `5.6.0 ${remarks[0]}`;
    if (patients > 1) return `5.6.0 the package is about ${patients} patients: send one message for each`;
    return {
      practice,
      origin: { channel: 'edge', token, from, details: { messageId: id, sender: mail.mailFrom } },
      subject: decodeWords(firstOf(message, 'subject')),
      urgency: urgencyOf(firstOf(message, 'x-priority') ?? firstOf(message, 'importance') ?? ''),
      to: [...new Set(mail.rcpts.map(normalAddress))].flatMap((address) =>
        address === null ? [] : [{ channel: 'direct', address }],
      ),
      documents,
      raw: mail.raw,
    };
  } catch (cause) {
    if (cause instanceof Malformed) return `5.6.0 ${cause.message}`;
    throw cause;
  }
}

/** RFC 2156 `Importance`, and the X-Priority that most mail programs write instead: what a person marked as high. */
const urgencyOf = (mark: string): Urgency => (/^\s*([12]\b|high)/i.test(mark) ? 'urgent' : 'routine');
