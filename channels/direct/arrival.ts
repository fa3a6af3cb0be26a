import { createHash } from 'node:crypto';
import type { Arrival, Inbox, Log, News } from '../../src/core/channel.ts';
import type { AttemptId } from '../../src/core/message.ts';
import type { Reason } from '../../src/core/outcome.ts';
import { Malformed } from './cms/der.ts';
import type { Contents } from './content/contents.ts';
import type { Unpacked } from './content/unpack.ts';
import { inWords, judgeDirect, malformed, type Verdict } from './judge.ts';
import { allAnchors, trustedBy, type Keyring } from './keyring.ts';
import { asksDispatched } from './mdn.ts';
import { domainOf, mailboxes } from './mime/address.ts';
import { allOf, firstOf, readEntity, type Entity } from './mime/entity.ts';
import { bareId, readNotification, type Notification } from './mime/notification.ts';
import type { Mail } from './smtp/port.ts';
import { isBoundTo } from './trust/certificate.ts';
import type { RevocationPolicy } from './trust/judge-path.ts';
import type { Sources } from './trust/sources.ts';

export interface Reception {
  readonly keyring: Keyring;
  readonly inbox: Inbox;
  readonly log: Log;
  readonly now: () => number;
  readonly sources: Sources;
  readonly revocation: RevocationPolicy;
  readonly contents: Contents;
}

/** `later`: something that its judgement needs cannot be fetched now; nothing was kept. */
export type Fate = 'taken' | 'plain' | 'later';

/** Judge a mail and give it to the inbox. Resolves when what must be kept is durable, with what the sender's server may
 *  be told: taken, whatever we think of it, except of a message that nobody should ever have sent unencrypted, and of one
 *  that may be trusted once a revocation list can be had again: its server then tries again by itself. */
export async function receive(mail: Mail, by: Reception): Promise<Fate> {
  let fate: Fate = 'taken';
  for (const rcpts of trustingAlike(mail.rcpts, by.keyring)) {
    const each = await receiveFor(mail, rcpts, by);
    if (each !== 'taken') fate = each;
  }
  return fate;
}

/** Recipients by domain where our domains trust differently: what one of them believes the others need not. */
function trustingAlike(rcpts: readonly string[], keyring: Keyring): readonly (readonly string[])[] {
  if (allAnchors(keyring).every(({ domains }) => domains === null)) return [rcpts];
  return [...Map.groupBy(rcpts, domainOf).values()];
}

/** @param rcpts those of the envelope's that the judgement is for */
async function receiveFor(mail: Mail, rcpts: readonly string[], by: Reception): Promise<Fate> {
  const { keyring, inbox, log, now, sources, revocation } = by;
  const { raw, mailFrom } = mail;
  const at = now();
  const domain = domainOf(rcpts[0] ?? '');
  const verdict = await judgeDirect(raw, {
    identities: keyring.identities,
    anchors: trustedBy(keyring, domain, 'in'),
    answerAnchors: trustedBy(keyring, domain, 'out'),
    crls: keyring.crls,
    mailFrom,
    rcpts: mail.rcpts,
    at,
    sources,
    revocation,
  });
  if (verdict.passing) {
    log.warn('direct.postponed', { channel: 'direct', reason: verdict.rule, bytes: raw.length });
    return 'later';
  }
  if (!verdict.accepted || !verdict.message) {
    if (verdict.rule === 'not-encrypted' && (await tookBounce(mail, { inbox, log, at }))) return 'taken';
    await setAside(raw, verdict, by);
    return verdict.rule === 'not-encrypted' ? 'plain' : 'taken';
  }
  if (verdict.notes.length > 0) log.warn('direct.unjudged', { channel: 'direct', reason: 'revocation not known' });
  if (verdict.notification) {
    await receiveNotification(mail, { notification: verdict.notification, author: verdict.author }, { inbox, log, at });
    return 'taken';
  }
  const opened = await by.contents(verdict.message.raw);
  if (!opened.ok) {
    await setAside(raw, malformed(verdict, opened.problem), by);
    return 'taken';
  }
  const { documents } = opened.value;
  const known = await inbox.message(arrivalOf({ ...mail, rcpts }, verdict, verdict.message, opened.value));
  log.info('direct.received', { channel: 'direct', state: known, bytes: raw.length, count: documents.length });
  return 'taken';
}

async function setAside(
  raw: Buffer,
  verdict: Verdict,
  { inbox, log }: Pick<Reception, 'inbox' | 'log'>,
): Promise<void> {
  log.warn('direct.refused', { channel: 'direct', reason: verdict.rule, bytes: raw.length });
  await inbox.quarantine({ channel: 'direct', token: hashOf(raw), reasons: inWords(verdict), raw });
}

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** A mail server on the way gives a message back by a DSN of its own, which nobody can have signed (facts N17): it counts
 *  as failure alone, when it names a message of ours that we still wait for. What it encloses is not looked at. */
async function tookBounce(
  { raw, mailFrom, rcpts }: Mail,
  { inbox, log, at }: { readonly inbox: Inbox; readonly log: Log; readonly at: number },
): Promise<boolean> {
  const notification = mailFrom === '' ? bounceIn(raw) : null;
  const attempt = notification && attemptOf(notification.about, rcpts);
  if (!attempt) return false;
  const state = await inbox.receipt({
    channel: 'direct',
    receipt: { attempt, kind: 'failed', reason: reasonOf(notification), at },
    author: null,
    unsigned: true,
    evidence: { mediaType: 'message/rfc822', bytes: raw },
  });
  log.info('direct.bounced', { channel: 'direct', attempt, state });
  return state !== 'unmatched';
}

