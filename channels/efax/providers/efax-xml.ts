import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import type { Health } from '../../../src/core/channel.ts';
import { accepted, deferred, type Outcome, type Reason, refused, unknown } from '../../../src/core/outcome.ts';
import { common, httpUrl, secret, type Common } from '../account.ts';
import { healthBy, same, talk, unclear, type Answer, type Talk } from '../http.ts';
import type { Company, FaxEvent, FaxProvider, OutgoingFax, Reading, WebhookCall } from '../provider.ts';
import { codes, meaning, partly, tableOf } from '../reasons.ts';

interface Account extends Common {
  readonly accountId: string;
  readonly user: string;
  readonly password: string;
  readonly inbound: { readonly user: string; readonly password: string };
  readonly baseUrl: string;
}

/** eFax Developer, the older XML service (eFax Developer outbound guide of 2007; the gem szimek/efax). Its answers do not
 *  show our name for a fax, and it holds no list: an answer that got lost stays in doubt. */
export const efaxXml: Company<Account> = {
  name: 'efax-developer',
  account: z.strictObject({
    provider: z.literal('efax-developer'),
    ...common,
    accountId: secret,
    user: secret,
    password: secret,
    /** The name and password that stand in what it posts to us. */
    inbound: z.strictObject({ user: secret, password: secret }),
    baseUrl: httpUrl.default('https://secure.efaxdeveloper.com'),
  }),
  open: (account, { now }) => provider(account, now),
};

/** Entities stay unread: what comes from outside must not expand. Values are text, lists are told by their names. */
const parser = new XMLParser({
  processEntities: false,
  parseTagValue: false,
  trimValues: true,
  isArray: (name) => name === 'Recipient',
});

interface Tree {
  readonly [name: string]: string | Tree;
}

const written = (tree: Tree): string =>
  Object.entries(tree)
    .map(([name, value]) => `<${name}>${typeof value === 'string' ? escaped(value) : written(value)}</${name}>`)
    .join('');

const escaped = (text: string): string => text.replace(/[<>&]/g, (mark) => `&#${mark.charCodeAt(0)};`);

function provider(account: Account, now: () => number): FaxProvider {
  const company = talk(account.baseUrl, {}, 5_000_000);
  const status = async (docId: string, signal: AbortSignal): Promise<Answer> =>
    said(company, account, 'OutboundStatus', { Transmission: { TransmissionControl: { DOCID: docId } } }, signal);

  return {
    limits: { maxBytes: 10_000_000, maxPages: 200 },
    nameless: true,
    // The pages come with the call.
    maxCall: 60_000_000,
    thanks: 'Post Successful',
    submit: async (job, signal) =>
      afterSend(await said(company, account, 'OutboundRequest', jobOf(job), signal), now()),
    async find({ reference }, signal) {
      const record = reference === null ? null : recipientIn(await status(reference, signal));
      if (!record || reference === null) return null;
      const outcome = accepted(reference);
      if (!isOver(record)) return { outcome, report: null };
      return { outcome, report: { reference, failure: failureOf(record), evidence: evidenceOf(record) } };
    },
    check: async (signal) => healthIn(await status('0', signal)),
    async reread({ fax, direction }, signal) {
      const record = direction === 'out' ? recipientIn(await status(fax, signal)) : null;
      return record && isOver(record) ? report(fax, record, now()) : null;
    },
    read: (call) => posted(account, call),
  };
}

/** A form with the account and a document of XML; the answer is XML too. */
function said(
  company: Talk,
  { accountId, user, password }: Account,
  root: string,
  content: Tree,
  signal: AbortSignal,
): Promise<Answer> {
  const access = { AccessControl: { UserName: user, Password: password } };
  const xml = `<?xml version="1.0"?>${written({ [root]: { ...access, ...content } })}`;
  const body = new URLSearchParams({ id: accountId, xml, respond: 'XML' });
  return company.ask({ method: 'POST', path: '/EFax_WebFax.serv', body }, signal);
}

const jobOf = ({ family, to, tiff }: OutgoingFax) => ({
  Transmission: {
    TransmissionControl: { TransmissionID: family, Resolution: 'FINE', Priority: 'NORMAL', SelfBusy: 'ENABLE' },
    DispositionControl: { DispositionLevel: 'NONE' },
    Recipients: { Recipient: { RecipientFax: to.slice(1) } },
    Files: { File: { FileContents: Buffer.from(tiff).toString('base64'), FileType: 'tif' } },
  },
});

const control = z.object({ DOCID: z.string().optional() }).partial();
const sent = z.object({
  OutboundResponse: z.object({
    Transmission: z.object({
      TransmissionControl: control.optional(),
      Response: z.looseObject({
        StatusCode: z.string(),
        ErrorLevel: z.string().optional(),
        ErrorMessage: z.string().optional(),
      }),
    }),
  }),
});

