import { z } from 'zod';
import { accepted, deferred, type Outcome, type Reason, refused, unknown } from '../../../src/core/outcome.ts';
import { common, httpUrl, secret, type Common } from '../account.ts';
import { read, talk, unclear, type Answer, type Talk } from '../http.ts';
import type { Arrived, Company, FaxEvent, FaxProvider, Found, LostFax, OutgoingFax } from '../provider.ts';
import { codes, meaning, partly, tableOf } from '../reasons.ts';

interface Account extends Common {
  readonly accessId: string;
  readonly accessPassword: string;
  readonly senderEmail: string;
  readonly baseUrl: string;
}

const listLag = 60_000;

/** HTTP 200 whatever happened; `Result` is the text of the trouble when it failed. */
const envelope = z.object({ Status: z.enum(['Success', 'Failed']), Result: z.unknown() });

const sentFax = z.looseObject({
  FileName: z.string(),
  SentStatus: z.string(),
  Pages: z.coerce.number().nullish(),
  SubmittedFaxes: z.unknown().optional(),
  AccountCode: z.coerce.string().nullish(),
  ErrorCode: z.string().nullish(),
  EpochTime: z.coerce.number().nullish(),
  ToFaxNumber: z.coerce.string().nullish(),
});
type SentFax = z.output<typeof sentFax>;

const receivedFax = z.looseObject({
  FileName: z.string().regex(/^[^|]{1,200}\|\d{1,20}$/),
  ReceiveStatus: z.string().nullish(),
  CallerID: z.coerce.string().nullish(),
  RemoteID: z.coerce.string().nullish(),
  Pages: z.coerce.number().nullish(),
  User_FaxNumber: z.coerce.string().nullish(),
});
type ReceivedFax = z.output<typeof receivedFax>;

/** One is sometimes sent bare, and none as an empty text. */
const several = <Shape extends z.ZodType>(shape: Shape) =>
  z.union([z.array(shape), shape.transform((each) => [each]), z.literal('').transform(() => [])]);

/** SRFax: one address, verbs in `action`, the password in every body (srfax.com/developers/internet-fax-api). */
export const srfax: Company<Account> = {
  name: 'srfax',
  account: z.strictObject({
    provider: z.literal('srfax'),
    ...common,
    /** The account's number. */
    accessId: secret,
    accessPassword: secret,
    senderEmail: z.email(),
    baseUrl: httpUrl.default('https://secure.srfax.com'),
  }),
  open: (account, { now }) => provider(account, now),
};

