import { carried } from '../core/carried.ts';
import type { Attempt } from '../core/change.ts';
import type { Arrival, Channel, HandIn, Inbox, Log, News, Practice, RefusedArrival } from '../core/channel.ts';
import type { Delivery } from '../core/delivery.ts';
import { membersOf, spokenOf } from '../core/family.ts';
import type { Message, PracticeId, Recipient, Urgency } from '../core/message.ts';
import { isOwn } from '../core/own.ts';
import type { Patients } from '../documents/patients.ts';
import { sendableFiles } from '../documents/sendable.ts';
import { Conflict, Duplicate } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Store } from '../store/store.ts';
import { strangersAmong } from './one-patient.ts';
import { promised, received, sealed, sha256 } from './records.ts';
import { lesson } from './standing.ts';

export interface ReceiveDeps {
  readonly store: Store;
  readonly log: Log;
  readonly now: () => number;
  readonly practices: readonly Practice[];
  readonly channels: ReadonlyMap<string, Channel>;
  readonly patientsOf: Patients;
  /** Milliseconds from receipt to the moment when proof is due. */
  readonly deadlines: Readonly<Record<Urgency, number>>;
}

/** The one door for everything that arrives from outside. Each promise resolves when it is on disk. */
export function receive(deps: ReceiveDeps): Inbox {
  return {
    message: (arrival) => takeArrival(deps, arrival),
    handIn: (mail) => takeHandIn(deps, mail),
    receipt: (news) => takeReceipt(deps, news),
    quarantine: (refused) => setAside(deps, refused),
  };
}

async function takeArrival(deps: ReceiveDeps, arrival: Arrival): Promise<'new' | 'duplicate'> {
  const owners = deps.practices.flatMap((practice) => {
    const to = arrival.to.filter((endpoint) => isOwn(practice, endpoint));
    return to.length > 0 ? [{ practice, to }] : [];
  });
  if (owners.length === 0) {
    const raw = arrival.raw ?? arrival.documents[0]?.bytes ?? new Uint8Array();
    const { channel, token } = arrival.origin;
    await setAside(deps, { channel, token, reasons: ['none of its addresses belongs to a practice here'], raw });
    return 'new';
  }
  const shares = owners.map(({ practice, to }) => ({
    practice: practice.id,
    recipient: { name: practice.name, npi: practice.npi, phone: null, endpoints: to },
    // One arrival for two practices is two messages: what one of them does is not the other's to see.
    name: practice.id,
  }));
  const taken = await Promise.all(shares.map((share) => takeShare(deps, arrival, share)));
  return taken.includes('new') ? 'new' : 'duplicate';
}

/** One mail for several recipients is as many messages: each has its own end, told to its sender by itself. */
async function takeHandIn(deps: ReceiveDeps, mail: HandIn): Promise<string | null> {
  const { checked, problems } = sendableFiles(mail.documents);
  const refused = problems.size > 0 ? problems : await strangersAmong(checked, null, deps.patientsOf);
  if (refused.size > 0) return [...refused].map(([index, problem]) => `file ${index + 1}: ${problem}`).join('; ');
  const taken = mail.to.map((endpoint) => {
    const name = endpoint.address.toLowerCase();
    const recipient = { name: null, npi: null, phone: null, endpoints: [endpoint] };
    const origin = { ...mail.origin, details: { ...mail.origin.details, recipient: name } };
    return takeShare(deps, { ...mail, origin, documents: checked }, { practice: mail.practice, recipient, name });
  });
  await Promise.all(taken);
  return null;
}

/** One recipient's part of an arrival. */
interface Share {
  readonly practice: PracticeId;
  readonly recipient: Recipient;
  /** Tells it from the other parts. */
  readonly name: string;
}

async function takeShare(deps: ReceiveDeps, arrival: Arrival, share: Share): Promise<'new' | 'duplicate'> {
  const { store, now, log, deadlines } = deps;
  const at = now();
  const id = newId('msg', at);
  const documents = arrival.documents.map((each) => sealed(id, 'carried', each, at));
  const message: Message = {
    id,
    practice: share.practice,
    origin: { ...arrival.origin, token: `${arrival.origin.token} ${share.name}` },
    subject: arrival.subject,
    urgency: arrival.urgency,
    deadline: at + deadlines[arrival.urgency],
    referral: null,
    recipients: [share.recipient],
    documents: documents.map(({ document }) => document),
    receivedAt: at,
  };
  const raw = arrival.raw
    ? [sealed(id, 'raw', { name: 'as-received', mediaType: 'application/octet-stream', bytes: arrival.raw }, at)]
    : [];
  try {
    await store.commit({
      received: message,
      documents: [...documents, ...raw],
      deliveries: [promised(message, share.recipient, at)],
      work: [
        { stage: 'extract', subject: id, dueAt: at, urgency: message.urgency },
        { stage: 'acknowledge', subject: id, dueAt: at, urgency: message.urgency },
      ],
      events: [received(message, at)],
    });
  } catch (cause) {
    if (!(cause instanceof Duplicate)) throw cause;
    const first = await store.messageByToken(message.origin.channel, message.origin.token);
    if (first && contentOf(first) !== contentOf(message)) {
      // An old name on new content: a sender that repeats its names must not lose a referral.
      const token = `${arrival.origin.token} ${contentOf(message)}`;
      return takeShare(deps, { ...arrival, origin: { ...arrival.origin, token } }, share);
    }
    if (first) await noteDuplicate(store, first, at);
    return 'duplicate';
  }
  log.info('message.received', { message: id, channel: message.origin.channel, count: documents.length });
  return 'new';
}

