import type { Identity } from './cms/envelope.ts';
import { Malformed } from './cms/der.ts';
import type { Signer } from './cms/signature.ts';
import { mailboxes, normalAddress } from './mime/address.ts';
import { readDocuments, type FoundDocument } from './mime/documents.ts';
import { allOf, type Entity } from './mime/entity.ts';
import { readNotification, type Notification } from './mime/notification.ts';
import { onlyField, unseal, type Refusal, type Rule, type Unsealed } from './open.ts';
import { bindingsOf, fingerprintOf, isBoundTo, nameOf, type Certificate } from './trust/certificate.ts';
import type { Crl } from './trust/crl.ts';
import { judge, offline, type RevocationPolicy, type Trusting } from './trust/judge-path.ts';
import type { Judgement } from './trust/path.ts';
import type { Sources } from './trust/sources.ts';

export interface Circumstances {
  readonly identities: readonly Identity[];
  readonly anchors: readonly Certificate[];
  readonly crls: readonly Crl[];
  /** Where what is missing may be fetched; absent: off-line. */
  readonly sources?: Sources;
  readonly revocation?: RevocationPolicy;
  /** Anchors that may vouch for notifications beside `anchors`: who is sent to may answer (facts N16). */
  readonly answerAnchors?: readonly Certificate[];
  /** From the SMTP envelope; null where there was none: then it is not judged. */
  readonly mailFrom: string | null;
  readonly rcpts: readonly string[] | null;
  /** Epoch ms. */
  readonly at: number;
}

/** What became of one raw message. The message is there only when it is accepted: nothing is released before its signature
 *  is trusted. */
export interface Verdict {
  readonly accepted: boolean;
  readonly rule: Rule | 'accepted';
  /** Nothing is wrong but that something could not be fetched: judged again later, it may be accepted. */
  readonly passing: boolean;
  /** What was let pass, for the record. */
  readonly notes: readonly string[];
  readonly reasons: readonly string[];
  readonly signer: Certificate | null;
  readonly chain: readonly Certificate[];
  /** Addresses and domains that the trusted signer speaks for. */
  readonly author: readonly string[];
  /** Where an encrypted answer to the signer may go: its certificate that receives keys. */
  readonly replyTo: Certificate | null;
  /** The inner From, or the Sender where the signer speaks for that one only. */
  readonly from: string | null;
  /** The inner To and Cc. */
  readonly recipients: readonly string[];
  readonly notification: Notification | null;
  readonly message: Entity | null;
}

/** Judge one raw message and, when it is accepted, read what is in it, here and now: off-line. */
export async function openDirect(raw: Buffer, by: Circumstances): Promise<Opened> {
  const verdict = await judgeDirect(raw, by);
  if (!verdict.message || verdict.notification) return { ...verdict, documents: [] };
  try {
    return { ...verdict, documents: await readDocuments(verdict.message.raw) };
  } catch (cause) {
    if (cause instanceof Malformed) return { ...malformed(verdict, cause.message), documents: [] };
    throw cause;
  }
}

export interface Opened extends Verdict {
  readonly documents: readonly FoundDocument[];
}

/** The verdict on a message that is trusted and makes no sense: nothing of it is released. */
export const malformed = ({ signer, chain, notes }: Verdict, why: string): Verdict => ({
  ...refuse([{ rule: 'malformed', text: why }]),
  ...{ signer, chain, notes },
});

/** Judge one raw message: the whole policy of receiving. */
export async function judgeDirect(raw: Buffer, by: Circumstances): Promise<Verdict> {
  const unsealed = unseal(raw, by.identities, by.anchors);
  if ('rule' in unsealed) return refuse([unsealed]);
  const { signed, message, weak } = unsealed;
  const senders = sendersOf(message);
  const trusting = trustingOf(message, by);
  const candidates: Candidate[] = [];
  for (const signer of signed.signers) candidates.push(await judgeSigner(signer, unsealed, senders, trusting));
  const best = candidates.reduce((a, b) => (b.refusals.length < a.refusals.length ? b : a));
  const others = [...weak, ...routing(message, senders, by)];
  const refusals = [...(best.refusals.length > 0 ? candidates.flatMap((each) => each.refusals) : []), ...others];
  if (refusals.length > 0 || !best.certificate) {
    const passing = others.length === 0 && candidates.some((each) => each.passing);
    return { ...refuse(refusals, best), passing };
  }
  return await release(unsealed, best.certificate, best, trusting);
}

interface Candidate {
  readonly certificate: Certificate | null;
  readonly path: Judgement | null;
  readonly refusals: readonly Refusal[];
  readonly passing: boolean;
}

/** A notification may also be vouched for by those whom we trust to send to (facts N16). */
function trustingOf(message: Entity, by: Circumstances): Trusting {
  const { anchors, answerAnchors = [], crls, at, sources = null, revocation = offline.revocation } = by;
  const more = answerAnchors.length > 0 && isNotification(message) ? answerAnchors : [];
  return { anchors: [...anchors, ...more], crls, at, sources, revocation };
}

function isNotification(message: Entity): boolean {
  try {
    return readNotification(message) !== null;
  } catch (cause) {
    if (cause instanceof Malformed) return false;
    throw cause;
  }
}

interface Senders {
  readonly from: string | null;
  readonly sender: string | null;
}

