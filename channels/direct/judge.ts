import type { Identity } from './cms/envelope.ts';
import { Malformed } from './cms/der.ts';
import type { Signer } from './cms/signature.ts';
import { mailboxes, normalAddress } from './mime/address.ts';
import { readDocuments, type FoundDocument } from './mime/documents.ts';
import { allOf, type Entity } from './mime/entity.ts';
import { readNotification, type Notification } from './mime/notification.ts';
import { onlyField, unseal, type Refusal, type Rule, type Unsealed } from './open.ts';
import { bindingsOf, isBoundTo, nameOf, type Certificate } from './trust/certificate.ts';
import type { Crl } from './trust/crl.ts';
import { judgePath } from './trust/path.ts';

export interface Circumstances {
  readonly identities: readonly Identity[];
  readonly anchors: readonly Certificate[];
  readonly crls: readonly Crl[];
  /** From the SMTP envelope; null where there was none: then it is not judged. */
  readonly mailFrom: string | null;
  readonly rcpts: readonly string[] | null;
  /** Epoch ms. */
  readonly at: number;
}

/** What became of one raw message. Message and documents are there only when it is accepted: nothing is released
 *  before its signature is trusted. */
export interface Verdict {
  readonly accepted: boolean;
  readonly rule: Rule | 'accepted';
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
  readonly documents: readonly FoundDocument[];
  readonly message: Entity | null;
}

/** Judge one raw message: the whole policy of receiving, for the SMTP listener and for `direct open` alike. */
export async function openDirect(raw: Buffer, by: Circumstances): Promise<Verdict> {
  const unsealed = unseal(raw, by.identities, by.anchors);
  if ('rule' in unsealed) return refuse([unsealed]);
  const { signed, message, weak } = unsealed;
  const senders = sendersOf(message);
  const candidates = signed.signers.map((signer) => judgeSigner(signer, unsealed, senders, by));
  const best = candidates.reduce((a, b) => (b.refusals.length < a.refusals.length ? b : a));
  const refusals = [
    ...(best.refusals.length > 0 ? candidates.flatMap((each) => each.refusals) : []),
    ...weak,
    ...routing(message, senders, by),
  ];
  if (refusals.length > 0 || !best.certificate) return refuse(refusals, best.certificate, best.chain);
  return await release(unsealed, best.certificate, best.chain, by);
}

interface Candidate {
  readonly certificate: Certificate | null;
  readonly chain: readonly Certificate[];
  readonly refusals: readonly Refusal[];
}

interface Senders {
  readonly from: string | null;
  readonly sender: string | null;
}

/** One signer that is sound, trusted and speaks for the sender is enough; others beside it spoil nothing (facts C8). */
function judgeSigner(signer: Signer, { signed }: Unsealed, { from, sender }: Senders, by: Circumstances): Candidate {
  const { certificate, problems } = signer;
  if (!certificate) return { certificate, chain: [], refusals: problems };
  const { chain, problems: doubts } = judgePath(certificate, 'digitalSignature', signed.certificates, by);
  const speaks = [from, sender].some((address) => address !== null && isBoundTo(certificate, address));
  const mismatch: Refusal = { rule: 'sender-mismatch', text: `${nameOf(certificate)} does not speak for the sender` };
  return {
    certificate,
    chain,
    refusals: [
      ...problems,
      ...doubts.map((text): Refusal => ({ rule: 'untrusted', text })),
      ...(speaks ? [] : [mismatch]),
    ],
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
  const unreturnable = mailFrom === '' && readNotification(message) !== null;
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
  chain: readonly Certificate[],
  by: Circumstances,
): Promise<Verdict> {
  try {
    const notification = readNotification(message);
    const { addresses, domains } = bindingsOf(signer);
    const senders = sendersOf(message);
    const from = [senders.from, senders.sender].find((each) => each !== null && isBoundTo(signer, each)) ?? null;
    const receives = [signer, ...signed.certificates].find(
      (each) =>
        from !== null &&
        isBoundTo(each, from) &&
        judgePath(each, 'keyEncipherment', signed.certificates, by).problems.length === 0,
    );
    return {
      accepted: true,
      rule: 'accepted',
      reasons: [],
      signer,
      chain,
      author: [...addresses, ...domains],
      replyTo: receives ?? null,
      from,
      recipients: recipientsOf(message),
      notification,
      documents: notification ? [] : await readDocuments(message.raw),
      message,
    };
  } catch (cause) {
    if (cause instanceof Malformed) return refuse([{ rule: 'malformed', text: cause.message }], signer, chain);
    throw cause;
  }
}

function refuse(
  refusals: readonly Refusal[],
  signer: Certificate | null = null,
  chain: readonly Certificate[] = [],
): Verdict {
  return {
    accepted: false,
    rule: refusals[0]?.rule ?? 'malformed',
    reasons: [...new Set(refusals.map(({ text }) => text))],
    signer,
    chain,
    author: [],
    replyTo: null,
    from: null,
    recipients: [],
    notification: null,
    documents: [],
    message: null,
  };
}