const contentOf = ({ documents }: Message): string =>
  sha256(Buffer.from(documents.map((document) => document.sha256).join(' ')));

/** Kept and linked, never silently dropped: the record of the first one says that it came again. */
async function noteDuplicate(store: Store, first: Message, at: number): Promise<void> {
  await store.commit({
    events: [
      {
        message: first.id,
        subject: first.id,
        what: 'message.repeated',
        who: 'gateway',
        at,
        facts: { channel: first.origin.channel },
      },
    ],
  });
}

type Recorded = 'recorded' | 'duplicate' | 'unmatched';

async function takeReceipt(deps: ReceiveDeps, news: News): Promise<Recorded> {
  for (let again = 0; ; again++) {
    try {
      return await recorded(deps, news);
    } catch (cause) {
      // Somebody changed what is held of the number meanwhile: look again.
      if (!(cause instanceof Conflict) || again === 3) throw cause;
    }
  }
}

async function recorded(deps: ReceiveDeps, news: News): Promise<Recorded> {
  const { store, now, log } = deps;
  const at = now();
  const { channel } = news;
  const attempt = await subjectOf(store, news);
  const known = attempt && wentBy(deps, attempt, channel) && vouches(news.author, attempt.address);
  if (!known || (news.unsigned && !isWaitedFor(await store.delivery(attempt.delivery), attempt))) {
    const message = attempt ? (await store.delivery(attempt.delivery)).message : null;
    const what = attempt ? 'receipt.refused' : 'receipt.unmatched';
    const { attempt: subject, kind } = news.receipt;
    await store.commit({ events: [{ message, subject, what, who: 'gateway', at, facts: { channel, kind } }] });
    log.warn(what, { attempt: subject, channel });
    return 'unmatched';
  }
  const receipt = provable(news, attempt);
  const delivery = await store.delivery(attempt.delivery);
  const late = delivery.attempt !== attempt.id || delivery.state === 'delivered' || delivery.state === 'failed';
  const evidence = sealed(delivery.message, 'evidence', { name: `${receipt.kind}-receipt`, ...news.evidence }, at);
  try {
    await store.commit({
      documents: [evidence],
      receipt: { ...receipt, attempt: attempt.id, evidence: evidence.document.id },
      ...(await lesson(deps, delivery.practice, attempt, news.receipt)),
      work: [{ stage: 'settle', subject: delivery.id, dueAt: at, urgency: delivery.urgency }],
      events: [
        {
          message: delivery.message,
          subject: delivery.id,
          what: 'receipt.recorded',
          who: 'gateway',
          at,
          facts: {
            channel,
            attempt: attempt.id,
            kind: receipt.kind,
            evidence: evidence.document.sha256,
            late,
            ...(receipt.reason ? { reason: receipt.reason.code } : {}),
          },
        },
      ],
    });
  } catch (cause) {
    if (cause instanceof Duplicate) return 'duplicate';
    throw cause;
  }
  log.info('receipt.recorded', { delivery: delivery.id, attempt: attempt.id, channel, outcome: receipt.kind });
  return 'recorded';
}

/** Its own channel, or the one that carried its link. */
const wentBy = ({ channels }: ReceiveDeps, attempt: Attempt, by: string): boolean =>
  attempt.channel === by || carried(channels, attempt).channel?.name === by;

/** Of a link that another channel carried, `delivered` says that the page lies there: its reader has opened nothing. */
const provable = ({ receipt, channel }: News, attempt: Attempt): News['receipt'] =>
  channel !== attempt.channel && receipt.kind === 'delivered' ? { ...receipt, kind: 'processed' } : receipt;

/** Nothing was heard of it, and nothing else is under way (facts N17). */
const isWaitedFor = (delivery: Delivery, { id }: Attempt): boolean =>
  delivery.state === 'sent' && delivery.attempt === id && delivery.processed !== id;

/** The try that a receipt speaks of; on the wire was the name of its family. */
async function subjectOf(store: Store, { receipt, reference }: News): Promise<Attempt | null> {
  const quoted = await store.attempt(receipt.attempt);
  if (!quoted || quoted.family !== quoted.id) return quoted;
  return spokenOf(membersOf(await store.attemptsOf(quoted.delivery), quoted.family), reference);
}

/** A receipt counts only from an author bound to the recipient it reports on (Direct: AS v1.3, notification rules). */
function vouches(author: News['author'], address: string): boolean {
  if (author === null) return true;
  const wanted = address.toLowerCase();
  const domain = wanted.slice(wanted.lastIndexOf('@') + 1);
  return author.some((each) => each.toLowerCase() === (each.includes('@') ? wanted : domain));
}

async function setAside(
  { store, now, log }: ReceiveDeps,
  { channel, token, reasons, raw }: RefusedArrival,
): Promise<void> {
  const at = now();
  const kept = sealed(
    null,
    'quarantined',
    { name: 'as-received', mediaType: 'application/octet-stream', bytes: raw },
    at,
  );
  const document = kept.document.id;
  try {
    await store.commit({
      documents: [kept],
      quarantined: { document, channel, token, reasons, at },
      events: [
        {
          message: null,
          subject: document,
          what: 'arrival.refused',
          who: 'gateway',
          at,
          facts: { channel, reasons: reasons.join('; ') },
        },
      ],
    });
  } catch (cause) {
    if (!(cause instanceof Duplicate)) throw cause;
  }
  log.warn('arrival.refused', { channel, bytes: raw.length });
}
