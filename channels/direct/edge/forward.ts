import { readFile } from 'node:fs/promises';
import type { Parcel } from '../../../src/core/channel.ts';
import { refused, type Outcome } from '../../../src/core/outcome.ts';
import { composeLetter } from '../mime/compose.ts';
import type { Host } from '../smtp/line.ts';
import type { Transmitter } from '../smtp/transmit.ts';
import type { EdgeConfig } from './config.ts';

/** Where a practice's inbound mail is handed over. */
export interface Mailbox {
  readonly host: Host;
  /** Null: the Direct address that the mail came for. */
  readonly to: string | null;
}

/** @throws when an authority's file cannot be read */
export async function readMailboxes({ forward }: EdgeConfig): Promise<ReadonlyMap<string, Mailbox>> {
  const boxes = Object.entries(forward).map(async ([practice, { to, ca, ...host }]) => {
    const authority = ca === null ? null : await readFile(ca, 'utf8');
    return [practice, { host: { ...host, ca: authority }, to }] as const;
  });
  return new Map(await Promise.all(boxes));
}

/** Hand one message over to the practice's own mail server: decrypted, as an ordinary mail from its sender, with its
 *  documents as attachments. The server's 250 is the proof that it lies where its reader looks. */
export async function handOver(
  parcel: Parcel,
  { host }: Mailbox,
  transmitter: Transmitter,
  reporter: string,
  signal: AbortSignal,
): Promise<Outcome> {
  const { message, endpoint, attempt } = parcel;
  const { from } = message.origin;
  if (from === null) return refused('unsupported', 'the message names no sender');
  const documents = await Promise.all(
    message.documents.map(async ({ id, name, mediaType }) => ({ name, mediaType, bytes: await parcel.open(id) })),
  );
  const pieces = composeLetter({
    from,
    to: [endpoint.address],
    subject: message.subject ?? 'Direct message',
    messageId: `${attempt}@${reporter}`,
    at: message.receivedAt,
    // Readers' rules may file by it, and none may answer by itself.
    fields: [
      ['X-Loopgate-Message', message.id],
      ['Auto-Submitted', 'auto-generated'],
    ],
    text: parcel.possibleDuplicate ? 'This message may have reached you before.\r\n' : '',
    documents,
  });
  // From nobody: a bounce would go to the sender in the clear.
  const transmission = {
    from: '',
    to: endpoint.address,
    message: pieces,
    handingOver: () => parcel.handingOver(),
  };
  return transmitter.transmit(host, transmission, signal);
}
