import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { z } from 'zod';
import type { AttemptId } from '../../../src/core/message.ts';
import type { FaxEvent, Reading, WebhookCall } from '../provider.ts';
import { failureReason, reasons } from './telnyx-reasons.ts';

const tolerance = 300_000;
/** Telnyx calls this often, then gives up. */
const calls = 3;

const event = z.object({
  id: z.string().min(1).max(100),
  event_type: z.string().max(100),
  occurred_at: z.string().max(40).optional(),
  payload: z.object({
    fax_id: z.string().regex(/^[\w-]{1,64}$/),
    direction: z.enum(['inbound', 'outbound']).optional(),
    from: z.string().max(200).nullish(),
    to: z.string().max(200).nullish(),
    client_state: z.string().max(1000).nullish(),
    failure_reason: z.string().max(200).nullish(),
    page_count: z.number().nullish(),
    partial_content: z.boolean().nullish(),
    media_url: z.string().max(4000).nullish(),
  }),
});
const meta = z.object({ meta: z.object({ attempt: z.int() }) });

/** Reads Telnyx's webhooks. They are signed with Ed25519 over `<timestamp>|<raw body>`; any of the keys will do.
 *  @param publicKeys 32 bytes each, base64. */
export function telnyxReader(
  publicKeys: readonly string[],
  now: () => number,
): (call: Pick<WebhookCall, 'headers' | 'raw'>) => Reading {
  const keys = publicKeys.map(keyOf);
  return ({ headers, raw }) => {
    const signedAt = genuine(headers, raw, keys);
    if (signedAt === null) return { kind: 'forged' };
    const found = eventIn(raw);
    if (!found) return { kind: 'unreadable' };
    return {
      kind: 'event',
      late: Math.abs(now() - signedAt) > tolerance,
      event: translate(found.event, found.attempt >= calls, signedAt),
    };
  };
}

/** A bare key becomes SubjectPublicKeyInfo by the fixed prefix of RFC 8410. */
const keyOf = (base64: string): KeyObject =>
  createPublicKey({
    key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(base64, 'base64')]),
    format: 'der',
    type: 'spki',
  });

/** When it was signed, epoch ms; null when none of our keys did. */
function genuine(headers: Headers, raw: Uint8Array, keys: readonly KeyObject[]): number | null {
  const signature = headers.get('telnyx-signature-ed25519') ?? '';
  const timestamp = headers.get('telnyx-timestamp') ?? '';
  if (!/^[A-Za-z0-9+/]{86}==$/.test(signature) || !/^\d{1,12}$/.test(timestamp)) return null;
  const signed = Buffer.concat([Buffer.from(`${timestamp}|`), raw]);
  const bytes = Buffer.from(signature, 'base64');
  return keys.some((key) => verify(null, signed, key, bytes)) ? Number(timestamp) * 1000 : null;
}

/** The event, with Telnyx's envelope or, as its documentation also shows some, without. */
function eventIn(raw: Uint8Array): { event: z.output<typeof event>; attempt: number } | null {
  try {
    const body: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(raw));
    const bare = z.object({ data: z.unknown() }).safeParse(body).data?.data ?? body;
    const read = event.safeParse(bare).data;
    return read ? { event: read, attempt: meta.safeParse(body).data?.meta.attempt ?? 1 } : null;
  } catch {
    return null;
  }
}

function translate(
  { id, event_type, occurred_at, payload }: z.output<typeof event>,
  lastCall: boolean,
  signedAt: number,
): FaxEvent {
  const outbound = payload.direction !== 'inbound';
  if (event_type === 'fax.received' && payload.media_url && payload.to) {
    const { fax_id: fax, from, to, media_url: url, page_count } = payload;
    const pageCount = page_count ?? null;
    return { type: 'arrival', id, fax, from: from ?? null, to, media: { url }, pageCount, lastCall };
  }
  if (!outbound || (event_type !== 'fax.delivered' && event_type !== 'fax.failed')) return { type: 'other', id };
  const happened = Date.parse(occurred_at ?? '');
  return {
    type: 'report',
    id,
    fax: payload.fax_id,
    family: familyIn(payload.client_state ?? ''),
    failure: failureIn(event_type, payload),
    at: Number.isNaN(happened) ? signedAt : happened,
  };
}

/** A call that broke off after some pages is no delivery, even if Telnyx calls it one. */
function failureIn(type: string, payload: z.output<typeof event>['payload']): ReturnType<typeof failureReason> | null {
  const partial = payload.partial_content === true;
  if (type === 'fax.delivered') return partial ? failureReason('delivered_in_part', true) : null;
  const word = payload.failure_reason ?? null;
  const dropped = reasons.droppedCall.includes(word ?? '') && (payload.page_count ?? 0) > 0;
  return failureReason(word, partial || dropped);
}

function familyIn(clientState: string): AttemptId | null {
  const text = Buffer.from(clientState, 'base64').toString('utf8');
  return /^att_[\w-]{1,64}$/.test(text) ? (text as AttemptId) : null;
}
