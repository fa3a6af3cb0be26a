import { z } from 'zod';
import type { Health } from '../../../src/core/channel.ts';
import { attemptId, common, secret, type Common } from '../account.ts';
import { HfaxdError, openHfaxd, type Hfaxd } from '../hfaxd.ts';
import { errorCode } from '../http.ts';
import { accepted, deferred, type Outcome, type Reason, refused, unknown } from '../../../src/core/outcome.ts';
import type { Arrived, Company, FaxEvent, FaxName, FaxProvider, Found, LostFax, OutgoingFax } from '../provider.ts';
import { codes, partly, tableOf } from '../reasons.ts';

interface Account extends Common {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | null;
  readonly adminPassword: string | null;
  readonly modem: string | null;
}

const patience = 20_000;
/** faxqclean takes finished jobs away after fifteen minutes: up to here a job that is not listed never was. */
const listedFor = 10 * 60_000;

/** HylaFAX 6, by hfaxd(8) on port 4559: our own modems, no company between. */
export const hylafax: Company<Account> = {
  name: 'hylafax',
  account: z.strictObject({
    provider: z.literal('hylafax'),
    ...common,
    host: z.string().min(1).default('127.0.0.1'),
    port: z.int().min(1).max(65_535).default(4559),
    user: z.string().min(1).default('loopgate'),
    /** Null: hosts.hfaxd wants none. */
    password: secret.nullable().default(null),
    /** Without it nothing can be fetched from recvq. */
    adminPassword: secret.nullable().default(null),
    /** The modem that our faxes go out by. Null: any. */
    modem: z.string().min(1).nullable().default(null),
  }),
  open: (account, { now }) => provider(account, now),
};

function provider(account: Account, now: () => number): FaxProvider {
  /** One session for one question; null when the server cannot be asked. */
  const asking = <T>(signal: AbortSignal, question: (server: Hfaxd) => Promise<T>): Promise<T | null> =>
    inSession(account, signal, question).catch(() => null);

  const jobs = (signal: AbortSignal): Promise<Job[] | null> => asking(signal, jobsOf);
  const received = (signal: AbortSignal): Promise<Received[] | null> => asking(signal, receivedBy);

  async function erase(fax: string, signal: AbortSignal): Promise<boolean> {
    if (!/^[\w.-]+$/.test(fax)) return false;
    const erased = await asking(signal, async (server) => {
      const left = (await receivedBy(server)).some(({ name }) => name === fax);
      if (left) await server.tell(`DELE recvq/${fax}`);
      return true;
    });
    return erased ?? false;
  }

  /** Only an administrator may fetch and erase what was received. */
  const inbound = (): Pick<FaxProvider, 'waiting' | 'pages' | 'erase'> => ({
    async waiting(signal) {
      const listed = (await received(signal))?.filter(({ busy }) => !busy) ?? null;
      // A call that broke before its first page leaves eight bytes behind, and nobody tells of it.
      for (const { name, pages } of listed ?? []) if (pages === 0) await erase(name, signal);
      return listed?.filter(({ pages }) => pages > 0).map(arrivedAs) ?? null;
    },
    pages: ({ fax }, signal) => asking(signal, (server) => server.fetch(`recvq/${fax}`)),
    erase,
  });

  return {
    limits: { maxBytes: 50_000_000, maxPages: 500 },
    submit: (job, signal) => submit(account, job, signal),
    find: async (lost, signal) => found(await jobs(signal), lost, now()),
    check: (signal) => check(account, signal),
    reread: async ({ fax, direction }: FaxName, signal) => {
      if (direction === 'out') {
        const job = (await jobs(signal))?.find(({ id }) => id === fax);
        return job && isOver(job) ? reportOf(job, now()) : null;
      }
      const listed = await received(signal);
      if (!listed) return null;
      const file = listed.find(({ name }) => name === fax);
      return file ? arrivedAs(file) : { type: 'other', id: fax };
    },
    ...(account.adminPassword === null ? {} : inbound()),
  };
}

/** @throws HfaxdError, or the socket's own errors */
async function inSession<T>(account: Account, signal: AbortSignal, ask: (server: Hfaxd) => Promise<T>): Promise<T> {
  const server = await openHfaxd(account, AbortSignal.any([signal, AbortSignal.timeout(patience)]));
  try {
    return await ask(server);
  } finally {
    server.close();
  }
}

async function check(account: Account, signal: AbortSignal): Promise<Health> {
  try {
    const running = await inSession(account, signal, (server) => server.list('status'));
    if (running.some((line) => /scheduler.*: running/i.test(line))) return { ok: true };
    return { ok: false, problem: 'the fax scheduler does not run' };
  } catch (error) {
    const stranger = error instanceof HfaxdError && isStranger(error);
    return { ok: false, problem: stranger ? 'hfaxd does not accept the password' : 'hfaxd cannot be reached' };
  }
}

