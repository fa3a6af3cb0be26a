import { z } from 'zod';
import type { AttemptId } from '../../../src/core/message.ts';
import { accepted, deferred, type Outcome, refused, unknown } from '../../../src/core/outcome.ts';
import { common, httpUrl, secret, type Common } from '../account.ts';
import { healthBy, read, talk, unclear, type Talk } from '../http.ts';
import type { Arrived, Company, Found, LostFax, OutgoingFax } from '../provider.ts';
import { telnyxReader } from './telnyx-events.ts';
import { failureReason, reasons } from './telnyx-reasons.ts';
import { replyReason } from './telnyx-replies.ts';

const publicKey = z
  .string()
  .refine((text) => /^[A-Za-z0-9+/]{43}=$/.test(text), 'an Ed25519 public key: 32 bytes in base64');

interface Account extends Common {
  readonly apiKey: string;
  readonly connectionId: string;
  readonly publicKey: readonly string[];
  readonly baseUrl: string;
}

/** The list may lag behind the send: only after this long does absence mean anything. */
const listLag = 60_000;
/** A fax like ours was made within this of our handing it over. */
const window = 5 * 60_000;
const pageSize = 100;
const maxPages = 20;

/** After three calls in vain Telnyx tells nobody any more: what came in so lately is looked for in its list. */
const recent = 3 * 86_400_000;

/** What we read of a fax; the rest of the record stays beside it, as evidence. */
const fax = z.looseObject({
  id: z.string().regex(/^[\w-]{1,64}$/),
  status: z.string().optional(),
  client_state: z.string().nullish(),
  created_at: z.string().nullish(),
  page_count: z.number().nullish(),
  failure_reason: z.string().nullish(),
  connection_id: z.string().nullish(),
  from: z.string().max(200).nullish(),
  to: z.string().max(200).nullish(),
  media_url: z.string().max(4000).nullish(),
});
type Listing = z.output<typeof fax>;
const one = z.object({ data: fax });
const many = z.object({ data: z.array(fax), meta: z.object({ total_pages: z.int() }) });

/** Telnyx Programmable Fax, API v2 (developers.telnyx.com/docs/programmable-fax). */
export const telnyx: Company<Account> = {
  name: 'telnyx',
  account: z.strictObject({
    provider: z.literal('telnyx'),
    ...common,
    apiKey: secret,
    /** The fax application's id. */
    connectionId: secret,
    /** From the company's portal; a list while a key is being changed. */
    publicKey: z.union([publicKey, z.array(publicKey).min(1)]).transform((keys) => [keys].flat()),
    baseUrl: httpUrl.default('https://api.telnyx.com/v2'),
  }),
  open(account, { now }) {
    const company = talk(account.baseUrl, { authorization: `Bearer ${account.apiKey}` });
    return {
      limits: { maxBytes: 50_000_000, maxPages: 350 },
      submit: (job, signal) => submit(company, account, job, signal, now()),
      find: (lost, signal) => find(company, account, lost, signal, now()),
      read: telnyxReader(account.publicKey, now),
      waiting: (signal) => waiting(company, account, signal, now()),
      check: async (signal) =>
        healthBy(await company.ask({ method: 'GET', path: '/faxes', params: { 'page[size]': 1 } }, signal)),
      async erase(id, signal) {
        const answer = await company.ask({ method: 'DELETE', path: `/faxes/${encodeURIComponent(id)}` }, signal);
        return answer.kind === 'reply' && [200, 204, 404].includes(answer.status);
      },
    };
  },
};

async function submit(
  company: Talk,
  account: Account,
  { family, to, mediaUrl, webhookUrl }: OutgoingFax,
  signal: AbortSignal,
  now: number,
): Promise<Outcome> {
  const body = {
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
  const answer = await company.ask({ method: 'POST', path: '/faxes', body }, signal);
  const doubt = unclear('telnyx', answer, now);
  if (doubt || answer.kind === 'silence') return doubt ?? unknown('interrupted', 'telnyx');
  const { status } = answer;
  if (status >= 200 && status < 300) {
    const taken = read(one, answer);
    return taken ? accepted(taken.data.id) : unknown('interrupted', `telnyx ${status} without a fax id`);
  }
  const { code, detail } = replyReason(status, answer.body.toString('utf8'));
  return refused(code, detail);
}

/** Look a fax up by what we put on the wire; if the company does not show that, by number, pages and time, and then only
 *  if no other fax fits as well. Only a complete list that is old enough proves absence. */
async function find(
  company: Talk,
  account: Account,
  lost: LostFax,
  signal: AbortSignal,
  now: number,
): Promise<Found | null> {
  const filters = {
    'filter[direction][eq]': 'outbound',
    'filter[from][eq]': account.from,
    'filter[to][eq]': lost.to,
    'filter[created_at][gte]': new Date(lost.openedAt - listLag).toISOString(),
  };
  const listed = await list(company, filters, signal);
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

/** Every fax that the filters let pass; null: the list cannot be had, or has no end. */
async function list(
  company: Talk,
  filters: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Listing[] | null> {
  const all: Listing[] = [];
  for (let number = 1; number <= maxPages; number++) {
    const params = { ...filters, 'page[number]': number, 'page[size]': pageSize };
    const page = read(many, await company.ask({ method: 'GET', path: '/faxes', params }, signal));
    if (!page) return null;
    all.push(...page.data);
    if (number >= page.meta.total_pages) return all;
  }
  return null;
}

/** What came in lately and still lies there: its webhooks were missed, or its pages could not be kept. */
async function waiting(
  company: Talk,
  { connectionId }: Account,
  signal: AbortSignal,
  now: number,
): Promise<readonly Arrived[] | null> {
  const since = new Date(now - recent).toISOString();
  const filters = { 'filter[direction][eq]': 'inbound', 'filter[created_at][gte]': since };
  const listed = await list(company, filters, signal);
  const ours = listed?.filter(({ status, connection_id }) => status === 'received' && connection_id === connectionId);
  if (!ours) return null;
  const arrived: Arrived[] = [];
  for (const each of ours) {
    const url = await freshLink(company, each.id, signal);
    if (url) arrived.push(arrivedAs(each, url));
  }
  return arrived;
}

/** Links hold for ten minutes. Null: it cannot be had now. */
async function freshLink(company: Talk, id: string, signal: AbortSignal): Promise<string | null> {
  const path = `/faxes/${encodeURIComponent(id)}`;
  await company.ask({ method: 'POST', path: `${path}/actions/refresh` }, signal);
  return read(one, await company.ask({ method: 'GET', path }, signal))?.data.media_url ?? null;
}

const arrivedAs = (listed: Listing, url: string): Arrived => ({
  type: 'arrival',
  id: `listed ${listed.id}`,
  fax: listed.id,
  from: listed.from ?? null,
  to: listed.to ?? null,
  media: { url },
  pageCount: listed.page_count ?? null,
  lastCall: false,
  evidence: Buffer.from(JSON.stringify(listed)),
});

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

const clientState = (family: AttemptId): string => Buffer.from(family).toString('base64');
