import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ApiError,
  type Behaviour,
  failureOf,
  type Fax,
  noSuchFax,
  problemWith,
  refusalOf,
  unauthenticated,
} from './fax-company/fax.ts';
import { listed } from './fax-company/list.ts';
import { countPages, openLedger, sha256, type Transmission } from './fax-company/ledger.ts';
import { type FaxEvent, type WebhookCall, webhookCaller } from './fax-company/webhooks.ts';

export type { Behaviour } from './fax-company/fax.ts';

export interface FaxCompanyOptions {
  readonly port?: number;
  readonly apiKey: string;
  readonly connectionId: string;
  readonly now?: () => number;
  /** The application's own webhook address: used for arrivals, and for faxes that name none. */
  readonly webhookUrl?: string;
  /** Append-only file, one JSON line for every transmission. */
  readonly ledgerFile?: string;
  /** Milliseconds that one step of a call takes. A slow call takes forty of them. */
  readonly pace?: number;
  /** Milliseconds before the second and the third try of a webhook. */
  readonly retryDelays?: readonly number[];
}

export interface FaxCompany {
  /** For `baseUrl`. */
  readonly url: string;
  /** For `mediaHosts`: where received faxes are fetched from. */
  readonly mediaHost: string;
  readonly publicKey: string;
  readonly ledger: readonly Transmission[];
  readonly faxes: readonly Fax[];
  /** What came out of the machine at this number, the latest: the file as it was fetched. */
  printedAt(number: string): Uint8Array | null;
  readonly calls: readonly WebhookCall[];
  /** What happens to faxes to this number (or to all others, `default`): one behaviour per fax, the last one stays. */
  behave(number: string, ...behaviours: readonly Behaviour[]): void;
  /** Somebody faxes us. Resolves to the fax id when the webhooks are told, answered or given up. */
  receive(fax: { readonly to: string; readonly from: string; readonly file: Uint8Array }): Promise<string>;
  /** Where arrivals are told from now on. */
  callAt(webhookUrl: string): void;
  /** Headers of a genuine webhook, for tests that make their own. */
  sign(body: string | Uint8Array, at: number): Record<string, string>;
  close(): Promise<void>;
}

const linkLife = 10 * 60_000;
const maxMedia = 50_000_000;
const maxPages = 350;
/** Machines whose last fax is remembered. */
const kept = 16;

/** A fax company on loopback that speaks Telnyx's Programmable Fax API v2: same paths, shapes, status codes,
 *  signatures and habits (unordered and repeated webhooks). It fetches the pages like the real one, and keeps
 *  its own ledger of what went over the line. */
