import { Malformed } from '../cms/der.ts';
import {
  decodedBody,
  firstOf,
  mediaTypeOf,
  partsOf,
  readEntity,
  readFields,
  type Entity,
  type Field,
} from './entity.ts';

/** An MDN or DSN as we understand it. Its author is whoever signed it, never what its fields say (facts N15). */
export interface Notification {
  readonly type: 'mdn' | 'dsn';
  /** What it says became of the message; null: nothing that settles anything (delayed, no disposition). */
  readonly kind: 'processed' | 'delivered' | 'opened' | 'failed' | null;
  /** The Message-IDs it may be about, likeliest first, without angle brackets. */
  readonly about: readonly string[];
  /** Disposition, or action and status, as written. */
  readonly words: string;
  readonly finalRecipient: string | null;
}

/** Read a message as a notification, or null when it is none. Tolerant as facts N14: lower-case names, folded values,
 *  fields in the part's header, blanks before colons, missing fields. */
export function readNotification(message: Entity): Notification | null {
  const { type, parameters } = mediaTypeOf(message);
  const parts = type.startsWith('multipart/') ? partsOf(message).map((part) => readEntity(part)) : [message];
  const report = parts.find((part) => reports.has(mediaTypeOf(part).type));
  if (!report) return type === 'multipart/report' && parameters.has('report-type') ? empty(message) : null;
  const fields = [...report.fields, ...readFields(textOf(report))];
  const about = originals(fields, message, parts);
  const finalRecipient = firstOf({ fields }, 'final-recipient');
  const mdn = mediaTypeOf(report).type === 'message/disposition-notification';
  const read = mdn ? readDisposition(fields) : readStatus(fields);
  return { type: mdn ? 'mdn' : 'dsn', ...read, about, finalRecipient };
}

/** Nobody honest has more to report. */
const maxReport = 1 << 20;

function textOf(report: Entity): string {
  const body = decodedBody(report);
  if (body.length > maxReport) throw new Malformed('the report is too large');
  return body.toString('latin1');
}

const reports: ReadonlySet<string> = new Set([
  'message/disposition-notification',
  'message/delivery-status',
  'message/global-disposition-notification',
  'message/global-delivery-status',
]);

/** A report without its report part settles nothing, and is still no message for a reader. */
const empty = (message: Entity): Notification => ({
  type: 'mdn',
  kind: null,
  about: originals([], message, []),
  words: '',
  finalRecipient: null,
});

function readDisposition(fields: readonly Field[]): Pick<Notification, 'kind' | 'words'> {
  const words = firstOf({ fields }, 'disposition') ?? '';
  const [type = '', ...modifiers] = (words.split(';').slice(1).join(';') || words)
    .toLowerCase()
    .split(/[/;,]/)
    .map((word) => word.trim());
  // "processed/error" is no success, whatever it starts with (facts §2).
  if (modifiers.some((word) => /^(error|failed|failure)/.test(word))) return { kind: 'failed', words };
  const final = firstOf({ fields }, 'x-direct-final-destination-delivery') !== null;
  return { kind: dispositionKind(type, final), words };
}

/** Dispatched without the extension field promises no final delivery (facts N6, N12): it counts as processed. */
function dispositionKind(type: string, final: boolean): Notification['kind'] {
  if (type === 'processed') return 'processed';
  if (type === 'dispatched') return final ? 'delivered' : 'processed';
  if (type === 'displayed') return 'opened';
  return ['failed', 'error', 'denied'].includes(type) ? 'failed' : null;
}

/** RFC 3464. Delayed and relayed settle nothing; only failure ends a try. "Delivered" is a mail server's word for its own
 *  mailbox: it proves no more than processed. */
function readStatus(fields: readonly Field[]): Pick<Notification, 'kind' | 'words'> {
  const actions = fields.filter(({ name }) => name === 'action').map(({ value }) => value.toLowerCase().trim());
  const statuses = fields.filter(({ name }) => name === 'status').map(({ value }) => value.trim());
  const words = [...actions, ...statuses].join(' ');
  const failed =
    actions.includes('failed') || (actions.length === 0 && statuses.some((status) => status.startsWith('5')));
  if (failed) return { kind: 'failed', words };
  return { kind: actions.length > 0 && actions.every((action) => action === 'delivered') ? 'processed' : null, words };
}

/** Original-Message-ID first; then what other senders use instead of it; then the returned message's own. */
function originals(fields: readonly Field[], message: Entity, parts: readonly Entity[]): string[] {
  const returned = parts.filter((part) =>
    /^(message\/rfc822|text\/rfc822-headers|message\/global(-headers)?)$/.test(mediaTypeOf(part).type),
  );
  const values = [
    firstOf({ fields }, 'original-message-id'),
    firstOf({ fields }, 'x-original-message-id'),
    firstOf(message, 'in-reply-to'),
    ...(firstOf(message, 'references')?.match(/<[^<>]+>/g) ?? []).reverse(),
    ...returned.map((part) => firstOf(readEntity(decodedBody(part)), 'message-id')),
  ];
  const ids = values.flatMap((value) => (value === null ? [] : [bareId(value)]));
  return [...new Set(ids.filter((id) => id !== ''))].slice(0, 20);
}

/** A Message-ID without its angle brackets. */
export const bareId = (value: string): string => (/<([^<>]*)>/.exec(value)?.[1] ?? value).trim();
