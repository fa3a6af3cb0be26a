import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { SMTPServerSession } from 'smtp-server';
import { defineChannel, type Channel, type Inbox, type Notice, type Tools } from '../../../src/core/channel.ts';
import type { Origin } from '../../../src/core/message.ts';
import { draw, fullBucket, type Bucket } from '../../../src/core/rate.ts';
import { refused, type Outcome, type Reason } from '../../../src/core/outcome.ts';
import { ownName, ownTls, readTls } from '../doorstep.ts';
import { normalAddress } from '../mime/address.ts';
import { newMessageId } from '../mime/compose.ts';
import type { Host } from '../smtp/line.ts';
import { openPort, Reply, type Manners } from '../smtp/port.ts';
import { readReplies } from '../smtp/replies.ts';
import { smtpTransmitter, type Transmitter } from '../smtp/transmit.ts';
import { edgeConfig, type EdgeConfig } from './config.ts';
import { composeFailure } from './dsn.ts';
import { handOver, readMailboxes } from './forward.ts';
import { boxedContents } from '../content/contents.ts';
import { readHandIn } from './hand-in.ts';

/** The edge: practices' own systems hand in mail by SMTP submission (STARTTLS, then SASL PLAIN), and hear of every
 *  recipient that could not be reached by a DSN; what arrives for them is handed over to their own mail server. */
export default defineChannel({ name: 'edge', config: edgeConfig, create });

const guessMs = 1_000;

async function create(config: EdgeConfig, tools: Tools): Promise<Channel> {
  const { users, limits, listen } = config;
  for (const [user, { practice }] of Object.entries(users))
    if (!tools.practices.some(({ id }) => id === practice))
      throw new RangeError(`users.${user}: there is no practice ${practice}`);
  const wait = { connectMs: limits.connectMs, replyMs: limits.replyMs, idleMs: limits.keepMs };
  const transmitter = smtpTransmitter(ownName(tools), wait, readReplies(config.replies));
  const mailboxes = await readMailboxes(config);
  for (const id of mailboxes.keys())
    if (!tools.practices.some((practice) => practice.id === id))
      throw new RangeError(`forward: there is no practice ${id}`);
  const mailServer = config.notices && (await hostOf(config.notices));
  return {
    name: 'edge',
    // No recipient's address is one of its: only our own practices' mail goes by it.
    capabilities: { address: /(?!)/, mediaTypes: [], maxBytes: 0, proof: 'acceptance', cost: 0, width: 8 },
    lane: (_endpoint, practice) => mailboxes.get(practice)?.host.host ?? 'nowhere',
    home(practice, { channel, address }) {
      const box = mailboxes.get(practice);
      return box && channel === 'direct' ? { channel: 'edge', address: box.to ?? address } : null;
    },
    async send(parcel, signal) {
      const box = mailboxes.get(parcel.practice.id);
      if (!box) return refused('unsupported', 'the practice has no mailbox here any more');
      return handOver(parcel, box, transmitter, ownName(tools), signal);
    },
    check: () => Promise.resolve({ ok: true }),
    async listen(inbox, signal) {
      signal.addEventListener('abort', () => {
        transmitter.close();
      });
      const tls = listen.tls ? await readTls(listen.tls) : ownTls(tools.now());
      const { host, port } = listen;
      const door = { channel: 'edge', host, port, name: ownName(tools), tls, limits, log: tools.log } as const;
      await openPort(door, mannersOf(config, tools, inbox), signal);
    },
    acknowledge: (origin, notice, reason, signal) =>
      tellFailure({ origin, notice, reason }, { tools, transmitter, mailServer }, signal),
  };
}

const hostOf = async (server: NonNullable<EdgeConfig['notices']>): Promise<Host> => ({
  ...server,
  ca: server.ca === null ? null : await readFile(server.ca, 'utf8'),
});

