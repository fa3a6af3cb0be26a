import type { Obstacle } from './admission.ts';
import type { AttemptId, DeliveryId, MessageId, PracticeId, Recipient, Urgency } from './message.ts';
import type { Outcome, ReasonCode, Receipt } from './outcome.ts';
import type { Rejected } from './plan.ts';
import type { Route } from './route.ts';
import type { Barred } from './standing.ts';
import { isOfTheEndpoint, nextTry, passesByItself } from './redial.ts';

/** The promise to bring one message to one recipient. Each state names the evidence we hold. */
export type DeliveryState =
  /** Nothing proven yet; an attempt is due. */
  | 'pending'
  /** An attempt is open; nobody else may touch the wire. */
  | 'sending'
  /** The far side has it, or may have it; a receipt is due. */
  | 'sent'
  /** Proven: a receipt, or an acceptance that is itself proof. */
  | 'delivered'
  /** Proven: every attempt was turned down. */
  | 'failed'
  /** Unproven, or policy: a person must decide. */
  | 'held'
  | 'cancelled';

/** Not over yet: something is due, or a person must decide. */
export type OpenState = Extract<DeliveryState, 'pending' | 'sending' | 'sent' | 'held'>;

export const openStates: readonly OpenState[] = ['pending', 'sending', 'sent', 'held'];

export const isOpen = ({ state }: Pick<Delivery, 'state'>): boolean => openStates.some((open) => open === state);

export interface Delivery {
  readonly id: DeliveryId;
  readonly message: MessageId;
  readonly practice: PracticeId;
  readonly recipient: Recipient;
  /** The message's. Absent in deliveries of older gateways until they are planned. */
  readonly urgency?: Urgency;
  readonly state: DeliveryState;
  /** Best first. */
  readonly routes: readonly Route[];
  /** Endpoints that were weighed and left out. */
  readonly rejected: readonly Rejected[];
  /** Index of the route in use. */
  readonly route: number;
  /** Tries made on this route. */
  readonly tries: number;
  /** The latest attempt. */
  readonly attempt: AttemptId | null;
  /** Attempts that may have arrived: no word either way. */
  readonly unresolved: readonly AttemptId[];
  /** The attempt that the far gateway said it processed; its reader may not have it yet. */
  readonly processed: AttemptId | null;
  /** The attempt whose evidence made this `delivered`. Null in that state: a person's word, and no more. */
  readonly provenBy: AttemptId | null;
  /** What keeps a due attempt from being made. */
  readonly waitsFor?: Obstacle | null;
  /** When the state must move on by itself, epoch ms. */
  readonly dueAt: number | null;
  /** What is on file about it has a gap. */
  readonly gap?: Gap;
  readonly version: number;
}

/** It was restored from a backup: it may have gone out after `mark`, epoch ms, with nothing on file. */
export interface Gap {
  readonly mark: number;
  /** A person has sent it again since, and answers for the second copy. */
  readonly released: boolean;
}

export type { Route };

export type DeliveryEvent =
  | { readonly type: 'opened'; readonly attempt: AttemptId; readonly until: number }
  /** `deadline`: no doubt is waited out beyond it. */
  | { readonly type: 'outcome'; readonly attempt: AttemptId; readonly outcome: Outcome; readonly deadline: number }
  | { readonly type: 'receipt'; readonly receipt: Receipt }
  /** `repeatable`: the far side promises to ignore a second copy under the same name, still now. */
  | { readonly type: 'overdue'; readonly repeatable: boolean }
  /** The lane of the route in use takes no attempt before then. */
  | { readonly type: 'blocked'; readonly by: Obstacle; readonly until: number }
  /** Its endpoint must not be dialled. */
  | { readonly type: 'barred'; readonly by: Barred }
  /** Whoever had the open attempt is dead, or was frozen for so long that it counts as dead. */
  | { readonly type: 'abandoned' }
  | { readonly type: 'rerouted'; readonly route: number }
  | { readonly type: 'restored'; readonly mark: number }
  | { readonly type: 'retried' | 'held' | 'cancelled' | 'confirmed' };