/** Whether it worked stands in the body: HTTP says 200 to everything. */
function afterSend(answer: Answer, now: number): Outcome {
  const doubt = unclear('efax-developer', answer, now);
  if (doubt || answer.kind === 'silence') return doubt ?? unknown('interrupted', 'efax-developer');
  const told = xmlIn(sent, answer.body.toString('utf8'))?.OutboundResponse.Transmission;
  if (!told) return unknown('interrupted', `efax-developer ${answer.status} in no form that we know`);
  const { StatusCode, ErrorLevel, ErrorMessage = '' } = told.Response;
  const docId = told.TransmissionControl?.DOCID ?? '';
  if (StatusCode === '1')
    return /^\w{1,40}$/.test(docId) ? accepted(docId) : unknown('interrupted', 'efax-developer without a DOCID');
  if (/user ?name|password|account|access/i.test(ErrorMessage)) return refused('unauthorized', 'efax-developer failed');
  if (ErrorLevel === 'System') return deferred('throttled', 'efax-developer System');
  return refused(/fax number|recipientfax/i.test(ErrorMessage) ? 'bad-address' : 'rejected', 'efax-developer failed');
}

const recipient = z.looseObject({
  Status: z.looseObject({
    Message: z.string().optional(),
    Classification: z.string().optional(),
    Outcome: z.string().optional(),
  }),
  Pages: z.looseObject({ Scheduled: z.string().optional(), Sent: z.string().optional() }).optional(),
  Retries: z.string().optional(),
});
type Recipient = z.output<typeof recipient>;

const statusShape = z.object({
  OutboundStatusResponse: z.looseObject({
    Transmission: z.looseObject({ Recipients: z.object({ Recipient: z.array(recipient).min(1) }) }),
  }),
});

const recipientIn = (answer: Answer): Recipient | null =>
  (answer.kind === 'reply' &&
    xmlIn(statusShape, answer.body.toString('utf8'))?.OutboundStatusResponse.Transmission.Recipients.Recipient[0]) ||
  null;

/** A question after a fax that does not exist is answered to whoever may ask. */
function healthIn(answer: Answer): Health {
  const text = answer.kind === 'reply' ? answer.body.toString('utf8') : '';
  const stranger = /user ?name|password|access denied|not authori[sz]ed/i.test(text);
  return healthBy(answer, answer.kind === 'reply' && answer.status === 200 && !stranger && text.includes('<'));
}

/** Values come inside double quotes. */
const bare = (text: string | undefined): string => (text ?? '').replace(/^"|"$/g, '').trim();
/** Without classification and outcome it is pending; "Busy" is tried again there. */
const isOver = ({ Status: { Classification, Outcome: outcome } }: Recipient): boolean =>
  bare(outcome) !== '' && !(bare(Classification) === 'Busy' && bare(outcome) !== 'Failure');
const table = tableOf(codes, 'efax-xml');

function failureOf({ Status, Pages, Retries }: Recipient): Reason | null {
  if (bare(Status.Classification) === 'Success' && bare(Status.Outcome) === 'Success') return null;
  const calls = Number(Retries ?? 0) + 1;
  const reason = meaning('efax-developer', table, bare(Status.Classification) || null);
  return { ...partly(reason, Number(Pages?.Sent ?? 0)), ...(calls > 1 ? { calls } : {}) };
}

const evidenceOf = (record: Recipient): Uint8Array => Buffer.from(JSON.stringify(record));

const report = (fax: string, record: Recipient, now: number): FaxEvent => ({
  type: 'report',
  id: `${fax} ${bare(record.Status.Classification)}`,
  fax,
  family: null,
  failure: failureOf(record),
  at: now,
  evidence: evidenceOf(record),
});

const inbound = z.object({
  InboundPostRequest: z.looseObject({
    AccessControl: z.object({ UserName: z.string(), Password: z.string() }),
    FaxControl: z.looseObject({
      MCFID: z.string().regex(/^[\w-]{1,64}$/),
      PageCount: z.string().optional(),
      CSID: z.string().optional(),
      ANI: z.string().optional(),
      FileContents: z.string().min(1),
    }),
  }),
});

/** Name and password stand inside the document: it is parsed before anybody is believed, entities unread. */
function posted({ inbound: known }: Account, { raw }: WebhookCall): Reading {
  const xml = new URLSearchParams(Buffer.from(raw).toString('latin1')).get('xml') ?? '';
  const told = xmlIn(inbound, xml)?.InboundPostRequest;
  if (!told) return { kind: 'forged' };
  const { UserName, Password } = told.AccessControl;
  const [user, password] = [same(UserName, known.user), same(Password, known.password)];
  if (!user || !password) return { kind: 'forged' };
  const { MCFID, PageCount, CSID, ANI, FileContents } = told.FaxControl;
  const digits = (ANI ?? '').replace(/\D/g, '');
  const event: FaxEvent = {
    type: 'arrival',
    id: MCFID,
    fax: MCFID,
    from: digits.length === 10 ? `+1${digits}` : digits.length > 10 ? `+${digits}` : null,
    csid: CSID || null,
    to: null,
    media: { bytes: Buffer.from(FileContents, 'base64') },
    pageCount: PageCount === undefined ? null : Number(PageCount),
    lastCall: false,
    // Without the password, and without a second copy of the pages.
    evidence: Buffer.from(JSON.stringify({ MCFID, PageCount, CSID, ANI })),
  };
  return { kind: 'event', late: false, event };
}

function xmlIn<Shape extends z.ZodType>(shape: Shape, text: string): z.output<Shape> | null {
  try {
    return shape.safeParse(parser.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