function bounceIn(raw: Buffer): Notification | null {
  try {
    const notification = readNotification(readEntity(raw));
    return notification?.type === 'dsn' && notification.kind === 'failed' ? notification : null;
  } catch (cause) {
    if (cause instanceof Malformed) return null;
    throw cause;
  }
}

/** RFC 3463: subject and detail of the status that a DSN gives. */
function reasonOf({ words }: Notification): Reason {
  const status = /\b5\.(\d{1,3}\.\d{1,3})\b/.exec(words)?.[1] ?? '';
  const code = /^1\.[0-6]$/.test(status) ? 'bad-address' : /^(2\.3|3\.4)$/.test(status) ? 'too-large' : 'rejected';
  return { code, detail: words.replace(/[^ -~]+/g, ' ').slice(0, 200) };
}

/** A notification settles one attempt of ours, or nothing. It is never a message, and never answered (facts N4). */
async function receiveNotification(
  { raw, rcpts }: Mail,
  { notification, author }: { readonly notification: Notification; readonly author: readonly string[] },
  { inbox, log, at }: { readonly inbox: Inbox; readonly log: Log; readonly at: number },
): Promise<void> {
  const attempt = attemptOf(notification.about, rcpts);
  const { kind } = notification;
  if (!attempt || kind === null) {
    const reason = attempt ? 'a notification that settles nothing' : 'a notification about no message of ours';
    log.info('direct.notification', { channel: 'direct', reason });
    await inbox.quarantine({ channel: 'direct', token: hashOf(raw), reasons: ['notification', reason], raw });
    return;
  }
  const news: News = {
    channel: 'direct',
    receipt: { attempt, kind, reason: kind === 'failed' ? reasonOf(notification) : null, at },
    author,
    evidence: { mediaType: 'message/rfc822', bytes: raw },
  };
  const state = await inbox.receipt(news);
  log.info('direct.receipt', { channel: 'direct', attempt, outcome: kind, state });
}

/** Our Message-IDs are `attempt@our-domain`. */
function attemptOf(about: readonly string[], rcpts: readonly string[]): AttemptId | null {
  const ours = new Set(rcpts.map(domainOf));
  for (const id of about) {
    const attempt = /^(att_[0-9a-z]{1,64})@([^@]+)$/i.exec(id);
    if (attempt?.[1] && attempt[2] && ours.has(attempt[2].toLowerCase())) return attempt[1].toLowerCase() as AttemptId;
  }
  return null;
}

function arrivalOf({ raw, rcpts }: Mail, verdict: Verdict, message: Entity, opened: Unpacked): Arrival {
  const sender = verdict.from ?? '';
  const to = rcpts.map((address) => address.toLowerCase());
  const id = firstOf(message, 'message-id');
  const name = id === null || bareId(id) === '' ? hashOf(message.raw) : bareId(id);
  // One message for two of our addresses may come as two mails: each is an arrival of its own.
  const token = [name, sender, ...to.toSorted()].join(' ');
  return {
    origin: {
      channel: 'direct',
      token: token.length <= 300 ? token : hashOf(Buffer.from(token)),
      from: sender,
      details: {
        ...answerDetails(verdict, message, { sender, to, id: name }),
        ...(opened.remarks.length > 0 ? { remarks: opened.remarks.join('\n').slice(0, 2_000) } : {}),
      },
    },
    subject: decodeWords(firstOf(message, 'subject')),
    urgency: 'routine',
    to: to.map((address) => ({ channel: 'direct', address })),
    documents: opened.documents.map(({ name, mediaType, bytes }) => ({ name, mediaType, bytes })),
    raw,
  };
}

/** What `acknowledge` needs again. The answer goes to Disposition-Notification-To only when the signer speaks for that
 *  address too: else we would send mail to strangers at a partner's word (facts N8). */
function answerDetails(
  { signer, replyTo, notes }: Verdict,
  message: Entity,
  { sender, to, id }: { readonly sender: string; readonly to: readonly string[]; readonly id: string },
): Record<string, string> {
  const wished = allOf(message, 'disposition-notification-to').flatMap((field) => mailboxes(field));
  const allowed = wished.find((address) => address !== null && signer !== null && isBoundTo(signer, address));
  const asked = allOf(message, 'disposition-notification-options').some(asksDispatched);
  return {
    sender: allowed ?? sender,
    local: to.join(' '),
    messageId: id,
    ...(asked ? { dispatched: 'asked' } : {}),
    ...(notes.length > 0 ? { unjudged: notes.join('; ').slice(0, 1_000) } : {}),
    ...(replyTo ? { certificate: replyTo.x509.toString() } : {}),
  };
}

/** RFC 2047 words of a subject, UTF-8 and latin1; what cannot be read stays as it is. */
export function decodeWords(value: string | null): string | null {
  if (value === null) return null;
  const text = value.replace(/(\?=)\s+(=\?)/g, '$1$2').replace(/=\?([^?\s]{1,40})\?([bq])\?([^?\s]*)\?=/gi, decodeWord);
  return text.replace(/[\u0000-\u001f\u007f]+/g, ' ').slice(0, 500);
}

function decodeWord(word: string, charset: string, encoding: string, content: string): string {
  const bytes =
    encoding.toLowerCase() === 'b'
      ? Buffer.from(content, 'base64')
      : Buffer.from(
          content
            .replaceAll('_', ' ')
            .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
          'latin1',
        );
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return word;
  }
}
