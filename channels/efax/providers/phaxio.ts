import { createHash, createHmac } from 'node:crypto';
import { z } from 'zod';
import { accepted, deferred, type Outcome, type Reason, refused, unknown } from '../../../src/core/outcome.ts';
import { attemptId, common, httpUrl, secret, type Common } from '../account.ts';
import { fieldOf, partsOf, type Part } from '../form.ts';
import { basic, healthBy, parsed, read, same, talk, unclear, type Answer, type Talk } from '../http.ts';
import type {
  Arrived,
  Company,
  FaxEvent,
  FaxProvider,
  Found,
  LostFax,
  OutgoingFax,
  Reading,
  WebhookCall,
} from '../provider.ts';
import { codes, tableOf } from '../reasons.ts';

interface Account extends Common {
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly callbackToken: string;
  readonly baseUrl: string;
}

/** The list may lag behind the send: only after this long does absence mean anything. */
const listLag = 60_000;
const pageSize = 1_000;

const id = z.coerce.string().regex(/^\d{1,20}$/);
const recipient = z.looseObject({
  phone_number: z.string().nullish(),
  status: z.string().nullish(),
  retry_count: z.coerce.number().nullish(),
  error_type: z.string().nullish(),
  error_id: z.coerce.string().nullish(),
});
const fax = z.looseObject({
  id,
  direction: z.string().nullish(),
  status: z.string().nullish(),
  num_pages: z.coerce.number().nullish(),
  from_number: z.string().nullish(),
  to_number: z.string().nullish(),
  completed_at: z.string().nullish(),
  // PHP: an empty map is sent as a list.
  tags: z
    .union([z.record(z.string(), z.string()), z.array(z.unknown()).transform((): Record<string, string> => ({}))])
    .nullish(),
  recipients: z.array(recipient).nullish(),
  error_type: z.string().nullish(),
  error_id: z.coerce.string().nullish(),
});
type Fax = z.output<typeof fax>;

const made = z.object({ success: z.literal(true), data: z.object({ id }) });
const one = z.object({ data: fax });
const listing = z.object({ data: z.array(fax) });

/** Phaxio v2.1 (phaxio.com/docs/api/v2.1). */
export const phaxio: Company<Account> = {
  name: 'phaxio',
  account: z.strictObject({
    provider: z.literal('phaxio'),
    ...common,
    apiKey: secret,
    apiSecret: secret,
    /** The account's webhook token: what its calls are signed with. Not the API secret. */
    callbackToken: secret,
    baseUrl: httpUrl.default('https://api.phaxio.com/v2.1'),
  }),
  open: (account, { now }) => provider(account, now),
};

function provider(account: Account, now: () => number): FaxProvider {
  const company = talk(account.baseUrl, { authorization: basic(account.apiKey, account.apiSecret) }, 60_000_000);
  return {
    limits: { maxBytes: 20_000_000, maxPages: 200 },
    maxCall: 60_000_000,
    submit: async (job, signal) =>
      afterSend(await company.ask({ method: 'POST', path: '/faxes', body: formOf(account, job) }, signal), now()),
    find: (lost, signal) => find(company, lost, signal, now()),
    check: async (signal) =>
      healthBy(await company.ask({ method: 'GET', path: '/faxes', params: { per_page: 1 } }, signal)),
    read: (call) => judge(account, call, now()),
    async reread({ fax: name, direction }, signal) {
      const record = read(one, await company.ask({ method: 'GET', path: `/faxes/${name}` }, signal))?.data;
      if (!record) return null;
      if (direction === 'out') return reportOf(record, now());
      return arrivedAs(record, 'by the API');
    },
    async pages({ fax: name }, signal) {
      const answer = await company.ask({ method: 'GET', path: `/faxes/${name}/file` }, signal);
      return answer.kind === 'reply' && answer.status === 200 ? answer.body : null;
    },
    async erase(name, signal) {
      const answer = await company.ask({ method: 'DELETE', path: `/faxes/${name}/file` }, signal);
      return answer.kind === 'reply' && [200, 204, 404].includes(answer.status);
    },
  };
}

function formOf({ from }: Account, { family, to, tiff, webhookUrl }: OutgoingFax): FormData {
  const form = new FormData();
  form.set('to', to);
  form.set('caller_id', from);
  form.set('callback_url', webhookUrl);
  form.set('tag[attempt]', family);
  form.set('file', new Blob([Buffer.from(tiff)], { type: 'image/tiff' }), 'fax.tif');
  return form;
}