/** The whole state machine. Pure: same delivery, same event, same clock, same answer. */
export function advance(delivery: Delivery, event: DeliveryEvent, now: number): Delivery {
  const next = mindful(delivery, transition(delivery, event, now), event);
  return next === delivery ? delivery : { ...next, version: delivery.version + 1 };
}

function transition(d: Delivery, event: DeliveryEvent, now: number): Delivery {
  switch (event.type) {
    case 'opened':
      return d.state === 'pending'
        ? { ...d, state: 'sending', attempt: event.attempt, tries: d.tries + 1, dueAt: event.until, waitsFor: null }
        : d;
    case 'outcome':
      return d.state === 'sending' && event.attempt === d.attempt ? afterOutcome(d, event, now) : d;
    case 'receipt':
      return afterReceipt(d, event.receipt, now);
    case 'overdue':
      return d.state === 'sent' ? afterSilence(d, event.repeatable, now) : d;
    case 'blocked':
      return d.state === 'pending' ? afterBlock(d, event.by, event.until, now) : d;
    case 'barred':
      return d.state === 'pending' ? afterBar(d, event.by, now) : d;
    case 'retried':
      return d.state === 'held' || d.state === 'failed' ? sentAgain(d, now) : d;
    case 'confirmed':
      return mayHaveArrived(d) ? proven(d, null) : d;
    case 'abandoned':
      return d.state === 'sending' ? { ...d, dueAt: now } : d;
    case 'rerouted':
      return restsOrWaits(d) && d.routes[event.route]
        ? due({ ...d, route: event.route, tries: 0, waitsFor: null }, 'pending', now)
        : d;
    case 'restored':
      return afterRestore({ ...d, gap: { mark: event.mark, released: false } }, now) ?? d;
    case 'held':
      return d.state === 'pending' ? rest(d, 'held') : d;
    case 'cancelled':
      return d.state === 'pending' || d.state === 'held' ? rest(d, 'cancelled') : d;
  }
}

const restsOrWaits = (d: Delivery): boolean => d.state === 'pending' || d.state === 'held' || d.state === 'failed';

/** A person can know better than our silence, but not than nothing having been sent. */
const mayHaveArrived = (d: Delivery): boolean =>
  d.state === 'sent' || ((d.state === 'held' || d.state === 'pending') && isPossibleDuplicate(d));

/** What is in doubt goes the same way again, under the same name; all else starts from the best route. */
const sentAgain = (d: Delivery, now: number): Delivery =>
  due({ ...d, route: inDoubt(d) ? d.route : 0, tries: 0, waitsFor: null }, 'pending', now);

function afterOutcome(
  d: Delivery,
  { outcome, deadline }: { readonly outcome: Outcome; readonly deadline: number },
  now: number,
): Delivery {
  const route = currentRoute(d);
  switch (outcome.kind) {
    case 'accepted':
      return route.proof === 'acceptance' ? proven(d, d.attempt) : due(d, 'sent', now + route.receiptWithin);
    case 'unknown':
      return due(doubting(d), 'sent', Math.min(now + route.receiptWithin, Math.max(now, deadline)));
    case 'refused':
      return nextRoute(d, now, outcome.reason.code);
    case 'deferred':
      return tryAgain(d, outcome.reason.code, outcome.retryAt ?? null, now);
  }
}

/** The same route again while its patience and its time last, then the next one. */
function tryAgain(d: Delivery, code: ReasonCode, retryAt: number | null, now: number): Delivery {
  const route = currentRoute(d);
  const { tries } = d;
  const at = nextTry(route, { code, tries, retryAt, name: `${d.id} ${d.route} ${tries}` }, now);
  const { latest = Infinity } = route;
  return at === null || (at > latest && hasAnother(d)) ? nextRoute(d, now, code) : due(d, 'pending', at);
}

const hasAnother = (d: Delivery): boolean => d.route + 1 < d.routes.length;

/** No try is spent on a closed lane. It is waited for, unless the route's time would pass meanwhile, or somebody is in
 *  a hurry and another way stands open. The last way is tried all the same, when there is no time left to wait. */
