import type { Obstacle } from '../core/admission.ts';
import type { Acknowledgement, Attempt, Event } from '../core/change.ts';
import { hasArrived, type Delivery } from '../core/delivery.ts';
import type { Message } from '../core/message.ts';
import type { Receipt } from '../core/outcome.ts';
import type { RejectedBecause } from '../core/plan.ts';
import { channelName, eventSentence, evidenceFor, gapSentence, isWorthTelling, plainWho } from './event-sentences.ts';
import { noticeWords } from './notice-words.ts';
import type { Moment } from './shapes.ts';

/** What happened, told to somebody at a front desk: no codes first, and never more than was proven. */

const iso = (at: number): string => new Date(at).toISOString();

interface Account {
  readonly delivery: Delivery;
  readonly attempts: readonly Attempt[];
  readonly receipts: readonly Receipt[];
  readonly blockedBy: Obstacle | null;
  /** A person said that it arrived. */
  readonly word: Event | null;
  /** A person said that it came to the wrong place. */
  readonly wrongPlace: Event | null;
}

export function summary(account: Account): string {
  const { state, gap } = account.delivery;
  const over = state === 'delivered' || state === 'cancelled';
  return [
    standing(account),
    ...(gap && !over ? [gapSentence(gap.mark)] : []),
    ...(account.wrongPlace ? ['Its pages were reported at the wrong place.'] : []),
  ].join(' ');
}

function standing({ delivery, attempts, receipts, word, blockedBy }: Account): string {
  const route = delivery.routes[delivery.route];
  const way = route ? `by ${channelName(route.channel)} to ${route.address}` : '';
  switch (delivery.state) {
    case 'pending':
      if (!route) return 'Is being read; the way to its recipient is chosen next.';
      return `${delivery.tries > 0 ? 'Will be tried again' : 'Will be sent'} ${way}${blockedBy ? `: ${obstacles[blockedBy]}` : ''}.`;
    case 'sending':
      return `Is being sent ${way}.`;
    case 'sent':
      if (route?.opening && hasArrived(delivery))
        return `A page with the portal link lies at ${route.number ?? route.address}. Waiting until somebody opens it.`;
      return delivery.unresolved.includes(delivery.attempt ?? 'att_')
        ? `May have arrived ${way}: the line broke before an answer. Waiting for proof.`
        : `Sent ${way}. Waiting for proof that it arrived.`;
    case 'delivered':
      return delivery.provenBy === null ? wordSentence(word) : provenSentence(delivery, attempts, receipts);
    case 'failed':
      return undelivered;
    case 'held':
      return heldSentence(delivery);
    case 'cancelled':
      return 'Cancelled; nothing more will be sent.';
  }
}

const obstacles: Readonly<Record<Obstacle, string>> = {
  circuit: 'waits until the far side answers again',
  throttled: 'waits for the time that the far side named',
  rate: 'waits for its turn among many',
  paused: 'waits, because a person paused this way',
  budget: 'waits while the far side is spared repeated tries',
};

/** Bars that a person can lift. */
const barWords: Readonly<Partial<Record<RejectedBecause, string>>> = {
  'must not be dialled': 'its fax number is on the list of those that must not be dialled',
  'the number does not work': 'its fax number does not work; find the right one, or confirm this one',
  'a voice answers there, not a fax': 'a voice answers at its fax number; find the right one, or confirm this one',
  'nobody confirmed the number yet': 'nobody confirmed its fax number, which is used for the first time',
};

function heldSentence({ routes, rejected, unresolved, gap }: Delivery): string {
  if (gap && unresolved.length === 0) return 'Waits for a person.';
  const bars = new Set(rejected.flatMap(({ reason }) => barWords[reason] ?? []));
  if (routes.length === 0) return `Waits for a person: ${bars.size === 0 ? noWay(rejected) : [...bars].join('; ')}.`;
  if (unresolved.length > 0) return 'In doubt, and waits for a person: it may have arrived, but no proof came.';
  return 'Waits for a person.';
}