function afterSend(answer: Answer, now: number): Outcome {
  const doubt = unclear('phaxio', answer, now);
  if (doubt || answer.kind === 'silence') return doubt ?? unknown('interrupted', 'phaxio');
  const { status } = answer;
  if (status >= 200 && status < 300) {
    const taken = read(made, answer);
    return taken ? accepted(taken.data.id) : unknown('interrupted', `phaxio ${status} without a fax id`);
  }
  const code = [401, 402, 403].includes(status) ? 'unauthorized' : status === 413 ? 'too-large' : 'rejected';
  return refused(code, `phaxio ${status}`);
}

async function find(
  company: Talk,
  { family, openedAt, others }: LostFax,
  signal: AbortSignal,
  now: number,
): Promise<Found | null> {
  const created_after = new Date(openedAt - listLag).toISOString();
  const params = { direction: 'sent', created_after, 'tag[attempt]': family, per_page: pageSize };
  const listed = read(listing, await company.ask({ method: 'GET', path: '/faxes', params }, signal))?.data;
  if (!listed) return null;
  const ours = listed.find((each) => nameOf(each) === family && !others.includes(each.id));
  if (!ours) {
    const settled = now - openedAt > listLag && listed.length < pageSize;
    return settled ? { outcome: deferred('interrupted', 'phaxio never got it'), report: null } : null;
  }
  const outcome = accepted(ours.id);
  if (!isOver(ours)) return { outcome, report: null };
  return { outcome, report: { reference: ours.id, failure: failureOf(ours), evidence: evidenceOf(ours) } };
}

const nameOf = ({ tags }: Fax) => attemptId(tags?.['attempt']);
const isOver = ({ status }: Fax): boolean => ['success', 'failure', 'partialsuccess'].includes(status ?? '');
const evidenceOf = (record: Fax): Uint8Array => Buffer.from(JSON.stringify(record));

const table = tableOf(z.strictObject({ byId: codes, byType: codes }), 'phaxio');

/** One recipient is all we ever name: its own words come before the job's. Calls that the account's setting made are
 *  counted. */
function failureOf(record: Fax): Reason | null {
  const [only] = record.recipients ?? [];
  if (record.status === 'success') return null;
  const [type, code] = [only?.error_type ?? record.error_type ?? '', only?.error_id ?? record.error_id ?? ''];
  const meaning = table.byId[code] ?? table.byType[type] ?? 'rejected';
  const words = [type, code].filter((word) => /^\w{1,40}$/.test(word));
  const retries = only?.retry_count ?? 0;
  return { code: meaning, detail: ['phaxio', ...words].join(' '), ...(retries > 0 ? { calls: retries + 1 } : {}) };
}

function reportOf(record: Fax, now: number): FaxEvent | null {
  if (!isOver(record)) return null;
  const at = Date.parse(record.completed_at ?? '');
  return {
    type: 'report',
    id: `${record.id} ${record.status ?? ''}`,
    fax: record.id,
    family: nameOf(record),
    failure: failureOf(record),
    at: Number.isNaN(at) ? now : at,
    evidence: evidenceOf(record),
  };
}

const arrivedAs = (record: Fax, media: Arrived['media']): Arrived => ({
  type: 'arrival',
  id: record.id,
  fax: record.id,
  from: record.from_number ?? null,
  to: record.to_number ?? null,
  media,
  pageCount: record.num_pages ?? null,
  broken: record.status === 'failure',
  lastCall: false,
  evidence: evidenceOf(record),
});

function judge({ callbackToken }: Account, { headers, raw, url }: WebhookCall, now: number): Reading {
  const parts = partsOf(headers.get('content-type'), raw);
  const given = headers.get('x-phaxio-signature') ?? '';
  if (!parts || !same(given, phaxioSignature(callbackToken, url, parts))) return { kind: 'forged' };
  const record = parsed(fax, fieldOf(parts, 'fax') ?? '');
  if (!record) return { kind: 'unreadable' };
  if (record.direction === 'received') {
    const file = parts.find((part) => part.file !== null);
    return { kind: 'event', late: false, event: arrivedAs(record, file ? { bytes: file.bytes } : 'by the API') };
  }
  return { kind: 'event', late: false, event: reportOf(record, now) ?? { type: 'other', id: record.id } };
}

/** Hex HMAC-SHA1 over the address as configured, every field sorted by name as name and value, every file sorted by name
 *  as name and hex SHA-1 of its bytes (phaxio.com/docs/security/callbacks). */
export function phaxioSignature(token: string, url: string, parts: readonly Part[]): string {
  const sorted = [...parts].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const fields = sorted.filter(({ file }) => file === null).map(({ name, bytes }) => name + bytes.toString('utf8'));
  const files = sorted
    .filter(({ file }) => file !== null)
    .map(({ name, bytes }) => name + createHash('sha1').update(bytes).digest('hex'));
  return createHmac('sha1', token)
    .update([url, ...fields, ...files].join(''), 'utf8')
    .digest('hex');
}
