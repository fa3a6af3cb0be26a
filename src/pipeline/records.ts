import { createHash } from 'node:crypto';
import type { Event, SealedDocument } from '../core/change.ts';
import type { Delivery } from '../core/delivery.ts';
import type { Document, Message, MessageId, Recipient } from '../core/message.ts';
import { newId } from '../ids.ts';

/** Our promise exists from the moment of acceptance; its routes are planned next. */
export const promised = (message: Message, recipient: Recipient, at: number): Delivery => ({
  id: newId('dlv', at),
  message: message.id,
  practice: message.practice,
  recipient,
  urgency: message.urgency,
  state: 'pending',
  routes: [],
  rejected: [],
  route: 0,
  tries: 0,
  attempt: null,
  unresolved: [],
  processed: null,
  provenBy: null,
  dueAt: null,
  version: 1,
});

export const received = (message: Message, at: number, who = 'gateway'): Event => ({
  message: message.id,
  subject: message.id,
  what: 'message.received',
  who,
  at,
  facts: {
    channel: message.origin.channel,
    documents: message.documents.length,
    sha256: message.documents.map((each) => each.sha256).join(' '),
    urgency: message.urgency,
  },
});

export function sealed(
  message: MessageId | null,
  role: SealedDocument['role'],
  { name, mediaType, bytes }: { readonly name: string; readonly mediaType: string; readonly bytes: Uint8Array },
  at: number,
): SealedDocument {
  const document: Document = {
    id: newId('doc', at),
    name: cleanName(name),
    mediaType,
    bytes: bytes.length,
    sha256: sha256(bytes),
  };
  return { document, message, role, bytes };
}

/** What is left is only ever shown: no path, no control or direction characters, 100 characters. */
function cleanName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  const shown = last
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '')
    .trim()
    .slice(0, 100);
  return shown === '' || /^\.+$/.test(shown) ? 'document' : shown;
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