/** Counts what each practice hands in. In memory: it keeps a system gone mad from drowning its neighbours. */
function quota({ perMinute }: EdgeConfig, now: () => number): (practice: string) => Reply | null {
  const rate = { perMinute, burst: perMinute };
  const buckets = new Map<string, Bucket>();
  return (practice) => {
    const { bucket, wait } = draw(buckets.get(practice) ?? fullBucket(rate, now()), rate, now());
    buckets.set(practice, bucket);
    if (wait === 0) return null;
    return new Reply(
      451,
      `4.7.1 More than ${perMinute} messages in a minute: come again in ${Math.ceil(wait / 1000)} s`,
    );
  };
}

function mannersOf(config: EdgeConfig, tools: Tools, inbox: Inbox): Manners {
  const { users } = config;
  const counted = quota(config, tools.now);
  const contents = boxedContents(tools.openBox);
  const practiceOf = (session: SMTPServerSession): string => {
    const user: unknown = session.user;
    return typeof user === 'string' ? (users[user]?.practice ?? '') : '';
  };
  const ownOf = (practice: string): string[] =>
    (tools.practices.find(({ id }) => id === practice)?.addresses['direct'] ?? []).map((each) => each.toLowerCase());
  return {
    auth: {
      // Taken only once TLS is up (smtp-server's default): a password never opens anything in the clear.
      authMethods: ['PLAIN'],
      authOptional: false,
      onAuth({ username, password }, _session, callback) {
        const user = username ?? '';
        const known = Object.hasOwn(users, user) ? users[user] : undefined;
        // Compared in any case, so that an unknown name takes as long as a wrong password.
        const fits = same(password ?? '', known?.password ?? '') && known !== undefined;
        if (fits) callback(null, { user });
        // Each guess costs a second.
        else setTimeout(callback, guessMs, new Reply(535, '5.7.8 Wrong user name or password')).unref();
      },
    },
    sender: (address, session) =>
      ownOf(practiceOf(session)).includes(address.toLowerCase())
        ? counted(practiceOf(session))
        : new Reply(553, '5.7.1 MAIL FROM must be a Direct address of your practice'),
    recipient: (address) => (normalAddress(address) === null ? new Reply(553, '5.1.3 Not a Direct address') : null),
    async take(mail, session) {
      const practice = practiceOf(session);
      const handedIn = await readHandIn(mail, { practice, own: ownOf(practice), contents });
      if (typeof handedIn === 'string') return new Reply(554, `${handedIn}. Nothing was sent`);
      if (handedIn.documents.length === 0) return new Reply(554, '5.6.0 There is nothing in it. Nothing was sent');
      const problem = await inbox.handIn(handedIn);
      return problem === null ? null : new Reply(554, `5.6.1 ${problem}. Nothing was sent`);
    },
  };
}

interface Told {
  readonly origin: Origin;
  readonly notice: Notice;
  readonly reason: Reason | null;
}

/** The 250 was the word that we have it; who sends by mail hears again only when a recipient was not reached. */
async function tellFailure(
  { origin, notice, reason }: Told,
  post: { readonly tools: Tools; readonly transmitter: Transmitter; readonly mailServer: Host | null },
  signal: AbortSignal,
): Promise<Outcome | null> {
  if (notice === 'processed' || notice === 'delivered') return null;
  if (!post.mailServer) return refused('unsupported', 'channels.edge.notices names no mail server any more');
  const { sender, recipient, messageId: about = '' } = origin.details;
  if (!sender || !recipient) return refused('unsupported', 'the origin does not say whom to tell');
  const reporter = ownName(post.tools);
  const messageId = newMessageId(`mailer-daemon@${reporter}`);
  const pieces = composeFailure({
    reporter,
    to: sender,
    recipient,
    about,
    notice,
    reason,
    messageId,
    at: post.tools.now(),
  });
  const transmission = { from: '', to: sender, message: pieces, handingOver: () => Promise.resolve() };
  return post.transmitter.transmit(post.mailServer, transmission, signal);
}

/** Compared as hashes: equal length, constant time. */
function same(a: string, b: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}
