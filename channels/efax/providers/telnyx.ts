import axios, { type AxiosInstance, type AxiosResponse } from 'axios';
import { z } from 'zod';
import type { Health } from '../../../src/core/channel.ts';
import type { AttemptId } from '../../../src/core/message.ts';
import { accepted, deferred, type Outcome, refused, unknown } from '../../../src/core/outcome.ts';
import { retryAfter } from '../../../src/core/retry-after.ts';
import type { Account } from '../config.ts';
import type { FaxProvider, Found, OutgoingFax } from '../provider.ts';
import { errorCode, isBadCertificate, replyReason } from './telnyx-replies.ts';
import { failureReason, isPassing, reasons } from './telnyx-reasons.ts';
import { telnyxReader } from './telnyx-events.ts';
import { watchedAgents } from './watched-agents.ts';

const patience = 20_000;
/** The list may lag behind the send: only after this long does absence mean anything. */
const listLag = 60_000;
const pageSize = 100;
const maxPages = 20;

/** What we read of a fax; the rest of the record stays beside it, as evidence. */
const fax = z.looseObject({
  id: z.string().regex(/^[\w-]{1,64}$/),
  status: z.string().optional(),
  client_state: z.string().nullish(),
  failure_reason: z.string().nullish(),
});
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
    find: (attempt, to, signal) => find(http, account, attempt, to, signal, now()),
    read: telnyxReader(account.publicKey, now),
    check: (signal) => check(http, signal),
  };
}

const within = (signal: AbortSignal): AbortSignal => AbortSignal.any([signal, AbortSignal.timeout(patience)]);

async function submit(
  http: AxiosInstance,
  account: Account,
  { attempt, to, mediaUrl, webhookUrl }: OutgoingFax,
  signal: AbortSignal,
  now: number,
): Promise<Outcome> {
  const job = {
    connection_id: account.connectionId,
    from: account.from,
    to,
    media_url: mediaUrl,
    webhook_url: webhookUrl,
    client_state: clientState(attempt),
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

/** Look the attempt up by what we put on the wire. Only a complete list that is old enough proves absence. */
async function find(
  http: AxiosInstance,
  account: Account,
  attempt: AttemptId,
  to: string,
  signal: AbortSignal,
  now: number,
): Promise<Found | null> {
  const born = bornAt(attempt);
  const wanted = clientState(attempt);
  for (let number = 1; number <= maxPages; number++) {
    const params = {
      'filter[direction][eq]': 'outbound',
      'filter[from][eq]': account.from,
      'filter[to][eq]': to,
      ...(born === null ? {} : { 'filter[created_at][gte]': new Date(born - listLag).toISOString() }),
      'page[number]': number,
      'page[size]': pageSize,
    };
    const page = parsed(many, await get(http, '/faxes', params, signal));
    if (!page) return null;
    const found = page.data.find((each) => each.client_state === wanted);
    if (found) return fateOf(found);
    if (number < page.meta.total_pages) continue;
    const settled = born !== null && now - born > listLag;
    return settled ? { outcome: deferred('interrupted', 'telnyx never got it'), proof: null } : null;
  }
  return null;
}

function fateOf(found: z.output<typeof fax>): Found {
  const { id, status, failure_reason } = found;
  if (status === 'delivered') return { outcome: accepted(id), proof: Buffer.from(JSON.stringify(found)) };
  if (status !== 'failed') return { outcome: accepted(id), proof: null };
  // The record counts no pages: of a call that broke off, some may lie on the far desk.
  const { code, detail } = failureReason(failure_reason ?? null, reasons.droppedCall.includes(failure_reason ?? ''));
  return { outcome: isPassing(code) ? deferred(code, detail) : refused(code, detail), proof: null };
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

const clientState = (attempt: AttemptId): string => Buffer.from(attempt).toString('base64');

/** When an attempt id was made, epoch ms: an id begins with 48 bits of time in Crockford's base 32. Null: not one of ours. */
export function bornAt(attempt: AttemptId): number | null {
  const digits = '0123456789abcdefghjkmnpqrstvwxyz';
  const time = /^att_([0-9a-hjkmnp-tv-z]{10})[0-9a-hjkmnp-tv-z]{16}$/.exec(attempt)?.[1];
  return time === undefined ? null : Array.from(time).reduce((sum, digit) => sum * 32 + digits.indexOf(digit), 0);
}