function noWay(rejected: Delivery['rejected']): string {
  const reasons = new Set(rejected.map(({ channel, reason }) => `${channelName(channel)}: ${reason}`));
  const why = reasons.size === 0 ? '' : ` (${[...reasons].join('; ')})`;
  return `there is no usable way to this recipient${why}; nothing was sent`;
}

/** Why a delivery waits for a person, without looking at its attempts. */
export const waiting = (delivery: Delivery): string =>
  delivery.state === 'failed' ? undelivered : heldSentence(delivery);

const undelivered = 'Did not arrive: every way was tried and turned down.';

const wordSentence = (word: Event | null): string =>
  `Arrived by a person's word${word ? ` (${plainWho(word.who)})` : ''}; no machine confirmed it.`;

/** What is known of each attempt that may have arrived, and since when it is in doubt. Null: none is. */
export function doubtsOf({ delivery, attempts }: Account): { since: string; known: Moment[] } | null {
  const known = attempts
    .filter(({ id }) => delivery.unresolved.includes(id))
    .map((attempt) => moment(attempt.closedAt ?? attempt.openedAt, doubtSentence(attempt), 'doubt'));
  const [first] = known;
  return first ? { since: first.at, known } : null;
}

function doubtSentence({ channel, address, outcome }: Attempt): string {
  const way = `By ${channelName(channel)} to ${address}:`;
  if (outcome?.kind === 'accepted') {
    const name = outcome.reference ? ` as ${outcome.reference}` : '';
    return `${way} the far side took it${name}, but nobody confirmed that it was delivered.`;
  }
  const why = outcome && 'reason' in outcome ? `: ${explained(outcome.reason)}` : '';
  return `${way} it was being handed over when the answer failed to come${why}.`;
}

function provenSentence({ provenBy }: Delivery, attempts: readonly Attempt[], receipts: readonly Receipt[]): string {
  const by = attempts.find(({ id }) => id === provenBy);
  if (!by) return 'Arrived.';
  if (by.channel === 'intake') return 'Lies in the intake queue.';
  const proof = receipts.findLast((each) => each.attempt === by.id && each.kind !== 'failed');
  const how = proof ? proofWords[proof.kind] : 'taken by the far side';
  return `Arrived by ${channelName(by.channel)} at ${by.address}: ${how}.${twice(by, attempts, receipts)}`;
}

/** Who looks for the referral at the far side should know what else may lie there. */
function twice(by: Attempt, attempts: readonly Attempt[], receipts: readonly Receipt[]): string {
  const other = attempts.find(
    ({ id, outcome }) =>
      id !== by.id &&
      (outcome?.kind === 'accepted' || outcome?.kind === 'unknown') &&
      !receipts.some((receipt) => receipt.attempt === id && receipt.kind === 'failed'),
  );
  if (!other) return '';
  return ` It may have arrived twice: it also went by ${channelName(other.channel)} to ${other.address}.`;
}

const proofWords: Readonly<Record<Receipt['kind'], string>> = {
  processed: 'the receiving gateway confirmed it',
  delivered: 'delivery was confirmed',
  opened: 'the recipient opened it',
  failed: 'the far side reported failure',
};

