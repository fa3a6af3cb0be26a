import { admit, afterOutcome, noTraffic, type Asked, type Obstacle, type Traffic } from '../core/admission.ts';
import { workFor, type Change } from '../core/change.ts';
import { advance, currentRoute, isUrgent, type Delivery } from '../core/delivery.ts';
import type { Closing, Lane } from '../core/lane.ts';
import type { Outcome } from '../core/outcome.ts';
import { pauseOf } from '../core/pause.ts';
import { Conflict } from '../errors.ts';
import type { DeliverDeps } from './deliver.ts';
import { movement } from './progress.ts';

/** What this process has seen of every lane. A restart, or another process, begins without it and learns the same by at
 *  most five attempts; that a lane is closed stands in the store, where every process and every claim sees it. */
export type Gate = Map<Lane, Traffic>;

export const newGate = (): Gate => new Map();

const maxLanes = 10_000;

/** True: the attempt may be made now. False: it waits, or moved on to the next route, and that is written down. */
export async function passGate(deps: DeliverDeps, planned: Delivery): Promise<boolean> {
  const { gate, store, now, channels } = deps;
  const { channel, lane = channel } = currentRoute(planned);
  const pause = pauseOf(await store.pauses(), lane, now());
  if (pause) return blocked(deps, planned, lane, { by: 'paused', until: pause.until }, now());
  const asked: Asked = {
    urgent: isUrgent(planned),
    retry: await isRetry(deps, planned),
    perMinute: channels.get(channel)?.capabilities.perLane?.perMinute ?? null,
  };
  const at = now();
  const before = gate.get(lane) ?? noTraffic;
  const admission = admit(before, asked, at);
  remember(gate, lane, admission.traffic);
  if (!admission.goes) return blocked(deps, planned, lane, admission, at);
  const { circuit } = admission.traffic;
  // A probe sets out: nobody follows until it is back, or believed lost.
  if (circuit.state === 'half-open') await store.commit({ lane: closing(lane, 'circuit', circuit), events: [] });
  return true;
}

/** Written in the same turn in which it was decided: a lane that opens meanwhile must not be closed again by this. */
async function blocked(
  { store, log }: DeliverDeps,
  planned: Delivery,
  lane: Lane,
  { by, until }: { readonly by: Obstacle; readonly until: number },
  at: number,
): Promise<boolean> {
  const next = advance(planned, { type: 'blocked', by, until }, at);
  if (next === planned) return true;
  const moved = next.route !== planned.route;
  const { latest = Infinity } = currentRoute(planned);
  // Back into the lane's line, which opens before the clock says so when a probe succeeds; or to the clock.
  const queues = !moved && by !== 'budget' && !isUrgent(planned) && latest > at;
  const told = { message: planned.message, subject: planned.id, who: 'gateway', at };
  const news = moved || planned.waitsFor !== by;
  try {
    await store.commit({
      deliveries: [next],
      work: queues ? workFor(next).map((each) => ({ ...each, dueAt: at })) : workFor(next),
      ...(queues ? { lane: { lane, why: by, since: at, until } } : {}),
      events: [
        ...(news ? [{ ...told, what: 'delivery.blocked', facts: { lane, by } }] : []),
        ...movement(planned, next, at),
      ],
    });
  } catch (cause) {
    if (!(cause instanceof Conflict)) throw cause;
  }
  log.info('delivery.blocked', { delivery: planned.id, channel: currentRoute(planned).channel, reason: by });
  return false;
}

/** What became of an attempt, for those who come after it. */
export async function hear(
  { gate, store, log, now }: Pick<DeliverDeps, 'gate' | 'store' | 'log' | 'now'>,
  lane: Lane,
  outcome: Outcome,
): Promise<void> {
  const at = now();
  const before = gate.get(lane) ?? noTraffic;
  const after = afterOutcome(before, outcome, at);
  remember(gate, lane, after);
  const change = changeOf(lane, before, after, at);
  if (!change) return;
  for (const { what } of change.events) log.warn(what, { lane });
  await store.commit(change);
}

function changeOf(lane: Lane, before: Traffic, after: Traffic, at: number): Change | null {
  const told = { message: null, subject: lane, who: 'gateway', at };
  const [was, is] = [before.circuit, after.circuit];
  if (is.state === 'open' && is !== was) {
    const closed = { ...told, what: 'lane.closed', facts: { lane, by: is.why, until: is.until } };
    return { lane: closing(lane, is.why, is), events: was.state === 'closed' ? [closed] : [] };
  }
  const reopened = { lane, until: null };
  if (is.state === 'closed' && was.state !== 'closed') {
    return { lane: reopened, events: [{ ...told, what: 'lane.opened', facts: { lane } }] };
  }
  // The first yes, or the first after trouble: what an earlier process, or a rate, left standing goes.
  return before.streak === 0 && after.streak === 1 ? { lane: reopened, events: [] } : null;
}

const closing = (
  lane: Lane,
  why: Closing['why'],
  { since, until }: { readonly since: number; readonly until: number },
): Closing => ({ lane, why, since, until });

/** The far side saw nothing of an attempt that was cut off before the hand-over: to make it is no retry. */
async function isRetry({ store }: DeliverDeps, { tries, attempt }: Delivery): Promise<boolean> {
  if (tries === 0 || attempt === null) return false;
  const outcome = (await store.attempt(attempt))?.outcome;
  return !(outcome?.kind === 'deferred' && outcome.reason.code === 'interrupted');
}

/** Lanes that were quiet longest are forgotten first. */
function remember(gate: Gate, lane: Lane, traffic: Traffic): void {
  gate.delete(lane);
  gate.set(lane, traffic);
  const oldest = gate.keys().next();
  if (gate.size > maxLanes && !oldest.done) gate.delete(oldest.value);
}
