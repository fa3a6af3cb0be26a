import { workFor, type Attempt, type Event } from '../core/change.ts';
import type { Channel, Log, Parcel, Practice } from '../core/channel.ts';
import { advance, currentRoute, isPossibleDuplicate, type Delivery } from '../core/delivery.ts';
import { familyOf } from '../core/family.ts';
import type { AttemptId, DeliveryId, Endpoint } from '../core/message.ts';
import { accepted, deferred, refused, unknown, type Outcome } from '../core/outcome.ts';
import { Conflict, Unavailable } from '../errors.ts';
import { newId } from '../ids.ts';
import { untilRoom } from '../room.ts';
import type { Store } from '../store/store.ts';
import { hear, passGate, type Gate } from './gate.ts';
import { waitsForPerson } from './held.ts';
import { movement, progress } from './progress.ts';
import { lesson, mayDial, waitForNumber } from './standing.ts';

export interface DeliverDeps {
  readonly store: Store;
  readonly log: Log;
  readonly now: () => number;
  readonly practices: readonly Practice[];
  readonly channels: ReadonlyMap<string, Channel>;
  readonly gate: Gate;
  /** An attempt may take so long; after twice that it counts as interrupted. */
  readonly attemptMs: number;
}

/** Make one attempt on the current route, and write down what it taught us. */
export function deliver(deps: DeliverDeps) {
  return async (id: DeliveryId, signal: AbortSignal): Promise<void> => {
    const { store, now, attemptMs } = deps;
    const planned = await store.delivery(id);
    if (planned.state === 'sending') return abandon(deps, planned);
    if (planned.state !== 'pending' || planned.routes.length === 0) return;
    if (currentRoute(planned).channel !== 'intake' && (await waitsForPerson(deps, workFor(planned)))) return;
    if (!(await mayDial(deps, planned)) || !(await passGate(deps, planned))) return;
    const { channel, lane = channel } = currentRoute(planned);
    const attempt = await open(deps, planned);
    if (!attempt) {
      await hear(deps, lane, deferred('interrupted', 'not made'));
      return waitForNumber(deps.store, planned);
    }

    const parcel = await parcelOf(deps, attempt, isPossibleDuplicate(planned));
    const limits = AbortSignal.any([signal, AbortSignal.timeout(attemptMs)]);
    const judge = await send(deps, parcel, limits);
    // What the far side said is known here and nowhere else.
    const outcome = await untilRoom(() => close(deps, attempt, judge), signal);
    await hear(deps, lane, outcome ?? deferred('interrupted', 'somebody else closed the attempt'));
    if (!outcome) {
      deps.log.warn('attempt.superseded', { delivery: id, attempt: attempt.id, channel: attempt.channel });
      return;
    }
    deps.log.info('attempt.closed', {
      delivery: id,
      attempt: attempt.id,
      channel: attempt.channel,
      outcome: outcome.kind,
      ...('reason' in outcome ? { reason: outcome.reason.code } : {}),
      tries: planned.tries + 1,
      ms: now() - attempt.openedAt,
    });
  };
}

/** This work was given out before and not finished: its holder's lease ran out. Settling finds out how far it came. */
async function abandon({ store, now }: DeliverDeps, before: Delivery): Promise<void> {
  const at = now();
  const after = advance(before, { type: 'abandoned' }, at);
  const facts = before.attempt === null ? {} : { attempt: before.attempt };
  const told = { message: before.message, subject: before.id, what: 'attempt.abandoned', who: 'gateway', at, facts };
  try {
    await store.commit({ deliveries: [after], work: workFor(after), events: [told] });
  } catch (cause) {
    // It moved after all, and has its own next step.
    if (!(cause instanceof Conflict)) throw cause;
  }
}

/** Null: somebody else moved the delivery or rings its number, and nothing was touched. */
async function open({ store, now, attemptMs }: DeliverDeps, planned: Delivery): Promise<Attempt | null> {
  const { channel, address, via } = currentRoute(planned);
  const openedAt = now();
  const id = newId('att', openedAt);
  const attempt: Attempt = {
    id,
    delivery: planned.id,
    channel,
    address,
    ...(via === undefined ? {} : { via }),
    family: (await earlierName(store, planned, { channel, address, via })) ?? id,
    openedAt,
    phase: 'started',
    closedAt: null,
    outcome: null,
  };
  const opened = advance(planned, { type: 'opened', attempt: id, until: openedAt + 2 * attemptMs }, openedAt);
  try {
    await store.commit({
      deliveries: [opened],
      attempt,
      work: workFor(opened),
      events: [
        {
          message: planned.message,
          subject: planned.id,
          what: 'attempt.opened',
          who: 'gateway',
          at: openedAt,
          facts: { attempt: id, channel, try: opened.tries },
        },
      ],
    });
    return attempt;
  } catch (cause) {
    if (cause instanceof Conflict) return null;
    throw cause;
  }
}

async function earlierName(
  store: Store,
  { id, attempt }: Delivery,
  endpoint: Endpoint & { readonly via: string | undefined },
): Promise<AttemptId | null> {
  if (attempt === null) return null;
  return familyOf(await store.attemptsOf(id), await store.receiptsOf(id), endpoint);
}

/** What became of an attempt, as far as its record tells. */
export type Judgement = (onFile: Attempt) => Outcome | Promise<Outcome>;

