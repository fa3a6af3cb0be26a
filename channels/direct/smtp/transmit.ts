import { Readable } from 'node:stream';
import { accepted, deferred, unknown, type Outcome } from '../../../src/core/outcome.ts';
import { lineRack, openLine, type Host, type Line, type Wait } from './line.ts';
import type { Replies } from './replies.ts';

export interface Transmission {
  readonly from: string;
  readonly to: string;
  /** Its pieces, read once. */
  readonly message: Iterable<Buffer>;
  /** Absent: it is routine. */
  readonly urgent?: boolean;
  /** Awaited before the first byte of the message leaves. */
  handingOver(): Promise<void>;
}

export interface Transmitter {
  /** Hand one message to a host. Resolves whatever happens there. */
  transmit(host: Host, transmission: Transmission, signal: AbortSignal): Promise<Outcome>;
  close(): void;
}

/** SMTP out, with connections kept for the next message to the same host. What an error says is not believed unless it
 *  quotes a reply: nodemailer reports a lost final reply like a failed connect. We note ourselves when the message was
 *  first read: from there on the far side may have it. */
export function smtpTransmitter(name: string, wait: Wait, replies: Replies): Transmitter {
  const rack = lineRack(wait.idleMs);

  const use = async (line: Line, key: string, transmission: Transmission, signal: AbortSignal): Promise<Try> => {
    const result = await hand(line, transmission, replies, signal);
    if (result.reusable && !signal.aborted && !line.broken()) rack.put(key, line, transmission.urgent ?? false);
    else line.connection.close();
    return result;
  };

  return {
    async transmit(host, transmission, signal) {
      const key = `${host.host}:${host.port} ${host.tls}`;
      const kept = rack.take(key, transmission.urgent ?? false);
      const first = kept && (await use(kept, key, transmission, signal));
      // A kept connection that the far side had closed: nothing has left, a new one decides.
      if (first && !first.stale) return first.outcome;
      try {
        return (await use(await openLine(host, name, wait, signal), key, transmission, signal)).outcome;
      } catch (cause) {
        return deferred(signal.aborted ? 'interrupted' : 'unreachable', wordsOf(cause));
      }
    },
    close() {
      rack.close();
    },
  };
}

interface Try {
  readonly outcome: Outcome;
  readonly reusable: boolean;
  /** Nothing left, and no reply came: the line was dead before it was used. */
  readonly stale: boolean;
}

async function hand(line: Line, transmission: Transmission, replies: Replies, signal: AbortSignal): Promise<Try> {
  const progress = { left: false, ended: false, unrecorded: false };
  const message = messageStream(transmission, progress);
  const give = (): void => {
    line.connection.close();
  };
  signal.addEventListener('abort', give, { once: true });
  if (signal.aborted) give();
  const { from, to } = transmission;
  let silence = (): void => undefined;
  const answer = await new Promise<Answer>((resolve) => {
    line.connection.send({ from, to: [to] }, message, (cause, info) => {
      resolve(cause ? { cause } : { response: info.response });
    });
    silence = line.onGone((cause) => {
      resolve({ cause });
    });
  });
  silence();
  signal.removeEventListener('abort', give);
  message.destroy();
  return interpret(answer, progress, replies, signal);
}

type Answer = { readonly response: string } | { readonly cause: unknown };

interface Progress {
  /** The first byte of the message may have left. */
  left: boolean;
  ended: boolean;
  /** The hand-over could not be made durable: nothing left. */
  unrecorded: boolean;
}

function interpret(answer: Answer, { left, ended, unrecorded }: Progress, replies: Replies, signal: AbortSignal): Try {
  if ('response' in answer) {
    const outcome = ended ? accepted(queueId(answer.response)) : unknown('interrupted', 'taken before it was all sent');
    return { outcome, reusable: ended, stale: false };
  }
  if (unrecorded) {
    return { outcome: deferred('interrupted', 'the hand-over could not be recorded'), reusable: false, stale: false };
  }
  const reply = replyOf(answer.cause);
  if (reply !== null) return { outcome: replies(reply), reusable: !left || ended, stale: false };
  if (signal.aborted) {
    const outcome = left ? unknown('interrupted', 'stopped before the reply') : deferred('interrupted', 'stopped');
    return { outcome, reusable: false, stale: false };
  }
  const words = wordsOf(answer.cause);
  return left
    ? { outcome: unknown('silence', words), reusable: false, stale: false }
    : { outcome: deferred('unreachable', words), reusable: false, stale: true };
}

/** The message, read by the connection only after DATA was answered: the first read is the hand-over. */
function messageStream(transmission: Transmission, progress: Progress): Readable {
  const pieces = transmission.message[Symbol.iterator]();
  const next = (): Buffer | null => {
    const step = pieces.next();
    return step.done ? null : step.value;
  };
  return new Readable({
    read() {
      if (progress.unrecorded) return;
      if (progress.left) {
        this.push(next());
        return;
      }
      transmission.handingOver().then(
        () => {
          if (this.destroyed) return;
          progress.left = true;
          this.push(next());
        },
        (cause: unknown) => {
          progress.unrecorded = true;
          this.destroy(cause instanceof Error ? cause : new Error('the hand-over could not be recorded'));
        },
      );
    },
  }).on('end', () => {
    progress.ended = true;
  });
}

/** The far side's own words, if the error quotes a final reply. */
function replyOf(cause: unknown): string | null {
  if (!(cause instanceof Error)) return null;
  const { responseCode, response } = cause as Error & { responseCode?: number; response?: string };
  return responseCode !== undefined && responseCode >= 400 && response ? response : null;
}

/** Error codes only: messages of sockets and servers can quote addresses. */
function wordsOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'the connection ended';
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name;
  const reply = replyOf(cause);
  return reply === null ? code : `${code} ${reply.slice(0, 100)}`;
}

/** The name under which the far side queued it, as most servers say it. */
function queueId(response: string): string {
  const named =
    /queued as <?([!-~]{1,80}?)>?(?:\s|$)/i.exec(response) ?? /\bid[= ]<?([!-~]{1,80}?)>?(?:\s|$)/i.exec(response);
  return named?.[1] ?? response.replace(/[^ -~]+/g, ' ').slice(0, 80);
}