/** Until JSUBM nothing can be sent: all that goes wrong before is only put off. */
async function submit(account: Account, fax: OutgoingFax, signal: AbortSignal): Promise<Outcome> {
  try {
    return await inSession(account, signal, async (server) => {
      const document = await server.store(fax.tiff);
      const [, job = ''] = /jobid: (\d+)/.exec((await server.tell('JNEW')).text) ?? [];
      for (const parameter of parameters(account, fax, document)) await server.tell(`JPARM ${parameter}`);
      return await server.tell('JSUBM').then(
        () => accepted(job),
        (error: unknown) =>
          error instanceof HfaxdError ? turnedDown(error) : unknown('interrupted', `hylafax ${errorCode(error)}`),
      );
    });
  } catch (error) {
    return error instanceof HfaxdError ? turnedDown(error) : deferred('unreachable', `hylafax ${errorCode(error)}`);
  }
}

const isStranger = ({ code }: HfaxdError): boolean => code === 530 || code === 531;

/** What was not submitted hfaxd forgets when the session ends. 500 to 504: it does not take this fax as it is (hfaxd(8)). All else may be better later: a full disk, no scheduler. */
function turnedDown(error: HfaxdError): Outcome {
  const detail = `hylafax ${error.code}`;
  if (isStranger(error)) return refused('unauthorized', detail);
  return error.code >= 500 && error.code <= 504 ? refused('rejected', detail) : deferred('unreachable', detail);
}

/** One dial, one try: when to call again is our decision, for all of a delivery's ways. */
const parameters = ({ from, modem }: Account, { family, to, gently }: OutgoingFax, document: string): string[] => [
  'FROMUSER "Loopgate"',
  `DIALSTRING "${to}"`,
  `EXTERNAL "${to}"`,
  `TSI "${from}"`,
  `JOBINFO "${family}"`,
  'LASTTIME 000100',
  'MAXDIALS 1',
  'MAXTRIES 1',
  'NOTIFY none',
  'VRES 196',
  'PAGECHOP none',
  ...(gently ? ['BEGBR 9600', 'USEECM no'] : []),
  ...(modem === null ? [] : [`MODEM ${modem}`]),
  `DOCUMENT ${document}`,
];

interface Job {
  readonly id: string;
  readonly state: string;
  readonly tag: string;
  readonly sent: number;
  readonly pages: number;
  readonly number: string;
  readonly status: string;
}

async function jobsOf(server: Hfaxd): Promise<Job[]> {
  await server.tell('JOBFMT "%j|%a|%J|%p|%y|%v|%s"');
  const lines = [...(await server.list('sendq')), ...(await server.list('doneq'))];
  return lines.map((line) => {
    const [id = '', state = '', tag = '', sent = '', pages = '', number = '', ...status] = line.split('|');
    return { id, state, tag, sent: Number(sent), pages: Number(pages), number, status: status.join('|') };
  });
}

const isOver = ({ state }: Job): boolean => state === 'D' || state === 'F';

const table = tableOf(codes, 'hylafax');

/** The cause stands first, before "; too many attempts to …": the number that HylaFAX gives in the end (333) hides it. */
export function reasonOf({ status, sent }: Pick<Job, 'status' | 'sent'>): Reason {
  const known = Object.keys(table)
    .filter((start) => status.startsWith(start))
    .sort((a, b) => b.length - a.length)[0];
  const code = known === undefined ? undefined : table[known];
  return partly({ code: code ?? 'rejected', detail: `hylafax ${known ?? 'without a known reason'}` }, sent);
}

const evidenceOf = (job: Job): Uint8Array => Buffer.from(JSON.stringify(job));

const failureOf = (job: Job): Reason | null => (job.state === 'D' ? null : reasonOf(job));

const reportOf = (job: Job, at: number): FaxEvent => ({
  type: 'report',
  id: `job ${job.id} ${job.state}`,
  fax: job.id,
  family: attemptId(job.tag),
  failure: failureOf(job),
  at,
  evidence: evidenceOf(job),
});

function found(jobs: readonly Job[] | null, { family, others, openedAt }: LostFax, now: number): Found | null {
  if (!jobs) return null;
  const job = jobs.find(({ id, tag }) => tag === family && !others.includes(id));
  if (!job) {
    const proven = now - openedAt < listedFor;
    return proven ? { outcome: deferred('interrupted', 'hylafax never got it'), report: null } : null;
  }
  const outcome = accepted(job.id);
  if (!isOver(job)) return { outcome, report: null };
  return { outcome, report: { reference: job.id, failure: failureOf(job), evidence: evidenceOf(job) } };
}

interface Received {
  readonly name: string;
  readonly busy: boolean;
  readonly pages: number;
  readonly caller: string;
  readonly csid: string;
  readonly error: string;
}

async function receivedBy(server: Hfaxd): Promise<Received[]> {
  await server.tell('RCVFMT "%f|%z|%p|%j|%s|%e"');
  return (await server.list('recvq')).map((line) => {
    const [name = '', busy = '', pages = '', caller = '', csid = '', ...error] = line.split('|');
    return { name, busy: busy.includes('*'), pages: Number(pages), caller, csid, error: error.join('|') };
  });
}

const arrivedAs = (file: Received): Arrived => ({
  type: 'arrival',
  id: file.name,
  fax: file.name,
  from: /\d/.test(file.caller) ? file.caller : null,
  csid: file.csid || null,
  to: null,
  media: 'by the API',
  pageCount: file.pages,
  broken: file.error !== '',
  lastCall: false,
  evidence: Buffer.from(JSON.stringify(file)),
});