export async function startFaxCompany(options: FaxCompanyOptions): Promise<FaxCompany> {
  const { apiKey, connectionId, now = Date.now, pace = 50, retryDelays = [1000, 5000] } = options;
  const closing = new AbortController();
  const caller = webhookCaller(now, retryDelays, closing.signal);
  const ledger = openLedger(options.ledgerFile ?? null);
  const faxes = new Map<string, Fax>();
  const files = new Map<string, { bytes: Uint8Array; token: string; expires: number }>();
  const plans = new Map<string, Behaviour[]>([['default', ['ok']]]);
  const cancelled = new Set<string>();
  const printed = new Map<string, Uint8Array>();
  const running = new Set<Promise<unknown>>();
  let webhookUrl = options.webhookUrl ?? null;

  /** Work that goes on after the answer; closing the company ends it. */
  function later(work: Promise<unknown>): void {
    const settled = work.catch((error: unknown) => {
      if (!closing.signal.aborted) throw error;
    });
    running.add(settled);
    void settled.finally(() => running.delete(settled));
  }

  function behaviourFor(number: string): Behaviour {
    const plan = plans.get(number) ?? plans.get('default') ?? [];
    return (plan.length > 1 ? plan.shift() : plan[0]) ?? 'ok';
  }

  function newFax(direction: Fax['direction'], job: Readonly<Record<string, unknown>>): Fax {
    const at = new Date(now()).toISOString();
    const fax: Fax = {
      record_type: 'fax',
      id: randomUUID(),
      connection_id: connectionId,
      direction,
      from: String(job['from']),
      to: String(job['to']),
      quality: typeof job['quality'] === 'string' ? job['quality'] : 'normal',
      store_media: job['store_media'] === true,
      client_state: typeof job['client_state'] === 'string' ? job['client_state'] : null,
      webhook_url: typeof job['webhook_url'] === 'string' ? job['webhook_url'] : null,
      media_url: typeof job['media_url'] === 'string' ? job['media_url'] : '',
      created_at: at,
      updated_at: at,
      status: direction === 'outbound' ? 'queued' : 'receiving',
      failure_reason: null,
      internal_failure_reason: null,
    };
    faxes.set(fax.id, fax);
    return fax;
  }

  function become(fax: Fax, status: Fax['status'], failure: string | null = null): void {
    fax.status = status;
    fax.failure_reason = failure;
    fax.internal_failure_reason = failure;
    fax.updated_at = new Date(now()).toISOString();
  }

  /** @throws AbortError when the company closes meanwhile. */
  const pause = (steps: number): Promise<void> => sleep(steps * pace, undefined, { signal: closing.signal });

  async function transmit(fax: Fax, behaviour: Behaviour): Promise<void> {
    const reporter = caller.about(fax, fax.webhook_url ?? webhookUrl, behaviour);
    reporter.say({ type: 'fax.queued', status: 'queued' });
    await pause(1);
    const media = await download(fax.media_url, closing.signal);
    const failure = media.failure ?? failureOf(behaviour);
    if (media.failure === null && behaviour !== 'media failure') {
      become(fax, 'media.processed');
      reporter.say({ type: 'fax.media.processed', status: 'media.processed' });
      await pause(1);
      become(fax, 'sending');
      reporter.say({ type: 'fax.sending.started', status: 'sending' });
    }
    await pause(behaviour === 'slow' ? 40 : 1);
    const pages = behaviour === 'partial' ? 1 : media.pages;
    const ending = cancelled.has(fax.id) ? 'sender_canceled' : failure;
    if (ending === null || behaviour === 'partial') record(fax, media.bytes, pages, ending === null);
    become(fax, ending === null ? 'delivered' : 'failed', ending);
    reporter.say(ending === null ? delivered(pages) : failed(ending, behaviour === 'partial' ? pages : 0));
    await reporter.end();
  }

  function record(fax: Fax, bytes: Uint8Array, pages: number, whole: boolean): void {
    printed.set(fax.to, bytes);
    for (const oldest of printed.keys()) {
      if (printed.size <= kept) break;
      printed.delete(oldest);
    }
    const { id, to, from, client_state } = fax;
    const state = client_state === null ? null : Buffer.from(client_state, 'base64').toString('utf8');
    const at = new Date(now()).toISOString();
    ledger.write({ fax: id, to, from, client_state, state, pages, whole, sha256: sha256(bytes), at });
  }

  async function receive({ to, from, file }: { to: string; from: string; file: Uint8Array }): Promise<string> {
    const fax = newFax('inbound', { to, from });
    const isPdf = Buffer.from(file.subarray(0, 4)).toString('latin1') === '%PDF';
    files.set(`${fax.id}.${isPdf ? 'pdf' : 'tiff'}`, { bytes: file, token: '', expires: 0 });
    refresh(fax);
    become(fax, 'received');
    const pages = await countPages(file).catch(() => 0);
    const extra = {
      page_count: pages,
      call_duration_secs: 30 * pages,
      media_url: fax.media_url,
      partial_content: false,
    };
    const reporter = caller.about(fax, webhookUrl, behaviourFor(from));
    reporter.say({ type: 'fax.receiving.started', status: 'receiving' });
    await pause(1);
    reporter.say({ type: 'fax.media.processing.started', status: 'media.processing' });
    await pause(1);
    reporter.say({ type: 'fax.received', status: 'received', extra });
    await reporter.end();
    return fax.id;
  }

  /** A new link to a received file, for ten minutes. */
  function refresh(fax: Fax): void {
    for (const [name, file] of files) {
      if (!name.startsWith(fax.id)) continue;
      file.token = randomBytes(16).toString('hex');
      file.expires = now() + linkLife;
      fax.media_url = `http://${host}/media/${name}?X-Amz-Expires=600&X-Amz-Signature=${file.token}`;
    }
  }

  async function send(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const job = await jsonOf(request);
    const problem = job === null ? { ...noSuchFax, status: 400, title: 'Bad request' } : problemWith(job, connectionId);
    if (job === null || problem) {
      fail(response, problem ?? noSuchFax);
      return;
    }
    const behaviour = behaviourFor(String(job['to']));
    const refusal = refusalOf(behaviour);
    if (refusal) {
      fail(response, refusal);
      return;
    }
    const fax = newFax('outbound', job);
    later(transmit(fax, behaviour));
    if (behaviour === 'drops the reply') request.socket.destroy();
    else if (behaviour === 'garbles the reply') response.writeHead(202).end('<html>accepted</html>');
    else reply(response, 202, { data: fax });
  }

  function act(fax: Fax, action: string, response: ServerResponse): void {
    if (action === 'refresh') refresh(fax);
    else if (['queued', 'media.processed', 'sending'].includes(fax.status)) cancelled.add(fax.id);
    else {
      fail(response, { ...noSuchFax, status: 422, code: '10015', title: 'Fax is over' });
      return;
    }
    reply(response, action === 'refresh' ? 200 : 202, { data: { result: 'ok' } });
  }

  function media(url: URL, response: ServerResponse): void {
    const file = files.get(url.pathname.slice('/media/'.length));
    const good = file && url.searchParams.get('X-Amz-Signature') === file.token && now() < file.expires;
    if (!good)
      response.writeHead(403, { 'content-type': 'application/xml' }).end('<Error><Code>AccessDenied</Code></Error>');
    else response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(file.bytes);
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', `http://${host}`);
    const [, id, action] = /^\/v2\/faxes(?:\/([\w-]+)(?:\/actions\/(cancel|refresh))?)?$/.exec(url.pathname) ?? [
      'none',
    ];
    const fax = faxes.get(id ?? '');
    if (url.pathname.startsWith('/media/')) media(url, response);
    else if (request.headers.authorization !== `Bearer ${apiKey}`) fail(response, unauthenticated);
    else if (url.pathname === '/v2/faxes' && request.method === 'POST') await send(request, response);
    else if (url.pathname === '/v2/faxes') reply(response, 200, listed([...faxes.values()], url.searchParams));
    else if (!fax) fail(response, noSuchFax);
    else if (action !== undefined) act(fax, action, response);
    else if (request.method === 'DELETE') response.writeHead(faxes.delete(fax.id) ? 204 : 404).end();
    else reply(response, 200, { data: fax });
  }

  const server = createServer((request, response) => {
    later(
      serve(request, response).catch((error: unknown) => {
        // A caller that hung up in mid-request asked for nothing.
        if (request.complete) throw error;
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url: `http://${host}/v2`,
    mediaHost: host,
    publicKey: caller.publicKey,
    ledger: ledger.lines,
    calls: caller.calls,
    get faxes() {
      return [...faxes.values()];
    },
    printedAt: (number) => printed.get(number) ?? null,
    behave: (number, ...behaviours) => void plans.set(number, [...behaviours]),
    receive,
    callAt: (url) => void (webhookUrl = url),
    sign: caller.sign,
    async close() {
      closing.abort();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await Promise.all(running);
      ledger.close();
    },
  };
}

const delivered = (pages: number): FaxEvent => ({
  type: 'fax.delivered',
  status: 'delivered',
  extra: { page_count: pages, call_duration_secs: 30 * pages, partial_content: false },
});

const failed = (reason: string, pages: number): FaxEvent => ({
  type: 'fax.failed',
  status: 'failed',
  extra: { failure_reason: reason, ...(pages > 0 ? { page_count: pages, partial_content: true } : {}) },
});

/** Fetch what is to be sent. It must answer 2xx without redirects. */
async function download(
  url: string,
  signal: AbortSignal,
): Promise<{ bytes: Uint8Array; pages: number; failure: string | null }> {
  const none = { bytes: new Uint8Array(), pages: 0 };
  try {
    const reply = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(30_000)]),
    });
    const bytes = new Uint8Array(await reply.arrayBuffer());
    if (reply.status < 200 || reply.status > 299) return { ...none, failure: 'file_download_failed' };
    if (bytes.length > maxMedia) return { ...none, failure: 'file_size_limit_exceeded' };
    const pages = await countPages(bytes).catch(() => null);
    if (pages === null) return { ...none, failure: 'file_format_invalid' };
    return { bytes, pages, failure: pages > maxPages ? 'page_count_limit_exceeded' : null };
  } catch (error) {
    if (signal.aborted) throw error;
    return { ...none, failure: 'file_download_failed' };
  }
}

async function jsonOf(request: IncomingMessage): Promise<Record<string, unknown> | null> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function fail(response: ServerResponse, { status, code, title, detail, pointer, retryAfter }: ApiError): void {
  if (retryAfter !== undefined) response.setHeader('retry-after', String(retryAfter));
  reply(response, status, { errors: [{ code, title, detail, ...(pointer ? { source: { pointer } } : {}) }] });
}
