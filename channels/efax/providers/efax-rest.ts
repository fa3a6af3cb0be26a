import { z } from 'zod';
import { accepted, deferred, type Outcome, type Reason, refused, unknown } from '../../../src/core/outcome.ts';
import { attemptId, common, httpUrl, secret, type Common } from '../account.ts';
import { basic, healthBy, read, talk, unclear, type Answer, type Ask } from '../http.ts';
import type { Arrived, Company, FaxEvent, FaxProvider, Found, LostFax, OutgoingFax } from '../provider.ts';
import { codes, meaning, partly, tableOf } from '../reasons.ts';

interface Account extends Common {
  readonly appId: string;
  readonly apiKey: string;
  readonly userId: string;
  readonly baseUrl: string;
}

/** The list may lag behind the send: only after this long does absence mean anything. */
const listLag = 60_000;
const pageSize = 100;
const mostPages = 50;
/** A token is renewed so long before its end. */
const renewBefore = 60_000;

const id = z.string().regex(/^[\w-]{1,64}$/);
const sentFax = z.looseObject({
  fax_id: id,
  destination_fax_number: z.coerce.string().nullish(),
  transmission_status: z.string().nullish(),
  transmission_data: z
    .looseObject({
      transmission_status: z.string().nullish(),
      error_code: z.coerce.string().nullish(),
      error_message: z.string().nullish(),
    })
    .nullish(),
  pages: z.coerce.number().nullish(),
  pages_sent: z.coerce.number().nullish(),
  attempts: z.coerce.number().nullish(),
  completed_timestamp: z.string().nullish(),
  client_data: z.looseObject({ client_reference_id: z.string().nullish() }).nullish(),
});
type SentFax = z.output<typeof sentFax>;

const receivedFax = z.looseObject({
  fax_id: id,
  pages: z.coerce.number().nullish(),
  originating_fax_number: z.coerce.string().nullish(),
  originating_fax_tsid: z.string().nullish(),
  destination_fax_number: z.coerce.string().nullish(),
});
type ReceivedFax = z.output<typeof receivedFax>;

/** eFax Enterprise, "Fax Services API" (docs.efaxcorporate.com). A token for a day and the user's id on every call; what
 *  its webhooks look like is not published, so it is asked instead. */
export const efaxRest: Company<Account> = {
  name: 'efax',
  account: z.strictObject({
    provider: z.literal('efax'),
    ...common,
    appId: secret,
    apiKey: secret,
    userId: z.uuid(),
    baseUrl: httpUrl.default('https://api.securedocex.com'),
  }),
  open: (account, { now }) => provider(account, now),
};

function provider(account: Account, now: () => number): FaxProvider {
  const ask = signedIn(account, now);
  const one = (name: string, more = ''): string => `/faxes/${encodeURIComponent(name)}${more}`;
  const metadata = (name: string, signal: AbortSignal): Promise<Answer> =>
    ask({ method: 'GET', path: one(name, '/metadata') }, signal);

  return {
    limits: { maxBytes: 20_000_000, maxPages: 200 },
    submit: async (job, signal) =>
      afterSend(await ask({ method: 'POST', path: '/faxes', body: jobOf(account, job) }, signal), now()),
    find: (lost, signal) => find(ask, lost, signal, now()),
    check: async (signal) => healthBy(await ask(received(0, 1), signal)),
    async reread({ fax: name, direction }, signal) {
      const answer = await metadata(name, signal);
      if (direction === 'out') {
        const record = read(sentFax, answer);
        return record && isOver(record) ? report(record, now()) : null;
      }
      if (answer.kind === 'reply' && answer.status === 404) return { type: 'other', id: name };
      const record = read(receivedFax, answer);
      return record && arrivedAs(record);
    },
    async waiting(signal) {
      const all: Arrived[] = [];
      for (let page = 0; page < mostPages; page++) {
        const listed = read(
          z.object({ faxes: z.array(receivedFax) }),
          await ask(received(page * pageSize, pageSize), signal),
        );
        if (!listed) return null;
        all.push(...listed.faxes.map(arrivedAs));
        if (listed.faxes.length < pageSize) break;
      }
      return all;
    },
    // Reading marks it as downloaded there: its name is on our disk before (`rounds`).
    async pages({ fax: name }, signal) {
      const path = one(name, '/image');
      const answer = await ask({ method: 'GET', path, params: { desired_format: 'TIFF' } }, signal);
      const told = read(z.object({ image: z.string() }), answer);
      return told && Buffer.from(told.image, 'base64');
    },
    async erase(name, signal) {
      const answer = await ask({ method: 'DELETE', path: one(name) }, signal);
      return answer.kind === 'reply' && [200, 204, 404].includes(answer.status);
    },
  };
}

type Asks = (question: Ask, signal: AbortSignal) => Promise<Answer>;

/** Each call with a token that is still good. One that the company does not take any more (401) was not heard: it is
 *  renewed and the call made anew, once. */
function signedIn({ appId, apiKey, userId, baseUrl }: Account, now: () => number): Asks {
  const company = talk(baseUrl, { 'user-id': userId }, 60_000_000);
  let token: { readonly text: string; readonly until: number } | null = null;

  async function renewed(signal: AbortSignal): Promise<Answer | null> {
    const body = new URLSearchParams({ grant_type: 'client_credentials' });
    const headers = { authorization: basic(appId, apiKey) };
    const answer = await company.ask({ method: 'POST', path: '/tokens', headers, body }, signal);
    const told = read(z.object({ access_token: z.string().min(1), expires_in: z.coerce.number() }), answer);
    token = told && { text: told.access_token, until: now() + told.expires_in * 1000 - renewBefore };
    return token ? null : answer;
  }

  return async (question, signal) => {
    for (let again = false; ; again = true) {
      if (!token || token.until <= now()) {
        const failed = await renewed(signal);
        // Nothing but the sign-in was asked: whatever became of it, no fax was handed over.
        if (failed) return failed.kind === 'silence' ? { ...failed, connected: false } : asRefusal(failed);
      }
      const headers = { ...question.headers, authorization: `Bearer ${token?.text ?? ''}` };
      const answer = await company.ask({ ...question, headers }, signal);
      if (again || answer.kind === 'silence' || answer.status !== 401) return answer;
      token = null;
    }
  };
}

