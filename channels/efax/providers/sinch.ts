import { z } from 'zod';
import { accepted, deferred, type Outcome, type Reason, refused, unknown } from '../../../src/core/outcome.ts';
import { attemptId, common, httpUrl, secret, type Common } from '../account.ts';
import { fieldOf, partsOf } from '../form.ts';
import { basic, healthBy, parsed, read, same, talk, unclear, type Answer, type Talk } from '../http.ts';
import type { Company, FaxEvent, FaxProvider, Found, LostFax, OutgoingFax, WebhookCall } from '../provider.ts';
import { codes, meaning, partly, tableOf } from '../reasons.ts';

interface Account extends Common {
  readonly projectId: string;
  readonly keyId: string;
  readonly keySecret: string;
  readonly webhook: { readonly user: string; readonly password: string };
  readonly baseUrl: string;
}

/** The list may lag behind the send: only after this long does absence mean anything. */
const listLag = 60_000;
const pageSize = 1_000;
const maxPages = 20;

const number = z.coerce.number();
const fax = z.looseObject({
  id: z.string().regex(/^[\w-]{1,64}$/),
  direction: z.string().optional(),
  from: z.string().nullish(),
  to: z.string().nullish(),
  status: z.string().optional(),
  numberOfPages: number.nullish(),
  pagesSentSuccessfully: number.nullish(),
  completedTime: z.string().nullish(),
  retryCount: number.nullish(),
  labels: z.record(z.string(), z.string()).nullish(),
  errorType: z.string().nullish(),
  errorCode: z.coerce.string().nullish(),
});
type Fax = z.output<typeof fax>;

/** One recipient: a fax object; several, or by the letter of the reference: a list of them. */
const sent = z.union([
  z.object({ faxes: z.array(fax).min(1) }).transform(({ faxes }) => faxes[0]),
  z
    .array(fax)
    .min(1)
    .transform(([first]) => first),
  fax,
]);
const listing = z.object({ faxes: z.array(fax), totalPages: number.optional() });

/** Sinch Fax API v3 (developers.sinch.com/docs/fax/api-reference). */
export const sinch: Company<Account> = {
  name: 'sinch',
  account: z.strictObject({
    provider: z.literal('sinch'),
    ...common,
    projectId: secret,
    keyId: secret,
    keySecret: secret,
    /** The user and password in the webhook's address, as the company has it. */
    webhook: z.strictObject({ user: secret, password: secret }),
    baseUrl: httpUrl.default('https://fax.api.sinch.com/v3'),
  }),
  open: (account, { now }) => provider(account, now),
};

function provider(account: Account, now: () => number): FaxProvider {
  const company = talk(
    `${account.baseUrl}/projects/${encodeURIComponent(account.projectId)}`,
    {
      authorization: basic(account.keyId, account.keySecret),
    },
    60_000_000,
  );
  const one = (id: string): string => `/faxes/${encodeURIComponent(id)}`;

  return {
    limits: { maxBytes: 20_000_000, maxPages: 200 },
    // A call may carry the pages, which we fetch anew.
    maxCall: 60_000_000,
    submit: (job, signal) => submit(company, account, job, signal, now()),
    find: (lost, signal) => find(company, lost, signal, now()),
    check: async (signal) =>
      healthBy(await company.ask({ method: 'GET', path: '/faxes', params: { pageSize: 1 } }, signal)),
    read: (call) => rung(account, call),
    async reread({ fax: id, direction }, signal) {
      const record = read(fax, await company.ask({ method: 'GET', path: one(id) }, signal));
      if (!record) return null;
      return direction === 'in' ? arrived(record) : report(record, now());
    },
    async pages({ fax: id }, signal) {
      const answer = await company.ask({ method: 'GET', path: `${one(id)}/file.pdf` }, signal);
      return answer.kind === 'reply' && answer.status === 200 ? answer.body : null;
    },
    async erase(id, signal) {
      const answer = await company.ask({ method: 'DELETE', path: `${one(id)}/file` }, signal);
      return answer.kind === 'reply' && [200, 204, 404].includes(answer.status);
    },
  };
}

async function submit(
  company: Talk,
  { from, webhook }: Account,
  { family, to, tiff, webhookUrl }: OutgoingFax,
  signal: AbortSignal,
  now: number,
): Promise<Outcome> {
  const url = new URL(webhookUrl);
  url.username = encodeURIComponent(webhook.user);
  url.password = encodeURIComponent(webhook.password);
  const body = {
    to,
    from,
    files: [{ file: Buffer.from(tiff).toString('base64'), fileType: 'TIF' }],
    labels: { attempt: family },
    // Redialling is ours to decide.
    maxRetries: 0,
    headerPageNumbers: false,
    imageConversionMethod: 'MONOCHROME',
    resolution: 'FINE',
    callbackUrl: url.href,
    callbackUrlContentType: 'application/json',
  };
  return afterSend('sinch', await company.ask({ method: 'POST', path: '/faxes', body }, signal), now);
}

