import SMTPConnection from 'nodemailer/lib/smtp-connection';

export interface Host {
  readonly host: string;
  /** The address to connect to, where it was judged before; else the name is resolved. */
  readonly at?: string;
  readonly port: number;
  /** `encrypted`: STARTTLS with any certificate, since the message protects itself; `verified`: the host must prove its
   *  name as well. There is no unencrypted way. */
  readonly tls: 'encrypted' | 'verified';
  /** PEM of the authorities that may vouch for the host; null: the system's. */
  readonly ca: string | null;
}

export interface Wait {
  readonly connectMs: number;
  readonly replyMs: number;
  /** How long an unused connection is kept: a new one costs the far side's greeting delay. */
  readonly idleMs: number;
}

/** One SMTP connection past EHLO and STARTTLS. */
export interface Line {
  readonly connection: SMTPConnection;
  /** Calls back when the connection is gone, with its reason; at once if it is gone already. Returns how to stop it: a
   *  connection lives longer than a message, and must not hold on to it. */
  readonly onGone: (listener: (cause: unknown) => void) => () => void;
  readonly broken: () => boolean;
}

/** Connect, greet, start TLS. @throws whatever nodemailer says when that fails or the signal aborts */
export async function openLine(host: Host, name: string, wait: Wait, signal: AbortSignal): Promise<Line> {
  signal.throwIfAborted();
  const line = newLine(host, name, wait);
  const give = (): void => {
    line.connection.close();
  };
  signal.addEventListener('abort', give, { once: true });
  let silence = (): void => undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      line.connection.connect((cause) => {
        if (cause) reject(cause);
        else resolve();
      });
      silence = line.onGone((cause) => {
        reject(cause instanceof Error ? cause : new Error('the connection ended'));
      });
    });
    return line;
  } catch (cause) {
    give();
    throw cause;
  } finally {
    silence();
    signal.removeEventListener('abort', give);
  }
}

function newLine(host: Host, name: string, wait: Wait): Line {
  const connection = new SMTPConnection({
    host: host.at ?? host.host,
    port: host.port,
    name,
    secure: false,
    requireTLS: true,
    tls: {
      ...(host.at === undefined ? {} : { servername: host.host }),
      rejectUnauthorized: host.tls === 'verified',
      ...(host.ca === null ? {} : { ca: host.ca }),
    },
    connectionTimeout: wait.connectMs,
    greetingTimeout: wait.connectMs,
    socketTimeout: wait.replyMs,
  });
  const listeners = new Set<(cause: unknown) => void>();
  let gone: { readonly cause: unknown } | null = null;
  const end = (cause?: unknown): void => {
    gone ??= { cause };
    for (const listener of listeners) listener(gone.cause);
    listeners.clear();
  };
  connection.on('error', end);
  connection.on('end', () => {
    end();
  });
  return {
    connection,
    broken: () => gone !== null,
    onGone(listener) {
      if (gone) listener(gone.cause);
      else listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Far sides that do not answer QUIT must not keep the process from ending. */
const quitMs = 5_000;

function quit({ connection }: Line): void {
  connection.quit();
  setTimeout(() => {
    connection.close();
  }, quitMs).unref();
}

/** Connections at rest, by host. One that carried urgent mail is left to urgent mail, which would otherwise find none
 *  at rest where there is much to carry, and have to greet and encrypt first. Once closed, none is kept any more. */
export interface Rack {
  take(key: string, urgent: boolean): Line | null;
  put(key: string, line: Line, urgent: boolean): void;
  close(): void;
}

export function lineRack(idleMs: number): Rack {
  const resting = new Map<Line, { readonly key: string; readonly urgent: boolean; readonly timer: NodeJS.Timeout }>();
  let closed = false;
  const wake = (line: Line): void => {
    clearTimeout(resting.get(line)?.timer);
    resting.delete(line);
  };
  return {
    take(key, urgent) {
      const there = [...resting].filter(([, rest]) => rest.key === key && (urgent || !rest.urgent));
      for (const [line] of there.sort(([, a], [, b]) => Number(b.urgent) - Number(a.urgent))) {
        wake(line);
        if (!line.broken()) return line;
      }
      return null;
    },
    put(key, line, urgent) {
      if (closed) {
        line.connection.close();
        return;
      }
      const timer = setTimeout(() => {
        wake(line);
        quit(line);
      }, idleMs).unref();
      resting.set(line, { key, urgent, timer });
    },
    close() {
      closed = true;
      for (const line of [...resting.keys()]) {
        wake(line);
        line.connection.close();
      }
    },
  };
}