function afterBlock(d: Delivery, by: Obstacle, until: number, now: number): Delivery {
  const { latest = Infinity } = currentRoute(d);
  const isDead = by === 'circuit' || by === 'throttled';
  const hurries = (isDead || by === 'paused') && isUrgent(d);
  if (hasAnother(d) && (hurries || until >= latest)) return nextRoute(d, now);
  // A far side that is believed dead may be tried when time is short; what a person paused may not.
  if (isDead && (hurries || now >= latest)) return d;
  return { ...due(d, 'pending', isDead ? Math.min(until, latest) : until), waitsFor: by };
}

/** All ways to that endpoint are left out. Without another one a person is asked, and a retry weighs everything anew. */
function afterBar(d: Delivery, by: Barred, now: number): Delivery {
  const { channel, address } = currentRoute(d);
  const differs = (route: Route): boolean => route.channel !== channel || route.address !== address;
  const rejected = [...d.rejected, { channel, address, reason: by }];
  const next = d.routes.slice(0, d.route).filter(differs).length;
  const routes = d.routes.filter(differs);
  if (next < routes.length)
    return due({ ...d, rejected, routes, route: next, tries: 0, waitsFor: null }, 'pending', now);
  return rest({ ...d, rejected, routes: [], route: 0, waitsFor: null }, 'held');
}

export const isUrgent = ({ urgency = 'routine' }: Pick<Delivery, 'urgency'>): boolean => urgency !== 'routine';

function afterReceipt(d: Delivery, receipt: Receipt, now: number): Delivery {
  switch (receipt.kind) {
    case 'delivered':
    case 'opened':
      return proven(d, receipt.attempt);
    case 'processed':
      return afterProcessed(d, receipt.attempt, now);
    case 'failed':
      return afterRefusal(d, receipt, now);
  }
}

/** The far gateway vouches for the attempt whose receipt we wait for: heard once, or a repeated notice would win more
 *  time. Of any other attempt it says no more than we feared already: it may have reached its reader. */
function afterProcessed(d: Delivery, attempt: AttemptId, now: number): Delivery {
  if (d.state !== 'sent' || attempt !== d.attempt || d.processed === attempt) return d;
  const known = { ...resolved(d, attempt), processed: attempt };
  const { proof, receiptWithin, opening = { within: receiptWithin } } = currentRoute(d);
  return proof === 'processed' ? proven(known, attempt) : due(known, 'sent', now + opening.within);
}

/** A late "no" settles its own attempt; it moves the delivery only if nothing newer is under way.
 *  A line that was busy may be free on the next try: what passes by itself is retried here, not rerouted. */
function afterRefusal(d: Delivery, { attempt, reason }: Receipt, now: number): Delivery {
  if (reason?.code === 'partial') return afterPart(d, attempt, now);
  const known = resolved(d, attempt);
  if (d.state !== 'sent' || attempt !== d.attempt) return known;
  if (reason === null) return nextRoute(known, now);
  // Calls that the far side made by itself are tries like ours.
  const counted = { ...known, tries: known.tries + (reason.calls ?? 1) - 1 };
  return passesByItself(reason.code, currentRoute(d))
    ? tryAgain(counted, reason.code, null, now)
    : nextRoute(counted, now, reason.code);
}

/** Some pages lie on the far desk: a doubt that stays, so that whatever follows is marked, and nothing whole follows
 *  by itself unless it is urgent. */
function afterPart(d: Delivery, attempt: AttemptId, now: number): Delivery {
  if (!isOpen(d)) return d;
  const marked = d.unresolved.includes(attempt) ? d : { ...d, unresolved: [...d.unresolved, attempt] };
  if (d.state !== 'sent' || attempt !== d.attempt) return marked;
  return currentRoute(d).onDoubt === 'fallback' ? nextRoute(marked, now, 'partial') : rest(marked, 'held');
}

