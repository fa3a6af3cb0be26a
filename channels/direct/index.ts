import { createHash } from 'node:crypto';
import { defineChannel, type Channel, type Parcel, type Tools } from '../../src/core/channel.ts';
import type { Origin } from '../../src/core/message.ts';
import { accepted, deferred, refused, type Outcome } from '../../src/core/outcome.ts';
import { receive } from './arrival.ts';
import { directConfig, type DirectConfig, type Peer } from './config.ts';
import { boxedContents } from './content/contents.ts';
import { formed } from './content/form.ts';
import { ownName, ownTls, readTls } from './doorstep.ts';
import { hostOf } from './smtp/mail-server.ts';
import { openDiscovery, silentDiscovery, type Discover } from './discovery/discover.ts';
import { endWatch, healthOf } from './health.ts';
import { partnerOf, readBundleSources, readKeyring, signerFor, trustedBy, type Keyring } from './keyring.ts';
import { composeReport, dispatchedOption, type Reported } from './mdn.ts';
import { directAddress, domainOf, normalAddress } from './mime/address.ts';
import { composeLetter } from './mime/compose.ts';
import { seal } from './seal.ts';
import { listenSmtp } from './smtp/listener.ts';
import { readReplies } from './smtp/replies.ts';
import { smtpTransmitter, type Transmitter } from './smtp/transmit.ts';
import { recipientFor, unknown, type NoRecipient } from './recipient.ts';
import { trustOf } from './trust-facts.ts';
import { openBundles } from './trust/bundles.ts';
import { readCertificates, type Certificate } from './trust/certificate.ts';
import type { Trusting } from './trust/judge-path.ts';
import { openSources, type Sources } from './trust/sources.ts';

/** Direct Secure Messaging: S/MIME over SMTP between HISPs, proven by signed notifications. */
export default defineChannel({ name: 'direct', config: directConfig, create });

interface Post {
  readonly config: DirectConfig;
  readonly tools: Tools;
  readonly keyring: Keyring;
  readonly transmitter: Transmitter;
  readonly sources: Sources;
  readonly discover: Discover;
}

async function create(config: DirectConfig, tools: Tools): Promise<Channel> {
  const { network, log, now } = tools;
  const bundles = await openBundles(await readBundleSources(config), { network, log, now, cache: config.cache });
  const keyring = { ...(await readKeyring(config)), bundled: bundles.anchors() };
  const watchEnds = endWatch(log);
  const { connectMs, replyMs, keepMs, width, perHost, messageBytes } = config.limits;
  const wait = { connectMs, replyMs, idleMs: keepMs };
  const transmitter = smtpTransmitter(ownName(tools), wait, readReplies(config.replies));
  const sources = openSources(network, now);
  const discovery = config.discovery ? openDiscovery(network, now) : silentDiscovery;
  const contents = boxedContents(tools.openBox);
  const post: Post = { config, tools, keyring, transmitter, sources, discover: discovery.discover };
  return {
    name: 'direct',
    capabilities: {
      address: directAddress,
      addressLike: 'desk@direct.clinic.org',
      mediaTypes,
      // Base64 inside and outside the envelope: 4/3 × 4/3 and their line ends.
      maxBytes: Math.floor(messageBytes / 1.9),
      proof: config.proof,
      cost: 0,
      width,
      perLane: { width: perHost },
      farHosts: true,
    },
    lane: ({ address }) => farHost(keyring, address),
    send: (parcel, signal) => send(parcel, signal, post),
    trust: () => trustOf(keyring, { bundles, sources, discovery }),
    async check() {
      // Asked once a minute: what else is to be looked after now and then goes along.
      await bundles.refresh();
      Object.assign(keyring, { bundled: bundles.anchors() });
      watchEnds(keyring, now());
      return healthOf(keyring, now());
    },
    listen: async (inbox, signal) => {
      const { host, port, tls } = config.listen;
      signal.addEventListener('abort', () => {
        transmitter.close();
      });
      const take = (mail: Parameters<typeof receive>[0]): ReturnType<typeof receive> =>
        receive(mail, { keyring, inbox, log, now, sources, revocation: config.revocation, contents });
      const door = { host, port, name: ownName(tools), limits: config.limits, take, log, isOurs };
      await listenSmtp({ ...door, tls: tls ? await readTls(tls) : ownTls(now()) }, signal);
    },
    async reload(section) {
      const next = await readKeyring(directConfig.parse(section));
      return () => {
        Object.assign(keyring, next);
      };
    },
    acknowledge: async (origin, notice, _reason, signal) =>
      notice === 'unanswered' || notice === 'undispatched' ? null : acknowledge(origin, notice, signal, post),
  };

  function isOurs(address: string): boolean {
    return tools.practices.some(({ addresses }) =>
      (addresses['direct'] ?? []).some((own) => own.toLowerCase() === address),
    );
  }
}

