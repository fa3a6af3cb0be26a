import { z } from 'zod';
import { accepted, type Outcome, type Reason, refused, unknown } from '../../../src/core/outcome.ts';
import { common, httpUrl, secret, type Common } from '../account.ts';
import { fieldOf, partsOf } from '../form.ts';
import { basic, healthBy, parsed, read, same, talk, unclear, type Answer } from '../http.ts';
import type { Company, FaxEvent, FaxProvider, OutgoingFax, Reading, WebhookCall } from '../provider.ts';
import { codes, meaning, partly, tableOf } from '../reasons.ts';

interface Account extends Common {
  readonly apiKey: string;
  readonly webhook: { readonly user: string; readonly password: string };
  readonly baseUrl: string;
}

const id = z.string().regex(/^[\w-]{1,64}$/);
const count = z.coerce.number().nullish();
/** The same words in a webhook and in what is asked for. */
const fax = z.looseObject({
  messageId: id,
  status: z.string(),
  direction: z.string().nullish(),
  faxNumber: z.string().nullish(),
  faxCallerId: z.string().nullish(),
  faxCsid: z.string().nullish(),
  faxDetected: z.boolean().nullish(),
  faxAttempt: count,
  pagesCount: count,
  pagesComplete: count,
  resultInfo: z.string().nullish(),
  errorInfo: z.string().nullish(),
  resolvedDate: z.string().nullish(),
});
type Fax = z.output<typeof fax>;

/** Documo mFax v1 (help.documo.com, "New Webhooks" and "Legacy Webhooks"; docs.documo.com). It shows our name for a fax
 *  nowhere that is documented: what became of ours is asked by its own. */
export const documo: Company<Account> = {
  name: 'documo',
  account: z.strictObject({
    provider: z.literal('documo'),
    ...common,
    apiKey: secret,
    /** The user and password that the webhook is set up with there. */
    webhook: z.strictObject({ user: secret, password: secret }),
    baseUrl: httpUrl.default('https://api.documo.com/v1'),
  }),
  open: (account, { now }) => provider(account, now),
};

function provider(account: Account, now: () => number): FaxProvider {
  // Called basic, but the key stands there as it is.
  const company = talk(account.baseUrl, { authorization: `Basic ${account.apiKey}` }, 60_000_000);
  const info = async (name: string, signal: AbortSignal): Promise<Fax | null> =>
    read(fax, await company.ask({ method: 'GET', path: `/fax/${encodeURIComponent(name)}/info` }, signal));

  return {
    limits: { maxBytes: 20_000_000, maxPages: 200 },
    nameless: true,
    // The older webhooks carry the pages, which we fetch anew.
    maxCall: 60_000_000,
    submit: async (job, signal) =>
      afterSend(await company.ask({ method: 'POST', path: '/faxes', body: jobOf(account, job) }, signal), now()),
    async find({ reference }, signal) {
      const record = reference === null ? null : await info(reference, signal);
      if (!record) return null;
      const outcome = accepted(record.messageId);
      if (!isOver(record)) return { outcome, report: null };
      const [failure, evidence] = [failureOf(record), evidenceOf(record)];
      return { outcome, report: { reference: record.messageId, failure, evidence } };
    },
    check: async (signal) => healthBy(await company.ask({ method: 'GET', path: '/accounts' }, signal)),
    read: (call) => rung(account, call),
    async reread({ fax: name, direction }, signal) {
      const record = await info(name, signal);
      if (!record) return null;
      return direction === 'in' ? arrived(record) : report(record, now());
    },
    async pages({ fax: name }, signal) {
      const path = `/fax/${encodeURIComponent(name)}/download`;
      const answer = await company.ask({ method: 'GET', path }, signal);
      return answer.kind === 'reply' && answer.status === 200 ? answer.body : null;
    },
  };
}

function jobOf({ from }: Account, { family, to, tiff }: OutgoingFax): FormData {
  const form = new FormData();
  form.append('faxNumber', to);
  form.append('callerId', from);
  form.append('coverPage', 'false');
  form.append('async', 'true');
  // For people who look there; it is not documented that it comes back.
  form.append('tags', family);
  form.append('attachments', new Blob([Buffer.from(tiff)], { type: 'image/tiff' }), 'fax.tif');
  return form;
}

function afterSend(answer: Answer, now: number): Outcome {
  const doubt = unclear('documo', answer, now);
  if (doubt || answer.kind === 'silence') return doubt ?? unknown('interrupted', 'documo');
  const { status } = answer;
  const taken = read(z.object({ messageId: id }), answer);
  if (taken) return accepted(taken.messageId);
  if (status >= 200 && status < 300) return unknown('interrupted', `documo ${status} without a message id`);
  const code = [401, 402, 403].includes(status) ? 'unauthorized' : status === 413 ? 'too-large' : 'rejected';
  return refused(code, `documo ${status}`);
}

const isOver = ({ status }: Fax): boolean => ['success', 'failed', 'cancelled'].includes(status);
const table = tableOf(codes, 'documo');

function failureOf(record: Fax): Reason | null {
  const { status, faxDetected, faxAttempt, pagesComplete, resultInfo, errorInfo } = record;
  if (status === 'success') return null;
  const word = [resultInfo, errorInfo].find((each) => each !== null && each !== undefined && each !== '') ?? null;
  const told = meaning('documo', table, word);
  // A call that was answered without a tone; a line that nobody answered has none either, and says so itself.
  const voice = faxDetected === false && told.code === 'rejected';
  const reason: Reason = voice ? { code: 'not-a-fax', detail: 'documo no fax detected' } : told;
  return { ...partly(reason, pagesComplete), ...((faxAttempt ?? 1) > 1 ? { calls: faxAttempt ?? 1 } : {}) };
}

const evidenceOf = (record: Fax): Uint8Array => Buffer.from(JSON.stringify(record));

function report(record: Fax, now: number): FaxEvent | null {
  if (!isOver(record)) return null;
  const at = Date.parse(record.resolvedDate ?? '');
  return {
    type: 'report',
    id: `${record.messageId} ${record.status}`,
    fax: record.messageId,
    family: null,
    failure: failureOf(record),
    at: Number.isNaN(at) ? now : at,
    evidence: evidenceOf(record),
  };
}

const arrived = (record: Fax): FaxEvent | null =>
  record.direction !== 'inbound'
    ? null
    : {
        type: 'arrival',
        id: record.messageId,
        fax: record.messageId,
        from: record.faxCallerId ?? null,
        csid: record.faxCsid ?? null,
        to: record.faxNumber ?? null,
        media: 'by the API',
        pageCount: record.pagesCount ?? null,
        broken: record.status === 'failed',
        lastCall: false,
        evidence: evidenceOf(record),
      };

const call = z.object({ messageId: id, direction: z.string().nullish() });

/** Both generations of webhooks: JSON with the event in a header, and a form whose field `data` is JSON. Nothing is
 *  signed: user and password keep strangers away, and the fax is read anew. */
function rung({ webhook }: Account, { headers, raw }: WebhookCall): Reading {
  if (!same(headers.get('authorization') ?? '', basic(webhook.user, webhook.password))) return { kind: 'forged' };
  const parts = partsOf(headers.get('content-type'), raw);
  const told = parsed(call, parts ? (fieldOf(parts, 'data') ?? '') : Buffer.from(raw).toString('utf8'));
  if (!told) return { kind: 'unreadable' };
  const direction = told.direction === 'inbound' ? 'in' : 'out';
  return { kind: 'doorbell', name: { fax: told.messageId, direction } };
}
