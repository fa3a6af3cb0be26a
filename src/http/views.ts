import type { Obstacle } from '../core/admission.ts';
import { advance, isPossibleDuplicate, isUrgent, type Delivery, type DeliveryEvent } from '../core/delivery.ts';
import type { Attempt, Event } from '../core/change.ts';
import { linkState, type Link } from '../core/link.ts';
import type { Document, Message } from '../core/message.ts';
import type { Receipt } from '../core/outcome.ts';
import type { Page } from '../core/page.ts';
import type { Referral } from '../core/referral.ts';
import type { DeliveryRow, Store } from '../store/store.ts';
import { may, type Caller } from './access.ts';
import { doubtsOf, summary, timeline } from './sentences.ts';
import type { DeliveryLine, DeliveryView, DocumentView, EventView, MessageView, ReferralView } from './shapes.ts';

/** From what the store holds to what the outside sees. Callers without the right to content get none. */

export const iso = (at: number): string => new Date(at).toISOString();
const isoOrNull = (at: number | null): string | null => (at === null ? null : iso(at));

export function deliveryLine(row: DeliveryRow): DeliveryLine {
  const { delivery: d, urgency, deadline, receivedAt, movedAt, direction } = row;
  const route = d.routes[d.route];
  return {
    id: d.id,
    message: d.message,
    practice: d.practice,
    direction,
    recipient: d.recipient.name,
    state: d.state,
    channel: route?.channel ?? null,
    address: route?.address ?? null,
    tries: d.tries,
    urgency,
    receivedAt: iso(receivedAt),
    deadline: iso(deadline),
    since: movedAt > 0 ? iso(movedAt) : null,
    dueAt: isoOrNull(d.dueAt),
    inDoubt: isPossibleDuplicate(d) && d.state !== 'delivered',
    byWord: d.state === 'delivered' && d.provenBy === null,
    version: d.version,
  };
}

/** Everything known of one delivery. */
export async function accountOf(
  store: Store,
  delivery: Delivery,
  now: number,
): Promise<{
  delivery: Delivery;
  attempts: Attempt[];
  receipts: Receipt[];
  word: Event | null;
  wrongPlace: Event | null;
  link: Link | null;
  /** What keeps its lane closed, as far as one knows without asking. */
  blockedBy: Obstacle | null;
}> {
  const record = await store.history(delivery.message);
  const attempts = inOrder(await store.attemptsOf(delivery.id), record);
  const receipts = await store.receiptsOf(delivery.id);
  const word = record.findLast(({ what, subject }) => what === 'delivery.confirmed' && subject === delivery.id) ?? null;
  const wrongPlace =
    record.findLast(({ what, subject }) => what === 'delivery.misdirected' && subject === delivery.id) ?? null;
  const blockedBy = await obstacleOf(store, delivery, now);
  return { delivery, attempts, receipts, word, wrongPlace, link: await latestLink(store, attempts), blockedBy };
}

/** A try that was made again carries the link of the first. */
async function latestLink(store: Store, attempts: readonly Attempt[]): Promise<Link | null> {
  for (const { id } of attempts.filter(({ channel }) => channel === 'portal').reverse()) {
    const link = await store.linkOf(id);
    if (link) return link;
  }
  return null;
}

/** Most of what waits for a lane stands in its line and was never told why. */
async function obstacleOf(store: Store, delivery: Delivery, now: number): Promise<Obstacle | null> {
  const { state, routes, route, waitsFor } = delivery;
  if (state !== 'pending') return null;
  const lane = routes[route]?.lane;
  const closing = (await store.closings()).find((each) => each.lane === lane && each.until > now);
  return (isUrgent(delivery) ? null : closing?.why) ?? waitsFor ?? null;
}

/** As the record has them: two attempts can share a millisecond. */
function inOrder(attempts: readonly Attempt[], record: readonly Event[]): Attempt[] {
  const opened = record.filter(({ what }) => what === 'attempt.opened').map(({ facts }) => facts['attempt']);
  return attempts.toSorted((a, b) => opened.indexOf(a.id) - opened.indexOf(b.id));
}

export type Account = Awaited<ReturnType<typeof accountOf>>;

export function deliveryView(account: Account, caller: Caller, now: number): DeliveryView {
  const { delivery: d, attempts, receipts, link } = account;
  return {
    id: d.id,
    message: d.message,
    practice: d.practice,
    recipient: { name: d.recipient.name, npi: d.recipient.npi, phone: d.recipient.phone },
    state: d.state,
    tries: d.tries,
    dueAt: isoOrNull(d.dueAt),
    blockedBy: account.blockedBy,
    inDoubt: isPossibleDuplicate(d) && d.state !== 'delivered',
    byWord: d.state === 'delivered' && d.provenBy === null,
    doubt: d.state === 'delivered' ? null : doubtsOf(account),
    summary: summary(account),
    may: may(caller, 'decide') ? decisions(d, now) : [],
    routes: d.routes.map((route, index) => ({
      channel: route.channel,
      address: route.address,
      proof: route.proof,
      tries: route.delays.length + 1,
      receiptWithinMs: route.receiptWithin,
      onSilence: route.onSilence,
      current: index === d.route,
    })),
    rejected: d.rejected.map(({ detail = null, ...each }) => ({ ...each, detail })),
    attempts: attempts.map(attemptView),
    receipts: receipts.map((receipt) => ({ ...receipt, at: iso(receipt.at) })),
    link: link ? linkView(link, caller, now) : null,
    version: d.version,
  };
}