/** Everything that happened to a message, oldest first. */
export function timeline(
  message: Message,
  accounts: readonly Account[],
  acknowledgements: readonly Acknowledgement[],
  events: readonly Event[],
): Moment[] {
  const told = (planned: boolean): Moment[] =>
    events
      .filter((event) => isWorthTelling(event) && (event.what === 'delivery.planned') === planned)
      .map((event) => ({ ...moment(event.at, eventSentence(event)), evidence: evidenceFor(event) }));
  const moments = [
    moment(message.receivedAt, `Received ${arrival(message)} and stored.`),
    ...told(true),
    ...accounts.flatMap((account) => evidenceOf(account)),
    ...acknowledgements.map(({ notice, at, outcome }) =>
      outcome.kind === 'accepted'
        ? moment(at, `Told the sender: ${noticeWords[notice]}.`)
        : moment(at, `Could not tell the sender "${noticeWords[notice]}" (${outcome.reason.code}).`, 'bad'),
    ),
    ...told(false),
  ];
  // Sorting is stable: of one millisecond, the plan is told before what followed from it.
  return moments.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

export const evidenceOf = ({ attempts, receipts }: Account): Moment[] => [
  ...attempts.flatMap(attemptMoments),
  ...receipts.map((receipt) => receiptMoment(receipt, attempts)),
];

const arrival = ({ origin, documents }: Message): string =>
  `${documents.length} document${documents.length === 1 ? '' : 's'} by ${channelName(origin.channel)}`;

function attemptMoments({ channel, address, openedAt, closedAt, outcome }: Attempt): Moment[] {
  if (channel === 'intake') return closedAt === null ? [] : [moment(closedAt, 'Filed in the intake queue.')];
  const opened = moment(openedAt, `Started to send by ${channelName(channel)} to ${address}.`);
  if (closedAt === null || outcome === null) return [opened];
  const who = `The ${channelName(channel)} side`;
  switch (outcome.kind) {
    case 'accepted':
      return [opened, moment(closedAt, `${who} took it${outcome.reference ? ` (${outcome.reference})` : ''}.`)];
    case 'deferred':
      return [
        opened,
        moment(closedAt, `${who} could not take it now: ${explained(outcome.reason)}. Nothing was sent.`),
      ];
    case 'refused':
      return [
        opened,
        moment(closedAt, `${who} turned it down: ${explained(outcome.reason)}. Nothing was sent.`, 'bad'),
      ];
    case 'unknown':
      return [opened, moment(closedAt, `No answer came: ${explained(outcome.reason)}. It may have arrived.`, 'doubt')];
  }
}

function receiptMoment({ attempt, kind, reason, evidence, at }: Receipt, attempts: readonly Attempt[]): Moment {
  const channel = attempts.find(({ id }) => id === attempt)?.channel;
  const by = channel ? ` (${channelName(channel)})` : '';
  const said = kind === 'processed' && channel === 'portal' ? 'the page with the link arrived' : proofWords[kind];
  const late = isLate(attempt, at, attempts) ? ' It came late: another way had been tried by then.' : '';
  const text = `${said.charAt(0).toUpperCase()}${said.slice(1)}${by}${reason ? `: ${explained(reason)}` : ''}.${late}`;
  return { at: iso(at), text, tone: kind === 'failed' ? 'bad' : 'good', evidence };
}

/** About an attempt that was given up for a newer one by then. */
function isLate(id: Receipt['attempt'], at: number, attempts: readonly Attempt[]): boolean {
  const about = attempts.find((attempt) => attempt.id === id);
  return about !== undefined && attempts.some(({ openedAt }) => openedAt > about.openedAt && openedAt <= at);
}

const reasonWords: Readonly<Record<string, string>> = {
  unreachable: 'it could not be reached',
  busy: 'the line was busy',
  'no-answer': 'nobody answered',
  'not-a-fax': 'a person or a voice answered, not a fax',
  throttled: 'it asked us to slow down',
  timeout: 'it took too long',
  interrupted: 'the connection broke',
  partial: 'only some pages went through',
  negotiation: 'the two machines could not agree',
  'bad-address': 'the address does not exist',
  'no-certificate': 'no certificate of it is known',
  untrusted: 'it is not trusted',
  unauthorized: 'our sign-in was not accepted',
  'too-large': 'it is too large',
  unsupported: 'it cannot take this kind of file',
  rejected: 'it said no',
  silence: 'no proof came in time',
};

const explained = ({ code, detail }: { readonly code: string; readonly detail: string }): string =>
  `${reasonWords[code] ?? code}${detail ? ` (${detail})` : ''}`;

const moment = (at: number, text: string, tone: Moment['tone'] = 'plain'): Moment => ({
  at: iso(at),
  text,
  tone,
  evidence: null,
});
