import {
  type Capabilities,
  type Channel,
  defineChannel,
  type Health,
  type Inbox,
  type Parcel,
  type Question,
  type Tools,
  Unprintable,
} from '../../src/core/channel.ts';
import type { PracticeId } from '../../src/core/message.ts';
import { deferred, type Outcome, refused } from '../../src/core/outcome.ts';
import { type Account, type Config, config } from './config.ts';
import { mediaLinks } from './links.ts';
import { mediaDesk, notFound } from './media.ts';
import { objection } from './numbers.ts';
import { pressroom } from './pages.ts';
import type { FaxProvider } from './provider.ts';
import { telnyx } from './providers/telnyx.ts';
import { webhookDesk } from './webhook.ts';

/** Telnyx's limits (developers.telnyx.com, Send a fax). */
const maxBytes = 50_000_000;
const maxPages = 350;

const capabilities = ({ width, callsPerMinute, accounts }: Config): Capabilities => ({
  address: /^\+[1-9]\d{7,14}$/,
  mediaTypes: ['application/pdf', 'image/tiff', 'image/png', 'image/jpeg', 'text/plain', 'application/xml', 'text/xml'],
  maxBytes,
  proof: 'receipt',
  cost: 7,
  width: width * Object.keys(accounts).length,
  perLane: { width, perMinute: callsPerMinute },
});

/** Fax by way of a fax company. The accounts belong to practices; a message goes out by its own practice's. */
export default defineChannel({ name: 'efax', config, create });

/** @throws RangeError when an account names a practice that we do not know. */
function create(settings: Config, tools: Tools): Channel {
  const room = pressroom(tools);
  const lines = Object.entries(settings.accounts).map(([name, account]) => line(name, account, settings, tools, room));
  return {
    name: 'efax',
    capabilities: capabilities(settings),
    lane: (_endpoint, practice) => lineOf(lines, practice)?.name ?? 'no account',
    async send(parcel, signal) {
      const own = lineOf(lines, parcel.practice.id);
      return own ? own.send(parcel, signal) : refused('unauthorized', 'the practice has no fax account');
    },
    async inquire(question, inbox, signal) {
      return (await lineOf(lines, question.practice.id)?.inquire(question, inbox, signal)) ?? null;
    },
    check: (signal) => check(lines, signal),
    async webhook(request, inbox) {
      const [, name, media] = path.exec(new URL(request.url).pathname) ?? [];
      const called = lines.find((each) => each.name === name);
      if (!called) return notFound();
      if (media === undefined) return request.method === 'POST' ? called.events(request, inbox) : notFound();
      return request.method === 'GET' ? called.media(media) : notFound();
    },
  };
}

const path = /^\/webhooks\/efax\/([a-z0-9-]+)(?:\/media\/([\w.-]+))?$/;

interface Line {
  readonly name: string;
  readonly account: Account;
  readonly provider: FaxProvider;
  send(parcel: Parcel, signal: AbortSignal): Promise<Outcome>;
  inquire(question: Question, inbox: Inbox, signal: AbortSignal): Promise<Outcome | null>;
  events(request: Request, inbox: Inbox): Promise<Response>;
  media(name: string): Promise<Response>;
}

const lineOf = (lines: readonly Line[], practice: PracticeId): Line | undefined =>
  lines.find(({ account }) => account.practice === practice);

/** One account and everything it needs. */
function line(
  name: string,
  account: Account,
  settings: Config,
  tools: Tools,
  room: ReturnType<typeof pressroom>,
): Line {
  if (!tools.practices.some(({ id }) => id === account.practice)) {
    throw new RangeError(`fax account ${name} belongs to ${account.practice}, which is not a practice here`);
  }
  const provider = telnyx(account, tools.now);
  const links = mediaLinks(name, account.apiKey);
  const base = `${tools.publicUrl}/webhooks/efax/${name}`;
  const rules = { hosts: settings.mediaHosts, maxBytes, timeoutMs: 60_000, network: tools.network };

  async function send(parcel: Parcel, signal: AbortSignal): Promise<Outcome> {
    const own = [account.from, ...(parcel.practice.addresses['efax'] ?? [])];
    const problem = objection(parcel.endpoint.address, own);
    if (problem !== null) return refused('bad-address', problem);
    const unfit = await prepare(parcel);
    if (unfit) return unfit;
    if (signal.aborted) return deferred('interrupted', 'stopped before it was sent');
    await parcel.handingOver();
    const outcome = await provider.submit(
      {
        family: parcel.family,
        to: parcel.endpoint.address,
        mediaUrl: `${base}/media/${links.sign(parcel.attempt, tools.now())}`,
        webhookUrl: base,
      },
      signal,
    );
    if (outcome.kind === 'deferred' || outcome.kind === 'refused') room.drop(parcel.attempt);
    return outcome;
  }

  /** The company's own list answers for a reply or a webhook that never came. */
  async function inquire(question: Question, inbox: Inbox, signal: AbortSignal): Promise<Outcome | null> {
    const { family, attempt, endpoint, openedAt, others } = question;
    const pages = async (): Promise<number> => (await room.press(question, account)).pages;
    const found = await provider.find({ family, to: endpoint.address, openedAt, others, pages }, signal);
    if (found?.report) {
      const { reference, failure, evidence } = found.report;
      await inbox.receipt({
        channel: 'efax',
        receipt: { attempt, kind: failure ? 'failed' : 'delivered', reason: failure, at: tools.now() },
        reference,
        author: null,
        evidence: { mediaType: 'application/json', bytes: evidence },
      });
    }
    return found?.outcome ?? null;
  }

  /** Render before anything leaves, so that what cannot be printed is refused while it is still ours. */
  async function prepare(parcel: Parcel): Promise<Outcome | null> {
    try {
      const { tiff, pages } = await room.press(parcel, account);
      if (tiff.length <= maxBytes && pages <= maxPages) return null;
      room.drop(parcel.attempt);
      return refused('too-large', `${pages} pages, ${tiff.length} bytes`);
    } catch (error) {
      if (error instanceof Unprintable) return refused('unsupported', error.detail);
      throw error;
    }
  }

  return {
    name,
    account,
    provider,
    send,
    inquire,
    events: webhookDesk(tools, account, provider, rules),
    media: mediaDesk(tools, account, links, room),
  };
}

/** All problems in one sentence, each with its account. */
async function check(lines: readonly Line[], signal: AbortSignal): Promise<Health> {
  const found = await Promise.all(
    lines.map(async ({ name, provider }) => ({ name, health: await provider.check(signal) })),
  );
  const problems = found.flatMap(({ name, health }) => (health.ok ? [] : [`account ${name}: ${health.problem}`]));
  return problems.length === 0 ? { ok: true } : { ok: false, problem: problems.join('; ') };
}
