import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** An answer of hfaxd: three digits and a text, as in FTP (RFC 959). */
export interface Said {
  readonly code: number;
  readonly text: string;
}

/** The server said no, and nothing of this command was done. */
export class HfaxdError extends Error {
  readonly code: number;
  constructor({ code, text }: Said) {
    super(`hfaxd ${code} ${text}`);
    this.code = code;
  }
}

/** One session with HylaFAX's server: the dialect of FTP that hfaxd(8) describes, on port 4559. No TLS: it belongs on
 *  loopback or in a private network. */
export interface Hfaxd {
  /** @throws HfaxdError for 4xx and 5xx; the socket's own errors when the line breaks */
  tell(command: string): Promise<Said>;
  /** Store a document; resolves to its name there. */
  store(bytes: Uint8Array): Promise<string>;
  /** The lines of a listing: `sendq`, `doneq`, `recvq`. */
  list(queue: string): Promise<string[]>;
  fetch(file: string): Promise<Uint8Array>;
  close(): void;
}

export interface HfaxdAccount {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | null;
  /** Gives the right to fetch and erase what was received. */
  readonly adminPassword: string | null;
}

/** Sign in. @throws as `tell` does; nothing can have been handed over then */
export async function openHfaxd(account: HfaxdAccount, signal: AbortSignal): Promise<Hfaxd> {
  const socket = await connected(account.host, account.port, signal);
  const session = sessionOn(socket, account, signal);
  try {
    await session.greeting;
    const { code } = await session.tell(`USER ${clean(account.user)}`, [230, 331]);
    if (code === 331) await session.tell(`PASS ${clean(account.password ?? '')}`);
    if (account.adminPassword !== null) await session.tell(`ADMIN ${clean(account.adminPassword)}`);
    await session.tell('TZONE GMT');
    return session;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

const clean = (word: string): string => word.replace(/[\r\n]/g, '');

function connected(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal });
    socket.once('connect', () => {
      resolve(socket);
    });
    // It stays: an error that nobody listens to, between two uses of a socket, ends the process.
    socket.on('error', reject);
  });
}

function sessionOn(socket: Socket, { host }: HfaxdAccount, signal: AbortSignal) {
  const waiting: { resolve(said: Said): void; reject(error: unknown): void }[] = [];
  const early: Said[] = [];
  const lines = createInterface({ input: socket });
  lines.on('line', (line) => {
    // `214-…` goes on, as does what is indented; the last line of an answer has a space.
    if (/^(\d{3}-|\s)/.test(line)) return;
    const [, code, text = ''] = /^(\d{3}) (.*)$/.exec(line) ?? [];
    if (code === undefined) {
      socket.destroy(new Error('what answers does not speak as hfaxd does'));
      return;
    }
    const said = { code: Number(code), text };
    const next = waiting.shift();
    if (next) next.resolve(said);
    else early.push(said);
  });
  const broken = (error?: unknown): void => {
    for (const each of waiting.splice(0)) each.reject(error ?? new Error('hfaxd hung up'));
  };
  // A reader of lines passes the socket's errors on as its own.
  lines.on('error', broken);
  socket.on('error', broken);
  socket.on('close', () => {
    broken();
  });

  function answer(expected?: readonly number[]): Promise<Said> {
    const told = early.shift();
    const heard = told
      ? Promise.resolve(told)
      : new Promise<Said>((resolve, reject) => {
          if (socket.destroyed) reject(new Error('hfaxd hung up'));
          else waiting.push({ resolve, reject });
        });
    return heard.then((said) => {
      if (said.code >= 400 && !expected?.includes(said.code)) throw new HfaxdError(said);
      return said;
    });
  }

  function tell(command: string, expected?: readonly number[]): Promise<Said> {
    socket.write(`${command}\r\n`);
    return answer(expected);
  }

  /** A data connection for the command that follows. */
  async function passive(): Promise<Socket> {
    const { text } = await tell('PASV');
    const [, high = '0', low = '0'] = /\(\d+,\d+,\d+,\d+,(\d+),(\d+)\)/.exec(text) ?? [];
    const data = await connected(host, Number(high) * 256 + Number(low), signal);
    socket.once('close', () => data.destroy());
    return data;
  }

  async function taken(command: string): Promise<Buffer> {
    const data = await passive();
    const opened = tell(command);
    const chunks: Buffer[] = [];
    const all = (async () => {
      for await (const chunk of data as AsyncIterable<Buffer>) chunks.push(chunk);
    })();
    // It is awaited further down; it may break before.
    all.catch(() => undefined);
    try {
      await opened;
    } catch (error) {
      data.destroy();
      throw error;
    }
    await all;
    await answer();
    return Buffer.concat(chunks);
  }

  return {
    greeting: answer(),
    tell,
    async store(bytes: Uint8Array): Promise<string> {
      await tell('TYPE I');
      const data = await passive();
      const { text } = await tell('STOT');
      const [, name] = /FILE: (\S+)/.exec(text) ?? [];
      if (name === undefined) throw new Error('hfaxd named no document');
      await new Promise<void>((resolve, reject) => {
        data.once('error', reject);
        data.end(bytes, resolve);
      });
      await answer();
      return name;
    },
    async list(queue: string): Promise<string[]> {
      return (await taken(`LIST ${queue}`))
        .toString('latin1')
        .split(/\r?\n/)
        .filter((line) => line !== '');
    },
    async fetch(file: string): Promise<Uint8Array> {
      await tell('TYPE I');
      return taken(`RETR ${clean(file)}`);
    },
    close(): void {
      socket.write('QUIT\r\n');
      socket.destroySoon();
    },
  };
}