async function send({ channels, log }: DeliverDeps, parcel: Parcel, signal: AbortSignal): Promise<Judgement> {
  const channel = channels.get(parcel.endpoint.channel);
  if (!channel) return () => refused('unsupported', 'channel is switched off');
  let unrecorded: unknown = null;
  const said: { yes: Outcome | null } = { yes: null };
  const handingOver = () =>
    parcel.handingOver().catch((cause: unknown) => {
      unrecorded = cause;
      throw cause;
    });
  const taken = (reference: string) => {
    said.yes = accepted(reference);
    return parcel.taken(reference);
  };
  try {
    const outcome = await channel.send({ ...parcel, handingOver, taken }, signal);
    return () => outcome;
  } catch (bug) {
    if (bug === unrecorded) return () => deferred('interrupted', 'the hand-over could not be recorded');
    log.error('attempt.crashed', { attempt: parcel.attempt, channel: channel.name }, bug);
    const { yes } = said;
    if (yes) return () => yes;
    const detail = bug instanceof Error ? bug.name : 'adapter threw';
    return ({ phase }) => (phase === 'started' ? deferred('interrupted', detail) : unknown('interrupted', detail));
  }
}

/** Close an attempt, unless somebody else has: then it is theirs to say what became of it, and the answer is null.
 *  A receipt may have moved the delivery in the meantime, the attempt itself have gone on, or the answer to the commit
 *  have been lost: load again, judge again, commit again. */
export async function close(
  { store, now, channels }: Pick<DeliverDeps, 'store' | 'now' | 'channels'>,
  attempt: Attempt,
  judge: Judgement,
): Promise<Outcome | null> {
  for (let again = 0; ; again++) {
    const onFile = (await store.attempt(attempt.id)) ?? attempt;
    if (onFile.closedAt !== null) return null;
    const outcome = await judge(onFile);
    const at = now();
    const before = await store.delivery(attempt.delivery);
    const { deadline } = outcome.kind === 'unknown' ? await store.message(before.message) : { deadline: at };
    const noted = advance(before, { type: 'outcome', attempt: attempt.id, outcome, deadline }, at);
    // A receipt that overtook this very commit is on file already: hear it now, not when the wait is over.
    const receipts = await store.receiptsOf(before.id);
    const after = receipts.reduce((d, receipt) => advance(d, { type: 'receipt', receipt }, at), noted);
    const facts = {
      attempt: attempt.id,
      channel: attempt.channel,
      ...('reason' in outcome ? { reason: outcome.reason.code, detail: outcome.reason.detail } : {}),
      ...(outcome.kind === 'accepted' && outcome.reference !== undefined ? { reference: outcome.reference } : {}),
    };
    const told = {
      message: before.message,
      subject: before.id,
      what: `attempt.${outcome.kind}`,
      who: 'gateway',
      at,
      facts,
    };
    try {
      await store.commit({
        ...(after === before ? {} : await progress(store, before, after, at)),
        attempt: { ...onFile, closedAt: at, outcome },
        ...(outcome.kind === 'refused'
          ? await lesson({ store, now, channels }, before.practice, attempt, { kind: 'failed', reason: outcome.reason })
          : {}),
        events: [told, ...waiting(before, after, attempt, at), ...movement(before, after, at)],
      });
      // One that came between asked to be settled, and our own timer took the place of its request.
      if ((await store.receiptsOf(before.id)).length > receipts.length)
        await store.commit({ work: [{ stage: 'settle', subject: before.id, dueAt: at }], events: [] });
      return outcome;
    } catch (cause) {
      if (!(cause instanceof Conflict || cause instanceof Unavailable) || again === 3) throw cause;
    }
  }
}

/** A doubt begins with waiting for the evidence that would come anyway. */
function waiting(before: Delivery, after: Delivery, { id, channel }: Attempt, at: number): Event[] {
  if (after.state !== 'sent' || after.unresolved.length <= before.unresolved.length) return [];
  const facts = { attempt: id, channel, until: after.dueAt ?? at };
  return [{ message: after.message, subject: after.id, what: 'doubt.waiting', who: 'gateway', at, facts }];
}

/** An attempt as its channel carries it. `possibleDuplicate`: an earlier try may have arrived. */
export async function parcelOf(
  { store, practices }: Pick<DeliverDeps, 'store' | 'practices'>,
  attempt: Attempt,
  possibleDuplicate: boolean,
): Promise<Parcel> {
  const delivery = await store.delivery(attempt.delivery);
  const message = await store.message(delivery.message);
  const after = (await store.receiptsOf(delivery.id)).findLast(({ kind }) => kind === 'failed')?.reason?.code;
  const practice = practices.find(({ id }) => id === message.practice);
  if (!practice) throw new Error(`practice of ${message.id} is no longer configured`);
  const request = message.referral === null ? undefined : (await store.referral(message.referral)).request;
  return {
    attempt: attempt.id,
    family: attempt.family,
    endpoint: { channel: attempt.channel, address: attempt.address },
    ...(attempt.via === undefined ? {} : { via: attempt.via }),
    message,
    recipient: delivery.recipient,
    practice,
    ...(request === undefined ? {} : { request }),
    ...(after === undefined ? {} : { after }),
    possibleDuplicate,
    open: (document) => store.document(document),
    handingOver: () => store.commit({ attempt: { ...attempt, phase: 'handed' }, events: [] }),
    taken: (reference) =>
      store.commit({ attempt: { ...attempt, phase: 'handed', outcome: accepted(reference) }, events: [] }),
  };
}

/** The parcel of an earlier attempt again, for a far side that fetches later or a question that was never answered. */
export function reopen(deps: Pick<DeliverDeps, 'store' | 'practices'>) {
  return async (id: AttemptId): Promise<Parcel | null> => {
    const attempt = await deps.store.attempt(id);
    if (!attempt) return null;
    const { unresolved, gap } = await deps.store.delivery(attempt.delivery);
    return parcelOf(deps, attempt, gap !== undefined || unresolved.some((other) => other !== id));
  };
}