const mediaTypes = [
  'application/pdf',
  'image/tiff',
  'image/png',
  'image/jpeg',
  'text/plain',
  'text/html',
  'text/xml',
  'application/xml',
  'application/hl7-v3+xml',
  'application/json',
  'application/fhir+json',
  'application/rtf',
  'text/rtf',
  'application/zip',
  'application/msword',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  'application/dicom',
  'application/octet-stream',
] as const;

async function send(parcel: Parcel, signal: AbortSignal, post: Post): Promise<Outcome> {
  const { keyring, config, tools } = post;
  const at = tools.now();
  const from = ownAddress(parcel);
  const to = normalAddress(parcel.endpoint.address);
  const identity = from === null ? null : signerFor(keyring, from, at);
  if (to === null) return refused('bad-address', 'not a Direct address');
  if (from === null || !identity) return refused('unauthorized', 'the practice has no Direct address with an identity');
  const partner = partnerOf(keyring, to);
  const by = { trusting: trustingOf(post, from, at), discover: post.discover };
  const recipient = await recipientFor(to, partner?.certificates ?? [], partner?.peer ?? unknown, by);
  if ('reason' in recipient) return unsent(recipient);
  const host = await hostOf(partner?.peer ?? null, partner?.ca ?? null, to, tools.network);
  if ('why' in host) return deferred('unreachable', host.why);
  const message = await compose(parcel, { from, to, at, proof: config.proof, peer: partner?.peer ?? null });
  // Outside the same as inside, as others do: a mail server that gives the message back tells us which it was.
  const messageId = nameOf(parcel, from);
  const sealed = await seal({ message, from, to: [to], identity, recipients: [recipient], at, messageId });
  const urgent = parcel.message.urgency !== 'routine';
  const transmission = { from, to, message: sealed, urgent, handingOver: () => parcel.handingOver() };
  return post.transmitter.transmit(host, transmission, signal);
}

/** Whom the domain of one of our addresses trusts to send to. */
const trustingOf = ({ keyring, config, sources }: Post, from: string, at: number): Trusting => ({
  anchors: trustedBy(keyring, domainOf(from), 'out'),
  crls: keyring.crls,
  at,
  sources,
  revocation: config.revocation,
});

/** Nothing can be encrypted: for good, or until something can be fetched again. */
const unsent = ({ reason: { code, detail }, passing }: NoRecipient): Outcome =>
  (passing ? deferred : refused)(code, detail.slice(0, 600));

/** The address that the message was handed in from, when it is one of the practice's; else the practice's first. */
function ownAddress({ practice, message }: Parcel): string | null {
  const own = (practice.addresses['direct'] ?? []).map(normalAddress);
  const handedIn = normalAddress(message.origin.from ?? '');
  return handedIn !== null && own.includes(handedIn) ? handedIn : (own[0] ?? null);
}

interface Composing {
  readonly from: string;
  readonly to: string;
  readonly at: number;
  readonly proof: string;
  readonly peer: Peer | null;
}