/** One signer that is sound, trusted and speaks for the sender is enough; others beside it spoil nothing (facts C8). */
async function judgeSigner(
  signer: Signer,
  { signed }: Unsealed,
  { from, sender }: Senders,
  trusting: Trusting,
): Promise<Candidate> {
  const { certificate, problems } = signer;
  if (!certificate) return { certificate, path: null, refusals: problems, passing: false };
  const speaks = [from, sender].some((address) => address !== null && isBoundTo(certificate, address));
  const mismatch: Refusal = { rule: 'sender-mismatch', text: `${nameOf(certificate)} does not speak for the sender` };
  // Whoever did not sign this, or speaks for somebody else, makes us fetch nothing.
  const sound = problems.length === 0 && speaks;
  const by = sound ? trusting : { ...trusting, sources: null };
  const path = await judge(certificate, 'digitalSignature', signed.certificates, by);
  return {
    certificate,
    path,
    refusals: [
      ...problems,
      ...path.problems.map((text): Refusal => ({ rule: 'untrusted', text })),
      ...(speaks ? [] : [mismatch]),
    ],
    passing: sound && path.passing,
  };
}

/** From must be exactly one mailbox; Sender too, where it is. */
function sendersOf(message: Entity): Senders {
  const one = (name: string): string | null => {
    const boxes = mailboxes(onlyField(message, name) ?? '');
    return boxes.length === 1 ? (boxes[0] ?? null) : null;
  };
  return { from: one('from'), sender: one('sender') };
}

/** Facts M4 (ANSI/DS 2019-01-100): the envelope must say what the signed header says. */
function routing(message: Entity, { from, sender }: Senders, { mailFrom, rcpts }: Circumstances): Refusal[] {
  const refusal = (text: string): Refusal => ({ rule: 'routing', text });
  const recipients = recipientsOf(message);
  const strangers = (rcpts ?? []).filter((rcpt) => !recipients.includes(normalAddress(rcpt) ?? ''));
  const envelope = mailFrom === null ? null : normalAddress(mailFrom);
  // Notifications may come with the empty reverse-path (RFC 5321 §4.5.5): nobody can bounce them.
  const unreturnable = mailFrom === '' && isNotification(message);
  return [
    ...(from === null ? [{ rule: 'sender-mismatch', text: 'From is not exactly one plain address' } as const] : []),
    ...(mailFrom !== null && !unreturnable && (envelope === null || ![from, sender].includes(envelope))
      ? [refusal('MAIL FROM is neither From nor Sender of the signed message')]
      : []),
    ...strangers.map(() => refusal('a RCPT TO is not in To or Cc of the signed message')),
  ];
}

function recipientsOf(message: Entity): string[] {
  const fields = [...allOf(message, 'to'), ...allOf(message, 'cc')];
  return [...new Set(fields.flatMap((field) => mailboxes(field)).filter((address) => address !== null))];
}

async function release(
  { message, signed }: Unsealed,
  signer: Certificate,
  candidate: Candidate,
  trusting: Trusting,
): Promise<Verdict> {
  try {
    const notification = readNotification(message);
    const { addresses, domains } = bindingsOf(signer);
    const senders = sendersOf(message);
    const from = [senders.from, senders.sender].find((each) => each !== null && isBoundTo(signer, each)) ?? null;
    return {
      ...refuse([], candidate),
      accepted: true,
      rule: 'accepted',
      author: [...addresses, ...domains],
      replyTo: from === null ? null : await receiverAmong([signer, ...signed.certificates], from, trusting),
      from,
      recipients: recipientsOf(message),
      notification,
      message,
    };
  } catch (cause) {
    if (cause instanceof Malformed) return refuse([{ rule: 'malformed', text: cause.message }], candidate);
    throw cause;
  }
}

/** The first of the certificates that an answer to that address can be encrypted for. */
async function receiverAmong(
  certificates: readonly Certificate[],
  address: string,
  trusting: Trusting,
): Promise<Certificate | null> {
  for (const each of certificates) {
    if (!isBoundTo(each, address)) continue;
    const { problems } = await judge(each, 'keyEncipherment', certificates, trusting);
    if (problems.length === 0) return each;
  }
  return null;
}

function refuse(refusals: readonly Refusal[], of: Pick<Candidate, 'certificate' | 'path'> | null = null): Verdict {
  return {
    accepted: false,
    rule: refusals[0]?.rule ?? 'malformed',
    passing: false,
    notes: of?.path?.notes ?? [],
    reasons: [...new Set(refusals.map(({ text }) => text))],
    signer: of?.certificate ?? null,
    chain: of?.path?.chain ?? [],
    author: [],
    replyTo: null,
    from: null,
    recipients: [],
    notification: null,
    message: null,
  };
}

/** Rule, reasons, signer and chain, one sentence each: what an operator reads about a message that was turned away. */
export function inWords({ rule, reasons, signer, chain }: Verdict): string[] {
  const last = chain[chain.length - 1];
  return [
    rule,
    ...reasons,
    ...(signer ? [`signed with ${nameOf(signer)} (SHA-256 ${fingerprintOf(signer)})`] : []),
    ...(chain.length > 1 && last ? [`chain: ${chain.map(nameOf).join(' ← ')}`] : []),
  ];
}
