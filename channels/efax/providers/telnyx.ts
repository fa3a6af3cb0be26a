import axios, { type AxiosInstance, type AxiosResponse } from 'axios';
import { z } from 'zod';
import type { Health } from '../../../src/core/channel.ts';
import type { AttemptId } from '../../../src/core/message.ts';
import { accepted, deferred, type Outcome, refused, unknown } from '../../../src/core/outcome.ts';
import { retryAfter } from '../../../src/core/retry-after.ts';
import type { Account } from '../config.ts';
import type { FaxProvider, Found, LostFax, OutgoingFax } from '../provider.ts';
import { errorCode, isBadCertificate, replyReason } from './telnyx-replies.ts';
import { failureReason, reasons } from './telnyx-reasons.ts';
import { telnyxReader } from './telnyx-events.ts';
import { watchedAgents } from './watched-agents.ts';

const patience = 20_000;
/** The list may lag behind the send: only after this long does absence mean anything. */
const listLag = 60_000;
/** A fax like ours was made within this of our handing it over. */
const window = 5 * 60_000;
const pageSize = 100;
const maxPages = 20;

/** What we read of a fax; the rest of the record stays beside it, as evidence. */
const fax = z.looseObject({
  id: z.string().regex(/^[\w-]{1,64}$/),
  status: z.string().optional(),
  client_state: z.string().nullish(),
  created_at: z.string().nullish(),
  page_count: z.number().nullish(),
  failure_reason: z.string().nullish(),
});
type Listing = z.output<typeof fax>;
const one = z.object({ data: fax });
const many = z.object({ data: z.array(fax), meta: z.object({ total_pages: z.int() }) });

/** Telnyx Programmable Fax, API v2 (developers.telnyx.com/docs/programmable-fax). */
export function telnyx(account: Account, now: () => number): FaxProvider {
  const http = axios.create({
    baseURL: account.baseUrl,
    headers: { authorization: `Bearer ${account.apiKey}` },
    adapter: 'http',
    proxy: false,
    maxRedirects: 0,
    maxContentLength: 5_000_000,
    responseType: 'text',
    transformResponse: (body: unknown) => body,
    validateStatus: () => true,
  });

  return {
    submit: (job, signal) => submit(http, account, job, signal, now()),
    find: (lost, signal) => find(http, account, lost, signal, now()),
    read: telnyxReader(account.publicKey, now),
    check: (signal) => check(http, signal),
  };
}

const within = (signal: AbortSignal): AbortSignal => AbortSignal.any([signal, AbortSignal.timeout(patience)]);

async function submit(
  http: AxiosInstance,
  account: Account,
  { family, to, mediaUrl, webhookUrl }: OutgoingFax,
  signal: AbortSignal,
  now: number,
): Promise<Outcome> {
  const job = {
    connection_id: account.connectionId,
    from: account.from,
    to,
    media_url: mediaUrl,
    webhook_url: webhookUrl,
    client_state: clientState(family),
    // The pages are 1-bit already: nothing may be dithered on the way.
    monochrome: true,
    quality: 'ultra_dark',
    store_media: false,
  };
  const { connected, ...agents } = watchedAgents();
  try {
    return afterReply(await http.post<string>('/faxes', job, { ...agents, signal: within(signal) }), now);
  } catch (error) {
    return afterSilence(error, connected());
  }
}

/** Anything but a clear yes or no is *unknown*. A 5xx is no clear no: a gateway in front may say it while the
 *  company works on. Only a 503 that names the time to come back was certainly not taken. */
function afterReply(reply: AxiosResponse<string>, now: number): Outcome {
  const { status } = reply;
  if (status >= 200 && status < 300) {
    const body = parsed(one, reply.data);
    return body ? accepted(body.data.id) : unknown('interrupted', `telnyx ${status} without a fax id`);
  }
  const wish = retryAfter(reply.headers['retry-after'], now);
  if (status === 429) return deferred('throttled', 'telnyx 429', wish);
  if (status === 503 && wish !== undefined) return deferred('throttled', 'telnyx 503', wish);
  if (status >= 500 || status === 408) return unknown('interrupted', `telnyx ${status}`);
  const { code, detail } = replyReason(status, reply.data);
  return refused(code, detail);
}

/** No reply at all. Only a connection that never stood proves that nothing was taken. */
function afterSilence(error: unknown, connected: boolean): Outcome {
  if (!axios.isAxiosError(error) && !axios.isCancel(error)) throw error;
  const detail = `telnyx ${errorCode(error)}`;
  if (connected) return unknown(axios.isCancel(error) ? 'timeout' : 'interrupted', detail);
  return deferred(isBadCertificate(error) ? 'untrusted' : 'unreachable', detail);
}

