import { SMTPServer, type SMTPServerDataStream, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';
import type { Log } from '../../../src/core/channel.ts';
import { canonical } from '../mime/canonical.ts';

/** An SMTP port of ours: Direct's, for other HISPs, or the edge's, for our own practices' systems. */
export interface Port {
  readonly channel: 'direct' | 'edge';
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
  readonly log: Log;
}

/** One message off the wire, with the envelope it came in. */
export interface Mail {
  /** Canonical line ends. */
  readonly raw: Buffer;
  readonly mailFrom: string;
  readonly rcpts: readonly string[];
}

/** Who may say what at a port. Null: it is taken. */
export interface Manners {
  readonly auth: Pick<SMTPServerOptions, 'authMethods' | 'authOptional' | 'disabledCommands' | 'onAuth'>;
  sender(address: string, session: SMTPServerSession): Reply | null;
  recipient(address: string, session: SMTPServerSession): Reply | null;
  /** Null only when what must be kept is durable. */
  take(mail: Mail, session: SMTPServerSession): Promise<Reply | null>;
}

/** A reply of ours: its code, and words that say what to do. */
export class Reply extends Error {
  readonly responseCode: number;
  constructor(responseCode: number, message: string) {
    super(message);
    this.responseCode = responseCode;
  }
}

/** Listen until the signal aborts; resolves once it listens. 250 is said only when `take` has resolved.
 *  @throws when the port cannot be had */
export async function openPort(port: Port, manners: Manners, signal: AbortSignal): Promise<void> {
  const arriving = { bytes: 0 };
  const { channel, limits, log } = port;
  const server = new SMTPServer({
    name: port.name,
    banner: 'Loopgate',
    ...port.tls,
    ...manners.auth,
    size: limits.messageBytes,
    maxClients: limits.maxClients,
    socketTimeout: limits.idleMs,
    closeTimeout: 5_000,
    // No address of ours is anything but plain ASCII.
    hideSMTPUTF8: true,
    disableReverseLookup: true,
    onMailFrom({ address }, session, callback) {
      callback(manners.sender(address, session));
    },
    onRcptTo({ address }, session, callback) {
      const full = session.envelope.rcptTo.length >= limits.maxRecipients;
      callback(full ? new Reply(452, '4.5.3 Too many recipients') : manners.recipient(address, session));
    },
    onData(stream, session, callback) {
      void answer(stream, session, { limits, manners, arriving }).then(callback, (cause: unknown) => {
        log.error(`${channel}.intake-failed`, { channel }, cause);
        callback(
          isFull(cause)
            ? new Reply(452, '4.3.1 No room, try again later')
            : new Reply(451, '4.3.0 Not stored, try again later'),
        );
      });
    },
  });
  // Broken TLS and cut connections are the far side's business; the port itself is ours.
  server.on('error', () => {
    log.info(`${channel}.connection-failed`, { channel });
  });
  await listening(server, port);
  signal.addEventListener('abort', () => {
    server.close();
  });
  if (signal.aborted) server.close();
}

const isFull = (cause: unknown): boolean => cause instanceof Error && 'code' in cause && cause.code === 'storage-full';

async function listening(server: SMTPServer, { channel, host, port, log }: Port): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(port, host, () => {
      server.server.off('error', reject);
      resolve();
    });
  });
  const address = server.server.address();
  const bound = typeof address === 'object' && address ? address.port : port;
  log.info(`${channel}.listening`, { channel, url: `smtp://${host}:${bound}` });
}

interface Answering {
  readonly limits: Port['limits'];
  readonly manners: Manners;
  /** Bytes of all messages on their way in. */
  readonly arriving: { bytes: number };
}

async function answer(
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
  { limits, manners, arriving }: Answering,
): Promise<Reply | null> {
  const read = await readAll(stream, limits, arriving);
  try {
    if ('refusal' in read) return read.refusal;
    const { mailFrom, rcptTo } = session.envelope;
    const mail: Mail = {
      raw: canonical(Buffer.concat(read.pieces)),
      mailFrom: mailFrom === false ? '' : mailFrom.address,
      rcpts: rcptTo.map(({ address }) => address),
    };
    return await manners.take(mail, session);
  } finally {
    arriving.bytes -= read.bytes;
  }
}

type Read =
  { readonly pieces: readonly Buffer[]; readonly bytes: number } | { readonly refusal: Reply; readonly bytes: number };

/** Read the message while counting: the announced size is only a claim. A stream that is cut closes without an end, and
 *  nothing of it is kept. Refused ones are read to their end, as the protocol wants, and forgotten. */
function readAll(stream: SMTPServerDataStream, limits: Port['limits'], arriving: { bytes: number }): Promise<Read> {
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
