import type { Notice } from '../../../src/core/channel.ts';
import type { Reason, ReasonCode } from '../../../src/core/outcome.ts';
import { block, clean, letterFields, newBoundary } from '../mime/compose.ts';

export interface Failure {
  /** Our mail system, as it greets. */
  readonly reporter: string;
  /** Whom we tell: the address that handed the message in. */
  readonly to: string;
  readonly recipient: string;
  /** Of the message it is about, without angle brackets. */
  readonly about: string;
  readonly notice: Notice;
  /** With `failed`. */
  readonly reason: Reason | null;
  readonly messageId: string;
  readonly at: number;
}

/** Enhanced status codes (RFC 3463) as the .NET reference implementation gives them for Direct (facts N18). */
const codes: Readonly<Partial<Record<ReasonCode, readonly [status: string, words: string]>>> = {
  'no-certificate': ['5.7.31', 'no certificate of this recipient is known, so nothing could be encrypted for it'],
  untrusted: ['5.7.11', 'the recipient is not trusted here'],
  'bad-address': ['5.1.1', 'there is no such address'],
};
/** What was sent, and not proven in time. */
const unproven: Readonly<Partial<Record<Notice, readonly [status: string, words: string]>>> = {
  unanswered: ['5.4.71', 'its mail system did not confirm in time that it has the message'],
  undispatched: ['5.4.72', 'its mail system has the message, but did not confirm in time that the recipient got it'],
};
const other = ['5.5.0', 'its mail system did not take the message'] as const;

/** A failure notice (DSN, RFC 3464) for one recipient, in the clear: it tells the Message-ID and nothing else of what
 *  was sent. From nobody, so that it is never answered (facts N4). */
export function composeFailure({ reporter, to, recipient, about, notice, reason, messageId, at }: Failure): Buffer[] {
  const silence = unproven[notice];
  const [status, words] = silence ?? (reason && codes[reason.code]) ?? other;
  const boundary = newBoundary();
  const original = `<${clean(about).slice(0, 900)}>`;
  const fields = letterFields({
    from: `mailer-daemon@${reporter}`,
    to: [to],
    subject: 'Not delivered',
    messageId,
    at,
    fields: [
      ['In-Reply-To', original],
      ['Auto-Submitted', 'auto-replied'],
    ],
  });
  const text = [
    ...(silence
      ? [
          `It is not certain that your message reached ${recipient}: ${words}.`,
          'It may have arrived all the same. Nothing more will be sent by itself: please ask the recipient.',
        ]
      : [
          `Your message could not be delivered to ${recipient}: ${words}.`,
          'Nothing more will be tried. Please reach the recipient another way.',
        ]),
  ];
  return [
    block([...fields, `Content-Type: multipart/report; report-type=delivery-status;\r\n boundary="${boundary}"`]),
    block([`--${boundary}`, 'Content-Type: text/plain; charset=us-ascii', '', ...text, `--${boundary}`, ...part]),
    block([`Reporting-MTA: dns; ${reporter}`]),
    block([`Final-Recipient: rfc822; ${recipient}`, 'Action: failed', `Status: ${status}`]),
    Buffer.from(
      [`--${boundary}`, 'Content-Type: text/rfc822-headers', '', `Message-ID: ${original}`, `--${boundary}--`, ''].join(
        '\r\n',
      ),
      'latin1',
    ),
  ];
}

const part = ['Content-Type: message/delivery-status', 'Content-Transfer-Encoding: 7bit'];