/** Look a fax up by what we put on the wire; if the company does not show that, by number, pages and time, and then only
 *  if no other fax fits as well. Only a complete list that is old enough proves absence. */
async function find(
  http: AxiosInstance,
  account: Account,
  lost: LostFax,
  signal: AbortSignal,
  now: number,
): Promise<Found | null> {
  const listed = await list(http, account, lost, signal);
  if (!listed) return null;
  const unknown = listed.filter(({ id }) => !lost.others.includes(id));
  const ours = unknown.find(({ client_state }) => client_state === clientState(lost.family));
  if (ours) return fateOf(ours);
  const alike = await lookalikes(unknown, lost);
  // That one like it was taken says that ours was, not that it is the very one: no report is made of it.
  if (alike.length > 0) return alike[0] && alike.length === 1 ? { outcome: accepted(alike[0].id), report: null } : null;
  const settled = now - lost.openedAt > listLag;
  return settled ? { outcome: deferred('interrupted', 'telnyx never got it'), report: null } : null;
}

/** Every fax to that number since a little before; null: the list cannot be had, or has no end. */
async function list(
  http: AxiosInstance,
  account: Account,
  { to, openedAt }: LostFax,
  signal: AbortSignal,
): Promise<Listing[] | null> {
  const all: Listing[] = [];
  for (let number = 1; number <= maxPages; number++) {
    const params = {
      'filter[direction][eq]': 'outbound',
      'filter[from][eq]': account.from,
      'filter[to][eq]': to,
      'filter[created_at][gte]': new Date(openedAt - listLag).toISOString(),
      'page[number]': number,
      'page[size]': pageSize,
    };
    const page = parsed(many, await get(http, '/faxes', params, signal));
    if (!page) return null;
    all.push(...page.data);
    if (number >= page.meta.total_pages) return all;
  }
  return null;
}

/** Records that show no client state, of the same time and as many pages, as far as they tell. */
async function lookalikes(records: readonly Listing[], { openedAt, pages }: LostFax): Promise<Listing[]> {
  const near = records.filter(({ client_state, created_at }) => {
    const at = Date.parse(created_at ?? '');
    return !client_state && (Number.isNaN(at) || Math.abs(at - openedAt) <= window);
  });
  if (near.length === 0) return [];
  const count = await pages();
  return near.filter(({ page_count }) => typeof page_count !== 'number' || page_count === count);
}

function fateOf(found: Listing): Found {
  const { id, status, failure_reason } = found;
  const outcome = accepted(id);
  if (status !== 'delivered' && status !== 'failed') return { outcome, report: null };
  // The record counts no pages of a call that broke off: some may lie on the far desk.
  const broken = reasons.droppedCall.includes(failure_reason ?? '');
  const failure = status === 'failed' ? failureReason(failure_reason ?? null, broken) : null;
  return { outcome, report: { reference: id, failure, evidence: Buffer.from(JSON.stringify(found)) } };
}

/** The body of a good answer, or null. Reading may be repeated, so its failures need no distinction. */
async function get(
  http: AxiosInstance,
  path: string,
  params: Readonly<Record<string, string | number>>,
  signal: AbortSignal,
): Promise<string | null> {
  const reply = await http.get<string>(path, { params, signal: within(signal) }).catch((error: unknown) => {
    if (axios.isAxiosError(error) || axios.isCancel(error)) return null;
    throw error;
  });
  return reply?.status === 200 ? reply.data : null;
}

async function check(http: AxiosInstance, signal: AbortSignal): Promise<Health> {
  try {
    const { status } = await http.get<string>('/faxes', { params: { 'page[size]': 1 }, signal: within(signal) });
    if (status === 200) return { ok: true };
    const why = status === 401 || status === 403 ? 'does not accept our API key' : 'answers with an error';
    return { ok: false, problem: `the fax company ${why} (${status})` };
  } catch (error) {
    if (!axios.isAxiosError(error) && !axios.isCancel(error)) throw error;
    return { ok: false, problem: `the fax company cannot be reached (${errorCode(error)})` };
  }
}

function parsed<Shape extends z.ZodType>(shape: Shape, text: string | null): z.output<Shape> | null {
  if (text === null) return null;
  try {
    return shape.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

const clientState = (family: AttemptId): string => Buffer.from(family).toString('base64');
