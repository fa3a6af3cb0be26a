import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import type { Log } from '../../../src/core/channel.ts';
import { canonical } from '../cms/signature.ts';
import type { Mail } from '../arrival.ts';
import { normalAddress } from '../mime/address.ts';

export interface Door {
  readonly host: string;
  readonly port: number;
  /** The name we greet with. */
  readonly name: string;
  readonly tls: { readonly key: string; readonly cert: string };
  readonly limits: {
    readonly messageBytes: number;
    readonly maxClients: number;
    readonly maxRecipients: number;
    readonly arrivingBytes: number;
    readonly idleMs: number;
  };
  isOurs(address: string): boolean;
  /** Resolves when the mail is durable. */
  take(mail: Mail): Promise<'taken' | 'plain'>;
  readonly log: Log;
}

/** A reply of ours: its code, and words that say what to do. */
class Reply extends Error {
  readonly responseCode: number;
  constructor(responseCode: number, message: string) {
    super(message);
    this.responseCode = responseCode;
  }
}

/** Listen for mail until the signal aborts; resolves once it listens. 250 is said only when `take` has resolved.
 *  @throws when the port cannot be had */
export async function listenSmtp(door: Door, signal: AbortSignal): Promise<void> {
  const arriving = { bytes: 0 };
  const { limits, log } = door;
  const server = new SMTPServer({
    name: door.name,
    banner: 'Loopgate',
    ...door.tls,
    size: limits.messageBytes,
    maxClients: limits.maxClients,
    socketTimeout: limits.idleMs,
    closeTimeout: 5_000,
    disabledCommands: ['AUTH'],
    authOptional: true,
    // No address of ours is anything but plain ASCII.
    hideSMTPUTF8: true,
    disableReverseLookup: true,
    onMailFrom({ address }, _session, callback) {
      callback(address !== '' && normalAddress(address) === null ? new Reply(550, '5.1.7 Not a Direct address') : null);
    },
    onRcptTo({ address }, session, callback) {
      callback(recipientReply(address, session, door));
    },
    onData(stream, session, callback) {
      void answer(stream, session, { door, arriving }).then(callback, (cause: unknown) => {
        log.error('direct.intake-failed', { channel: 'direct' }, cause);
        callback(new Reply(451, '4.3.0 Not stored, try again later'));
      });
    },
  });
  // Broken TLS and cut connections are the far side's business; the port itself is ours.
  server.on('error', () => {
    log.info('direct.connection-failed', { channel: 'direct' });
  });
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(door.port, door.host, () => {
      server.server.off('error', reject);
      resolve();
    });
  });
  const address = server.server.address();
  const port = typeof address === 'object' && address ? address.port : door.port;
  log.info('direct.listening', { channel: 'direct', url: `smtp://${door.host}:${port}` });
  signal.addEventListener('abort', () => {
    server.close();
  });
  if (signal.aborted) server.close();
}

function recipientReply(address: string, { envelope }: SMTPServerSession, door: Door): Reply | null {
  if (envelope.rcptTo.length >= door.limits.maxRecipients) return new Reply(452, '4.5.3 Too many recipients');
  const normal = normalAddress(address);
  return normal !== null && door.isOurs(normal) ? null : new Reply(550, '5.1.1 No such address here');
}

async function answer(
  stream: SMTPServerDataStream,
  { envelope }: SMTPServerSession,
  { door, arriving }: { readonly door: Door; readonly arriving: { bytes: number } },
): Promise<Reply | null> {
  const read = await readAll(stream, door.limits, arriving);
  try {
    if ('refusal' in read) return read.refusal;
    const mailFrom = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
    const rcpts = envelope.rcptTo.map(({ address }) => address);
    const fate = await door.take({ raw: canonical(Buffer.concat(read.pieces)), mailFrom, rcpts });
    return fate === 'taken' ? null : new Reply(554, '5.7.1 Only encrypted and signed Direct messages are taken here');
  } finally {
    arriving.bytes -= read.bytes;
  }
}

type Read =
  { readonly pieces: readonly Buffer[]; readonly bytes: number } | { readonly refusal: Reply; readonly bytes: number };

/** Read the message while counting: the announced size is only a claim. A stream that is cut closes without an end, and
 *  nothing of it is kept. Refused ones are read to their end, as the protocol wants, and forgotten. */
function readAll(stream: SMTPServerDataStream, limits: Door['limits'], arriving: { bytes: number }): Promise<Read> {
  return new Promise((resolve) => {
    let pieces: Buffer[] = [];
    let bytes = 0;
    let counted = 0;
    let refusal: Reply | null = null;
    let ended = false;
    stream.on('data', (piece: Buffer) => {
      bytes += piece.length;
      if (bytes > limits.messageBytes) refusal ??= new Reply(552, '5.3.4 Message is too large');
      else if (arriving.bytes + piece.length > limits.arrivingBytes)
        refusal ??= new Reply(452, '4.3.1 Busy, try again later');
      if (refusal) {
        pieces = [];
        return;
      }
      arriving.bytes += piece.length;
      counted += piece.length;
      pieces.push(piece);
    });
    stream.on('end', () => {
      ended = true;
      if (stream.sizeExceeded) refusal ??= new Reply(552, '5.3.4 Message is too large');
      resolve(refusal ? { refusal, bytes: counted } : { pieces, bytes: counted });
    });
    stream.on('close', () => {
      if (!ended) resolve({ refusal: new Reply(451, '4.4.2 Cut off'), bytes: counted });
    });
    stream.on('error', () => {
      pieces = [];
    });
  });
}