/** An attempt in doubt is repeated where that is harmless; else it takes the next route, or waits for a person. */
function afterSilence(d: Delivery, repeatable: boolean, now: number): Delivery {
  const route = currentRoute(d);
  const doubt = inDoubt(d);
  if (doubt && repeatable && d.tries <= route.delays.length) return due(d, 'pending', now);
  const { onSilence } = (hasArrived(d) ? route.opening : undefined) ?? route;
  return (doubt ? route.onDoubt : onSilence) === 'fallback' ? nextRoute(doubting(d), now) : rest(doubting(d), 'held');
}

/** @param code why this one ended: what its endpoint is guilty of ends every way to it */
function nextRoute(d: Delivery, now: number, code?: ReasonCode): Delivery {
  const { channel, address } = currentRoute(d);
  const barred = code !== undefined && isOfTheEndpoint(code);
  const next = d.routes.findIndex(
    (each, index) => index > d.route && !(barred && each.channel === channel && each.address === address),
  );
  if (next >= 0) return due({ ...d, route: next, tries: 0, waitsFor: null }, 'pending', now);
  return rest(d, d.unresolved.length > 0 ? 'held' : 'failed');
}

/** What was under way when the backup was made may have gone any way since. Null: it was over, and stays so. */
function afterRestore(d: Delivery, now: number): Delivery | null {
  switch (d.state) {
    case 'pending':
      return rest(d, 'held');
    case 'sending':
      // The far side is asked at once.
      return due(doubting(d), 'sent', now);
    case 'sent':
    case 'held':
    case 'failed':
      return d;
    case 'delivered':
    case 'cancelled':
      return null;
  }
}

/** With a gap in what we know, nothing goes out again before a person has said so, and "every attempt was turned down"
 *  is more than anybody can prove. */
function mindful(before: Delivery, next: Delivery, event: DeliveryEvent): Delivery {
  if (!next.gap || next === before) return next;
  if (event.type === 'retried' || event.type === 'rerouted') return { ...next, gap: { ...next.gap, released: true } };
  const again = next.state === 'pending' && !next.gap.released;
  const overclaims = next.state === 'failed' && before.state !== 'failed';
  return again || overclaims ? rest(next, 'held') : next;
}

/** A copy of it may have arrived: say so wherever people read. */
export const isPossibleDuplicate = ({ unresolved, gap }: Delivery): boolean =>
  unresolved.length > 0 || gap !== undefined;

/** The far machine vouches for the latest attempt, though not for its reader. */
export const hasArrived = ({ attempt, processed }: Pick<Delivery, 'attempt' | 'processed'>): boolean =>
  attempt !== null && processed === attempt;

const due = (d: Delivery, state: 'pending' | 'sent', dueAt: number): Delivery => ({ ...d, state, dueAt });

/** The first proof stays; only a person's word gives way, once, to a machine's. */
const proven = (d: Delivery, attempt: AttemptId | null): Delivery =>
  d.state === 'delivered' && (d.provenBy !== null || attempt === null)
    ? d
    : { ...d, state: 'delivered', provenBy: attempt, dueAt: null };

const rest = (d: Delivery, state: 'failed' | 'held' | 'cancelled'): Delivery => ({ ...d, state, dueAt: null });

/** The latest attempt may have arrived, and nobody said so. */
const inDoubt = (d: Delivery): boolean => d.attempt !== null && d.unresolved.includes(d.attempt);

const doubting = (d: Delivery): Delivery =>
  d.attempt === null || inDoubt(d) ? d : { ...d, unresolved: [...d.unresolved, d.attempt] };

const resolved = (d: Delivery, attempt: AttemptId): Delivery =>
  d.unresolved.includes(attempt) ? { ...d, unresolved: d.unresolved.filter((id) => id !== attempt) } : d;

/** @throws RangeError when the delivery has no route at all: it was held for want of one. */
export function currentRoute(d: Delivery): Route {
  const route = d.routes[d.route];
  if (!route) throw new RangeError(`${d.id} has no route ${d.route}`);
  return route;
}

export type HeldBecause = 'in-doubt' | 'no-route' | 'a-person-said-so';

/** Why a held delivery waits for a person. */
export function heldBecause(d: Delivery): HeldBecause {
  if (isPossibleDuplicate(d)) return 'in-doubt';
  return d.routes.length === 0 ? 'no-route' : 'a-person-said-so';
}
