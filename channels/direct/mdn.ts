import type { Notice } from '../../src/core/channel.ts';
import { block, clean, letterFields, newBoundary } from './mime/compose.ts';

/** What a notification can say of a message that came: it ends in our own house, whose proof never fails to come. */
export type Reported = Extract<Notice, 'processed' | 'delivered' | 'failed'>;

export interface Report {
  readonly notice: Reported;
  /** Our address that the message was for. */
  readonly from: string;
  readonly to: string;
  /** Of the message it is about, without angle brackets. */
  readonly about: string;
  readonly messageId: string;
  readonly at: number;
}

const words: Readonly<Record<Reported, readonly [disposition: string, subject: string, text: string]>> = {
  processed: ['processed', 'Processed', 'Your message was decrypted, found to be trusted, and stored.'],
  delivered: ['dispatched', 'Dispatched', 'Your message was delivered to where its reader looks.'],
  failed: ['failed', 'Failed', 'Your message was received, but it could not be delivered to its reader.'],
};

/** An MDN (RFC 8098, facts N3, N5, N6): no subject of the original in it, no request for another notification. Dispatched
 *  carries the extension field: the caller sends it only to those who asked. */
export function composeReport({ notice, from, to, about, messageId, at }: Report): Buffer[] {
  const [disposition, subject, text] = words[notice];
  const boundary = newBoundary();
  const original = `<${clean(about).slice(0, 900)}>`;
  const fields = letterFields({ from, to: [to], subject, messageId, at, fields: [['In-Reply-To', original]] });
  return [
    block([
      ...fields,
      `Content-Type: multipart/report; report-type=disposition-notification;\r\n boundary="${boundary}"`,
    ]),
    block([`--${boundary}`, 'Content-Type: text/plain; charset=us-ascii', '', text, `--${boundary}`, ...part]),
    Buffer.from(
      [
        'Reporting-UA: loopgate',
        `Final-Recipient: rfc822; ${from}`,
        `Original-Message-ID: ${original}`,
        `Disposition: automatic-action/MDN-sent-automatically;${disposition}`,
        ...(notice === 'delivered' ? ['X-DIRECT-FINAL-DESTINATION-DELIVERY: '] : []),
        '',
        `--${boundary}--`,
        '',
      ].join('\r\n'),
      'latin1',
    ),
  ];
}

const part = ['Content-Type: message/disposition-notification', 'Content-Transfer-Encoding: 7bit'];

/** Was final delivery asked for? Only in exactly the form of the implementation guide; anything else is not asked
 *  (facts N6, N7). */
export const asksDispatched = (options: string): boolean =>
  options
    .split(';')
    .some((option) => /^\s*x-direct-final-destination-delivery\s*=\s*optional\s*,\s*true\s*$/i.test(option));

export const dispatchedOption = 'X-DIRECT-FINAL-DESTINATION-DELIVERY=optional,true';