/** A sign-in that broke tells nothing of a fax: come back later. */
const asRefusal = (answer: Extract<Answer, { kind: 'reply' }>): Answer =>
  answer.status >= 500 || answer.status < 300
    ? { kind: 'silence', connected: false, cancelled: false, untrusted: false, code: `SIGN_IN_${answer.status}` }
    : answer;

const received = (offset: number, limit: number): Ask => ({
  method: 'GET',
  path: '/faxes/received',
  params: { image_downloaded: 'false' },
  headers: { 'pagination-offset': String(offset), 'pagination-limit': String(limit) },
});

/** North American numbers have eleven digits and no plus. */
const numberOf = (e164: string): string => (e164.startsWith('+1') ? e164.slice(1) : e164);
const e164Of = (text: string | null | undefined): string | null => {
  const digits = (text ?? '').replace(/\D/g, '');
  return digits.length < 8 ? null : `+${digits.length === 10 ? `1${digits}` : digits}`;
};

const jobOf = ({ from }: Account, { family, to, tiff }: OutgoingFax) => ({
  destinations: [{ fax_number: numberOf(to) }],
  documents: [{ document_type: 'TIF', document_content: Buffer.from(tiff).toString('base64') }],
  fax_options: {
    image_resolution: 'FINE',
    include_cover_page: false,
    // Redialling is ours to decide.
    retry_options: { non_billable: 0, billable: 0, human_answer: 0 },
    custom_CallerID: numberOf(from),
    custom_CSID: from,
  },
  client_data: { client_reference_id: family },
});

function afterSend(answer: Answer, now: number): Outcome {
  const doubt = unclear('efax', answer, now);
  if (doubt || answer.kind === 'silence') return doubt ?? unknown('interrupted', 'efax');
  const { status } = answer;
  // A list even for one.
  const [taken] = read(z.array(z.object({ fax_id: id })).min(1), answer) ?? [];
  if (taken) return accepted(taken.fax_id);
  if (status >= 200 && status < 300) return unknown('interrupted', `efax ${status} without a fax id`);
  const code = [401, 402, 403].includes(status) ? 'unauthorized' : status === 413 ? 'too-large' : 'rejected';
  return refused(code, `efax ${status}`);
}

async function find(
  ask: Asks,
  { family, openedAt, others }: LostFax,
  signal: AbortSignal,
  now: number,
): Promise<Found | null> {
  for (let page = 0; page < mostPages; page++) {
    const question: Ask = {
      method: 'GET',
      path: '/faxes/sent',
      headers: { 'pagination-offset': String(page * pageSize), 'pagination-limit': String(pageSize) },
    };
    const listed = read(z.object({ faxes: z.array(sentFax) }), await ask(question, signal));
    if (!listed) return null;
    const ours = listed.faxes.find(
      (each) => each.client_data?.client_reference_id === family && !others.includes(each.fax_id),
    );
    if (ours) {
      const outcome = accepted(ours.fax_id);
      if (!isOver(ours)) return { outcome, report: null };
      return { outcome, report: { reference: ours.fax_id, failure: failureOf(ours), evidence: evidenceOf(ours) } };
    }
    if (listed.faxes.length < pageSize)
      return now - openedAt > listLag ? { outcome: deferred('interrupted', 'efax never got it'), report: null } : null;
  }
  return null;
}

/** As it was seen: COMPLETED and COMPLETE, CANCELED and CANCELLED. */
const stateOf = ({ transmission_status: own, transmission_data: data }: SentFax): string =>
  (data?.transmission_status ?? own ?? '').toUpperCase();
const isOver = (fax: SentFax): boolean => /^(COMPLETED?|ERROR|CANCELL?ED)$/.test(stateOf(fax));
const table = tableOf(codes, 'efax-rest');

function failureOf(fax: SentFax): Reason | null {
  if (/^COMPLETED?$/.test(stateOf(fax))) return null;
  const reason = meaning('efax', table, fax.transmission_data?.error_message?.toUpperCase() ?? null);
  const calls = fax.attempts ?? 1;
  return { ...partly(reason, fax.pages_sent), ...(calls > 1 ? { calls } : {}) };
}

const evidenceOf = (record: SentFax | ReceivedFax): Uint8Array => Buffer.from(JSON.stringify(record));

function report(record: SentFax, now: number): FaxEvent {
  const at = Date.parse((record.completed_timestamp ?? '').replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
  return {
    type: 'report',
    id: `${record.fax_id} ${stateOf(record)}`,
    fax: record.fax_id,
    family: attemptId(record.client_data?.client_reference_id),
    failure: failureOf(record),
    at: Number.isNaN(at) ? now : at,
    evidence: evidenceOf(record),
  };
}

const arrivedAs = (record: ReceivedFax): Arrived => ({
  type: 'arrival',
  id: record.fax_id,
  fax: record.fax_id,
  from: e164Of(record.originating_fax_number),
  csid: record.originating_fax_tsid ?? null,
  to: e164Of(record.destination_fax_number),
  media: 'by the API',
  pageCount: record.pages ?? null,
  lastCall: false,
  evidence: evidenceOf(record),
});