/** Asked of the state machine itself, so that the page never offers what would not happen. */
export function decisions(d: Delivery, now: number): DeliveryView['may'] {
  const applies = (event: DeliveryEvent): boolean => advance(d, event, now) !== d;
  return [
    ...(applies({ type: 'confirmed' }) ? ['confirm' as const] : []),
    ...(applies({ type: 'retried' }) ? ['retry' as const] : []),
    ...(applies({ type: 'held' }) ? ['hold' as const] : []),
    ...(applies({ type: 'cancelled' }) ? ['cancel' as const] : []),
    ...(d.routes.length > 1 && applies({ type: 'rerouted', route: 0 }) ? ['reroute' as const] : []),
  ];
}

function attemptView({
  id,
  channel,
  address,
  openedAt,
  closedAt,
  phase,
  outcome,
}: Attempt): DeliveryView['attempts'][number] {
  return {
    id,
    channel,
    address,
    openedAt: iso(openedAt),
    closedAt: isoOrNull(closedAt),
    phase,
    outcome: outcome?.kind ?? null,
    reason: outcome && outcome.kind !== 'accepted' ? outcome.reason : null,
    reference: outcome?.kind === 'accepted' ? (outcome.reference ?? null) : null,
  };
}

function linkView(link: Link, caller: Caller, now: number): NonNullable<DeliveryView['link']> {
  const { answer } = link;
  return {
    code: may(caller, 'send') ? link.code : null,
    state: linkState(link, now),
    expiresAt: iso(link.expiresAt),
    wrongCodes: link.wrongCodes,
    openedAt: isoOrNull(link.openedAt),
    remindAt: isoOrNull(link.remindAt ?? null),
    remindedAt: isoOrNull(link.remindedAt ?? null),
    answer: answer && {
      kind: answer.kind,
      on: answer.kind === 'scheduled' && may(caller, 'content') ? answer.on : null,
      reason: 'reason' in answer && may(caller, 'content') ? answer.reason : null,
      at: iso(answer.at),
    },
  };
}

export const documentView = (document: Document, pages: readonly Page[], caller: Caller): DocumentView => ({
  ...document,
  name: may(caller, 'content') ? document.name : null,
  pages: pages.filter((page) => page.document === document.id).length,
});

/** `note` holds a person's own words, which may name a patient. */
export const eventView = (event: Event, cursor: number | null, caller: Caller): EventView => ({
  ...event,
  cursor,
  at: iso(event.at),
  note: may(caller, 'content') ? (event.note ?? null) : null,
});

export async function messageView(store: Store, message: Message, caller: Caller, now: number): Promise<MessageView> {
  const deliveries = await store.deliveriesOf(message.id);
  const accounts = await Promise.all(deliveries.map((each) => accountOf(store, each, now)));
  const pages = await store.pagesOf(message.id);
  const acknowledgements = await store.acknowledgementsOf(message.id);
  const events = await store.history(message.id);
  const entry = await store.entryOf(message.id);
  return {
    id: message.id,
    practice: message.practice,
    origin: { channel: message.origin.channel, from: message.origin.from },
    subject: may(caller, 'content') ? message.subject : null,
    urgency: message.urgency,
    receivedAt: iso(message.receivedAt),
    deadline: iso(message.deadline),
    referral: message.referral,
    entry: entry?.id ?? null,
    documents: message.documents.map((each) => documentView(each, pages, caller)),
    proofs: (await store.proofsOf(message.id)).map((each) => documentView(each, [], caller)),
    deliveries: accounts.map((account) => deliveryView(account, caller, now)),
    acknowledgements: acknowledgements.map(({ notice, outcome, at }) => ({
      notice,
      outcome: outcome.kind,
      at: iso(at),
    })),
    timeline: timeline(message, accounts, acknowledgements, may(caller, 'content') ? events : events.map(bare)),
    events: events.map((event) => eventView(event, null, caller)),
  };
}

const bare = ({ message, subject, what, who, at, facts }: Event): Event => ({ message, subject, what, who, at, facts });

export async function referralView(
  store: Store,
  { steps, reports = [], ...referral }: Referral,
): Promise<ReferralView> {
  const deliveries = await store.deliveriesOf(referral.message);
  return {
    ...referral,
    reports: reports.map((report) => ({ ...report, pages: [...report.pages], at: iso(report.at) })),
    steps: steps.map((step) => ({ ...step, at: iso(step.at) })),
    deliveries: deliveries.map(({ id, state, provenBy, recipient }) => ({
      id,
      state,
      byWord: state === 'delivered' && provenBy === null,
      recipient: recipient.name,
    })),
  };
}