async function compose(parcel: Parcel, { from, to, at, proof, peer }: Composing): Promise<Buffer[]> {
  const { message, practice, recipient, possibleDuplicate, request = null } = parcel;
  const documents = await Promise.all(
    message.documents.map(async (document) => ({
      name: document.name,
      mediaType: document.mediaType,
      bytes: await parcel.open(document.id),
    })),
  );
  const text = [
    `From ${practice.name}${practice.phone ? `, ${practice.phone}` : ''}.`,
    `Documents enclosed: ${documents.length}.`,
    ...(message.urgency === 'routine' ? [] : [`Urgency: ${message.urgency}.`]),
  ];
  const about = { name: parcel.family, from, to, practice, recipient, request, at: message.receivedAt };
  // In the subject alone: an old name on other content would be taken for a new message.
  const subject = `${possibleDuplicate ? '[possible duplicate] ' : ''}${message.subject ?? `Documents from ${practice.name}`}`;
  const content = formed(about, { subject, documents }, peer ?? { form: 'files', context: false });
  return composeLetter({
    from,
    to: [to],
    subject: content.subject,
    messageId: nameOf(parcel, from),
    at,
    fields: [
      ['Disposition-Notification-To', from],
      ...(proof === 'receipt' ? ([['Disposition-Notification-Options', dispatchedOption]] as const) : []),
      ...content.fields,
    ],
    text: `${text.join('\r\n')}\r\n`,
    documents: content.documents,
  });
}

/** Whose fate a message to this address shares: the partner's mail server, or whatever its domain's MX record says. */
function farHost(keyring: Keyring, address: string): string {
  const peer = partnerOf(keyring, normalAddress(address) ?? address)?.peer;
  return peer?.host ? `${peer.host}:${peer.port}` : domainOf(address);
}

/** The same on every try that may be a copy: far sides know it again, and notifications quote it back. Nobody can guess
 *  it: 80 bits are drawn by chance. */
const nameOf = ({ family }: Parcel, from: string): string => `${family}@${domainOf(from)}`;

/** A Message-ID that is the same whenever it is made of the same words, and tells nothing of them: relays between see it. */
const hashedId = (words: string, address: string): string =>
  `${createHash('sha256').update(words).digest('hex').slice(0, 32)}@${domainOf(address)}`;

/** Answer with an MDN for each of our addresses that the message was for: wrapped, signed by that address, encrypted. */
async function acknowledge(origin: Origin, notice: Reported, signal: AbortSignal, post: Post): Promise<Outcome | null> {
  const { sender, local, messageId, dispatched, certificate } = origin.details;
  if (!sender || !local || !messageId) return refused('unsupported', 'the origin does not say whom to answer');
  if (notice === 'delivered' && dispatched !== 'asked') return null;
  const known = certificate ? readCertificates(Buffer.from(certificate)) : [];
  let last: Outcome = accepted();
  for (const from of local.split(' ')) {
    last = await report({ from, to: sender, about: messageId, notice, known }, signal, post);
    if (last.kind !== 'accepted') break;
  }
  return last;
}

async function report(
  answer: { from: string; to: string; about: string; notice: Reported; known: readonly Certificate[] },
  signal: AbortSignal,
  post: Post,
): Promise<Outcome> {
  const { from, to, about, notice, known } = answer;
  const { keyring, tools, transmitter } = post;
  const at = tools.now();
  const identity = signerFor(keyring, from, at);
  if (!identity) return refused('unauthorized', 'our address has no identity');
  const partner = partnerOf(keyring, to);
  const by = { trusting: trustingOf(post, from, at), discover: post.discover };
  const certificates = [...known, ...(partner?.certificates ?? [])];
  const recipient = await recipientFor(to, certificates, partner?.peer ?? unknown, by);
  if ('reason' in recipient) return unsent(recipient);
  const host = await hostOf(partner?.peer ?? null, partner?.ca ?? null, to, tools.network);
  if ('why' in host) return deferred('unreachable', host.why);
  // The same notice given twice bears the same name: it is one notice.
  const messageId = hashedId(`${notice} ${from} ${about}`, from);
  const message = composeReport({ notice, from, to, about, messageId, at });
  const sealed = await seal({ message, from, to: [to], identity, recipients: [recipient], at, messageId });
  return transmitter.transmit(host, { from, to, message: sealed, handingOver: () => Promise.resolve() }, signal);
}