function provider(account: Account, now: () => number): FaxProvider {
  const company = talk(account.baseUrl, {}, 70_000_000);
  const ask = (action: string, words: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Answer> =>
    act(company, account, action, words, signal);

  async function result<Shape extends z.ZodType>(
    shape: Shape,
    action: string,
    words: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<z.output<Shape> | null> {
    const told = read(envelope, await ask(action, words, signal));
    return told?.Status === 'Success' ? (shape.safeParse(told.Result).data ?? null) : null;
  }

  const sentOf = async (id: string, signal: AbortSignal): Promise<SentFax | null> =>
    (await result(several(sentFax), 'Get_FaxStatus', { sFaxDetailsID: id }, signal))?.[0] ?? null;

  return {
    limits: { maxBytes: 50_000_000, maxPages: 200 },
    submit: async (job, signal) => afterSend(await ask('Queue_Fax', jobOf(account, job), signal), now()),
    async find(lost, signal) {
      const words = {
        sPeriod: 'RANGE',
        sStartDate: dayOf(lost.openedAt - 86_400_000),
        sEndDate: dayOf(now() + 86_400_000),
      };
      return found(await result(several(sentFax), 'Get_Fax_Outbox', words, signal), lost, now());
    },
    async check(signal) {
      const answer = await ask('Get_Fax_Usage', { sPeriod: 'ALL' }, signal);
      if (read(envelope, answer)?.Status === 'Success') return { ok: true };
      const why = answer.kind === 'silence' ? `cannot be reached (${answer.code})` : 'does not accept our access code';
      return { ok: false, problem: `the fax company ${why}` };
    },
    async reread({ fax, direction }, signal) {
      if (direction === 'out') {
        const record = await sentOf(fax, signal);
        return record && isOver(record) ? reportOf(fax, record, now()) : null;
      }
      const listed = await result(
        several(receivedFax),
        'Get_Fax_Inbox',
        { sPeriod: 'ALL', sViewedStatus: 'ALL' },
        signal,
      );
      if (!listed) return null;
      const record = listed.find(({ FileName }) => FileName === fax);
      return record ? arrivedAs(record) : { type: 'other', id: fax };
    },
    async waiting(signal) {
      const listed = await result(
        several(receivedFax),
        'Get_Fax_Inbox',
        { sPeriod: 'ALL', sViewedStatus: 'UNREAD' },
        signal,
      );
      return listed?.map(arrivedAs) ?? null;
    },
    async pages({ fax }, signal) {
      const words = { sFaxFileName: fax, sDirection: 'IN', sFaxFormat: 'TIFF', sMarkasViewed: 'N' };
      const text = await result(z.string(), 'Retrieve_Fax', words, signal);
      return text === null ? null : Buffer.from(text, 'base64');
    },
    async erase(fax, signal) {
      const words = { sFaxFileName_1: fax, sDirection: 'IN' };
      return (await result(z.unknown(), 'Delete_Fax', words, signal)) !== null;
    },
  };
}

/** A form, as the company documents it first. */
function act(
  company: Talk,
  { accessId, accessPassword }: Account,
  action: string,
  words: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Answer> {
  const body = new URLSearchParams({
    action,
    access_id: accessId,
    access_pwd: accessPassword,
    sResponseFormat: 'JSON',
    ...words,
  });
  return company.ask({ method: 'POST', path: '/SRF_SecWebSvc.php', body }, signal);
}

/** Numbers without plus; North American ones have eleven digits, and ten as a caller's. */
const jobOf = ({ from, senderEmail }: Account, { family, to, tiff }: OutgoingFax): Record<string, string> => ({
  sCallerID: from.replace(/^\+1?/, ''),
  sSenderEmail: senderEmail,
  sFaxType: 'SINGLE',
  sToFaxNumber: to.slice(1),
  // Redialling is ours to decide.
  sRetries: '0',
  sAccountCode: slotOf(family),
  sFileName_1: 'fax.tif',
  sFileContent_1: Buffer.from(tiff).toString('base64'),
});

/** Twenty characters is what the slot holds: the random end of our name. */
const slotOf = (family: string): string => family.slice(-20);

function afterSend(answer: Answer, now: number): Outcome {
  const doubt = unclear('srfax', answer, now);
  if (doubt || answer.kind === 'silence') return doubt ?? unknown('interrupted', 'srfax');
  const told = read(envelope, answer);
  if (!told) return unknown('interrupted', `srfax ${answer.status} in no form that we know`);
  const id = z.coerce
    .string()
    .regex(/^\d{1,20}$/)
    .safeParse(told.Result).data;
  if (told.Status === 'Success')
    return id === undefined ? unknown('interrupted', 'srfax without a fax id') : accepted(id);
  const text = typeof told.Result === 'string' ? told.Result : '';
  if (/access|password|account/i.test(text)) return refused('unauthorized', 'srfax Failed');
  return refused(/fax number/i.test(text) ? 'bad-address' : 'rejected', 'srfax Failed');
}

/** In the company's own time zone, a day either way is added by the caller. */
const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10).replaceAll('-', '');

const isOver = ({ SentStatus }: SentFax): boolean => ['Sent', 'Failed'].includes(SentStatus);
const table = tableOf(codes, 'srfax');
const idOf = ({ FileName }: SentFax): string => FileName.split('|').at(-1) ?? FileName;

function failureOf({ SentStatus, ErrorCode, Pages }: SentFax): Reason | null {
  return SentStatus === 'Sent' ? null : partly(meaning('srfax', table, ErrorCode ?? null), Pages);
}

const evidenceOf = (record: SentFax): Uint8Array => Buffer.from(JSON.stringify(record));

/** Whose it is the slot cannot say in full: whoever asked knows. */
const reportOf = (fax: string, record: SentFax, now: number): FaxEvent => ({
  type: 'report',
  id: `${fax} ${record.SentStatus}`,
  fax,
  family: null,
  failure: failureOf(record),
  at: record.EpochTime ? record.EpochTime * 1000 : now,
  evidence: evidenceOf(record),
});

function found(records: readonly SentFax[] | null, { family, others, openedAt }: LostFax, now: number): Found | null {
  if (!records) return null;
  const ours = records.find((each) => each.AccountCode === slotOf(family) && !others.includes(idOf(each)));
  if (!ours) {
    const settled = now - openedAt > listLag;
    return settled ? { outcome: deferred('interrupted', 'srfax never got it'), report: null } : null;
  }
  const id = idOf(ours);
  const outcome = accepted(id);
  if (!isOver(ours)) return { outcome, report: null };
  return { outcome, report: { reference: id, failure: failureOf(ours), evidence: evidenceOf(ours) } };
}

/** Ten or eleven digits, or words such as "Unavailable". */
function e164Of(text: string | null | undefined): string | null {
  const digits = (text ?? '').replace(/\D/g, '');
  if (digits.length === 10) return `+1${digits}`;
  return digits.length === 11 && digits.startsWith('1') ? `+${digits}` : null;
}

const arrivedAs = (record: ReceivedFax): Arrived => ({
  type: 'arrival',
  id: record.FileName,
  fax: record.FileName,
  from: e164Of(record.CallerID),
  csid: record.RemoteID || null,
  to: e164Of(record.User_FaxNumber),
  media: 'by the API',
  pageCount: record.Pages ?? null,
  lastCall: false,
  evidence: Buffer.from(JSON.stringify(record)),
});