function afterSend(name: string, answer: Answer, now: number): Outcome {
  const doubt = unclear(name, answer, now);
  if (doubt || answer.kind === 'silence') return doubt ?? unknown('interrupted', name);
  const { status } = answer;
  const taken = read(sent, answer);
  if (taken) return accepted(taken.id);
  if (status >= 200 && status < 300) return unknown('interrupted', `${name} ${status} without a fax id`);
  const code = [401, 402, 403].includes(status) ? 'unauthorized' : status === 413 ? 'too-large' : 'rejected';
  return refused(code, `${name} ${status}`);
}

async function find(
  company: Talk,
  { family, to, openedAt, others }: LostFax,
  signal: AbortSignal,
  now: number,
): Promise<Found | null> {
  const since = new Date(openedAt - listLag).toISOString();
  for (let page = 1; page <= maxPages; page++) {
    const params = { direction: 'OUTBOUND', to, 'createTime>': since, pageSize, page };
    const listed = read(listing, await company.ask({ method: 'GET', path: '/faxes', params }, signal));
    if (!listed) return null;
    const ours = listed.faxes.find(({ id, labels }) => labels?.['attempt'] === family && !others.includes(id));
    if (ours) {
      const outcome = accepted(ours.id);
      if (!isOver(ours)) return { outcome, report: null };
      return { outcome, report: { reference: ours.id, failure: failureOf(ours), evidence: evidenceOf(ours) } };
    }
    if (listed.faxes.length < pageSize) {
      return now - openedAt > listLag ? { outcome: deferred('interrupted', 'sinch never got it'), report: null } : null;
    }
  }
  return null;
}

const isOver = ({ status }: Fax): boolean => status === 'COMPLETED' || status === 'FAILURE';

const table = tableOf(z.record(z.string(), codes), 'sinch');

/** Codes mean different things in different types: 133 is a file there and a forbidden number here. */
function failureOf(record: Fax): Reason | null {
  const { status, errorType, errorCode, pagesSentSuccessfully, numberOfPages, retryCount } = record;
  const sentPages = pagesSentSuccessfully ?? 0;
  if (status === 'COMPLETED' && (numberOfPages ?? 0) <= sentPages) return null;
  if (status === 'COMPLETED' && pagesSentSuccessfully == null) return null;
  const type = errorType ?? '';
  const reason = meaning('sinch', table[type] ?? {}, errorCode ?? null, /^[A-Z_]{1,40}$/.test(type) ? type : '');
  return { ...partly(reason, sentPages), ...(retryCount ? { calls: retryCount + 1 } : {}) };
}

const evidenceOf = (record: Fax): Uint8Array => Buffer.from(JSON.stringify(record));

function report(record: Fax, now: number): FaxEvent | null {
  if (!isOver(record)) return null;
  const at = Date.parse(record.completedTime ?? '');
  return {
    type: 'report',
    id: `${record.id} ${record.status ?? ''}`,
    fax: record.id,
    family: attemptId(record.labels?.['attempt']),
    failure: failureOf(record),
    at: Number.isNaN(at) ? now : at,
    evidence: evidenceOf(record),
  };
}

const arrived = (record: Fax): FaxEvent | null =>
  record.direction !== 'INBOUND'
    ? null
    : {
        type: 'arrival',
        id: record.id,
        fax: record.id,
        from: record.from ?? null,
        to: record.to ?? null,
        media: 'by the API',
        pageCount: record.numberOfPages ?? null,
        broken: record.status === 'FAILURE',
        lastCall: false,
        evidence: evidenceOf(record),
      };

const call = z.object({ event: z.string(), fax: z.object({ id: z.string().regex(/^[\w-]{1,64}$/) }) });

/** Nothing is signed: user and password in the address keep strangers away, and the fax is read anew. */
function rung({ webhook }: Account, { headers, raw }: WebhookCall) {
  if (!same(headers.get('authorization') ?? '', basic(webhook.user, webhook.password)))
    return { kind: 'forged' } as const;
  const told = parsed(call, textOf(headers, raw));
  if (!told) return { kind: 'unreadable' } as const;
  const direction = told.event === 'INCOMING_FAX' ? 'in' : 'out';
  return { kind: 'doorbell', name: { fax: told.fax.id, direction } } as const;
}

/** As JSON, or as a form whose field `fax` is JSON. */
function textOf(headers: Headers, raw: Uint8Array): string {
  const parts = partsOf(headers.get('content-type'), raw);
  if (!parts) return Buffer.from(raw).toString('utf8');
  return `{"event":${JSON.stringify(fieldOf(parts, 'event'))},"fax":${fieldOf(parts, 'fax') ?? 'null'}}`;
}
