import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What becomes of the next hand-over, or of its call. */
export type Fate =
  | 'ok'
  | 'busy'
  | 'no answer'
  | 'voice'
  | 'bad number'
  | 'partial'
  | 'drops the reply'
  | 'garbles the reply'
  | 'breaks'
  | 'throttles'
  | 'refuses';

export const fates = ['busy', 'no answer', 'voice', 'bad number', 'partial'] as const;

/** A fax as the far machine got it. */
export interface Sent {
  readonly id: string;
  /** As the company was given it. */
  readonly to: string;
  /** Our own name for it, wherever this company carries one. */
  readonly name: string;
  readonly sha256: string;
  readonly fate: Fate;
  over: boolean;
}

/** A webhook as the company makes it. */
export interface Ring {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

/** A fax company of its own kind, on loopback: what the contract suite needs of each. */
export interface Far {
  /** Settings of an account with it, without `from` and `practice`. */
  readonly account: Readonly<Record<string, unknown>>;
  /** The same with credentials that it does not know. */
  readonly stranger: Readonly<Record<string, unknown>>;
  /** Where it has received pages fetched from, when that is not where its API is. */
  readonly mediaHosts?: readonly string[];
  readonly sent: readonly Sent[];
  /** How this company writes +12125550123. */
  readonly number: string;
  fate(next: Fate): void;
  /** Further calls that this company makes by itself before it gives up. Absent: it makes none, or does not tell. */
  redials?(times: number): void;
  /** The call is over. The webhook that tells it; null: this company calls nobody. */
  end(id: string, url: string): Ring | null | Promise<Ring>;
  /** Somebody faxes us. The webhook that tells it; null: we have to look. */
  receive(
    fax: { readonly id: string; readonly from: string; readonly to: string; readonly file: Uint8Array },
    url: string,
  ): Ring | null;
  /** Whether pages of a received fax still lie there. */
  holds(id: string): boolean;
  close(): Promise<void>;
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export interface Request {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** The connection breaks instead. */
  readonly dropped?: boolean;
}

/** A server that answers JSON, or bytes. */
export async function serving(handle: (request: Request) => Reply): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const { method = 'GET', headers } = request;
      const url = new URL(request.url ?? '/', 'http://127.0.0.1');
      const reply = handle({ method, url, headers, body: Buffer.concat(chunks) });
      if (reply.dropped) {
        request.socket.destroy();
        return;
      }
      const raw = reply.body instanceof Uint8Array || typeof reply.body === 'string';
      response.writeHead(reply.status, { ...(raw ? {} : { 'content-type': 'application/json' }), ...reply.headers });
      response.end(raw ? (reply.body as Uint8Array) : JSON.stringify(reply.body ?? null));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) =>
        server.close(() => {
          resolve();
        }),
      );
    },
  };
}

const troubles: Readonly<Partial<Record<Fate, Reply>>> = {
  'drops the reply': { status: 0, dropped: true },
  'garbles the reply': { status: 200, body: '<html>accepted</html>' },
  breaks: { status: 500, body: {} },
  throttles: { status: 429, headers: { 'retry-after': '30' }, body: {} },
};

/** What a company was handed over, and what becomes of what comes next. */
export function handOvers() {
  const sent: Sent[] = [];
  let next: Fate = 'ok';
  let redialled = 0;
  return {
    sent,
    redials: (times: number): void => void (redialled = times),
    redialled: (): number => redialled,
    next: (): Fate => next,
    fate: (fate: Fate): void => void (next = fate),
    /** Whether it takes the next one, whatever it answers. */
    takes: (): boolean => !['breaks', 'throttles', 'refuses'].includes(next),
    take(fax: Pick<Sent, 'id' | 'to' | 'name'>, file: Uint8Array): void {
      sent.push({ ...fax, sha256: sha256(file), fate: next, over: false });
    },
    /** The answer to a hand-over, when it is neither yes nor a company's own no. */
    trouble: (): Reply | null => troubles[next] ?? null,
  };
}

/** The call of a fax that was taken is over. @returns the fax, and what the company holds of it */
export function over<Held>(sent: readonly Sent[], held: ReadonlyMap<string, Held>, id: string) {
  const [fax, record] = [sent.find((each) => each.id === id), held.get(id)];
  if (!fax || !record) throw new Error(`no fax ${id}`);
  fax.over = true;
  return { fax, record };
}
