import {
  type Capabilities,
  type Channel,
  defineChannel,
  type Health,
  type Inbox,
  type Parcel,
  type Question,
  type Tools,
} from '../../src/core/channel.ts';
import type { AttemptId, PracticeId } from '../../src/core/message.ts';
import { deferred, type Outcome, refused } from '../../src/core/outcome.ts';
import { Unprintable } from '../../src/core/press.ts';
import { type Account, type Config, config } from './config.ts';
import { mediaLinks } from './links.ts';
import { mediaDesk, notFound } from './media.ts';
import { numberAt, objection } from './numbers.ts';
import { previewed } from './preview.ts';
import { pressroom, type Pages } from './pages.ts';
import type { FaxProvider } from './provider.ts';
import { companyOf } from './providers/index.ts';
import { newsDesk } from './news.ts';
import { rounds, type Rounds } from './rounds.ts';
import { webhookDesk } from './webhook.ts';

/** The largest file that any company takes or brings. */
const maxBytes = 50_000_000;

const capabilities = ({ width, callsPerMinute, lines, confirmFirstUse, accounts }: Config): Capabilities => ({
  address: /^\+[1-9]\d{7,14}$/,
  addressLike: '+12125550199',
  mediaTypes: ['application/pdf', 'image/tiff', 'image/png', 'image/jpeg', 'text/plain', 'application/xml', 'text/xml'],
  maxBytes,
  proof: 'receipt',
  cost: 7,
  width: width * Object.keys(accounts).length,
  perLane: { width, perMinute: callsPerMinute, ...(lines === null ? {} : { calls: lines }) },
  dials: { confirmFirst: confirmFirstUse },
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
    carriesLinks: true,
    objection: (endpoint) => objection(numberAt(endpoint), []),
    ways: (practice) => lines.filter(({ account }) => account.practice === practice).map(({ name }) => name),
    lane: (_endpoint, practice, way) => lineOf(lines, practice, way)?.name ?? 'no account',
    async send(parcel, signal) {
      const own = lineOf(lines, parcel.practice.id, parcel.via);
      return own ? own.send(parcel, signal) : refused('unauthorized', 'the practice has no fax account');
    },
    async inquire(question, inbox, signal) {
      return (await lineOf(lines, question.practice.id, question.via)?.inquire(question, inbox, signal)) ?? null;
    },
    preview: (draft) =>
      previewed(
        tools,
        lines.filter(({ account }) => account.practice === draft.practice.id),
        draft,
      ),
    check: (signal) => check(lines, signal),
    listen(inbox, signal) {
      for (const { rounds } of lines) rounds.start(inbox, signal);
      return Promise.resolve();
    },
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
  readonly rounds: Rounds;
  send(parcel: Parcel, signal: AbortSignal): Promise<Outcome>;
  inquire(question: Question, inbox: Inbox, signal: AbortSignal): Promise<Outcome | null>;
  events(request: Request, inbox: Inbox): Promise<Response>;
  media(name: string): Promise<Response>;
}

/** The account that a route names, as long as it is the practice's; without one, the practice's first. */
const lineOf = (lines: readonly Line[], practice: PracticeId, way?: string): Line | undefined =>
  lines.find(({ name, account }) => account.practice === practice && (way === undefined || name === way));

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
  const provider = companyOf(account.provider).open(account as never, tools);
  const links = mediaLinks(name, JSON.stringify(account));
  const place = `efax ${name}`;
  const base = `${tools.publicUrl}/webhooks/efax/${name}`;
  const rules = { hosts: settings.mediaHosts, maxBytes, timeoutMs: 60_000, network: tools.network };
  const ours = new Map<string, AttemptId>();
  const news = newsDesk(tools, place, account, provider, rules, ours);
  const round = rounds(tools, place, provider, news, ours, settings.lookEvery);

  async function send(parcel: Parcel, signal: AbortSignal): Promise<Outcome> {
    const own = [account.from, ...(parcel.practice.addresses['efax'] ?? [])];
    const to = numberAt(parcel.endpoint);
    const problem = objection(to, own);
    if (problem !== null) return refused('bad-address', problem);
    const made = await prepare(parcel);
    if ('kind' in made) return made;
    if (signal.aborted) return deferred('interrupted', 'stopped before it was sent');
    await parcel.handingOver();
    const outcome = await provider.submit(
      {
        family: parcel.family,
        to,
        ...made,
        gently: parcel.after === 'negotiation',
        mediaUrl: `${base}/media/${links.sign(parcel.attempt, tools.now())}`,
        webhookUrl: base,
      },
      signal,
    );
    if (outcome.kind === 'deferred' || outcome.kind === 'refused') room.drop(parcel.attempt);
    if (outcome.kind === 'accepted' && outcome.reference !== undefined) round.watch(outcome.reference, parcel.family);
    return outcome;
  }

  /** The company's own list answers for a reply or a webhook that never came. */
  async function inquire(question: Question, inbox: Inbox, signal: AbortSignal): Promise<Outcome | null> {
    const { family, attempt, endpoint, openedAt, reference: known, others } = question;
    const pages = async (): Promise<number> => (await room.press(question, account)).pages;
    const found = await provider.find(
      { family, to: numberAt(endpoint), openedAt, reference: known, others, pages },
      signal,
    );
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
  async function prepare(parcel: Parcel): Promise<Outcome | Pages> {
    const { maxBytes, maxPages } = provider.limits;
    try {
      const made = await room.press(parcel, account);
      const { tiff, pages } = made;
      if (tiff.length <= maxBytes && pages <= maxPages) return made;
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
    rounds: round,
    send,
    inquire,
    events: webhookDesk(tools, account, provider, news, base),
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
