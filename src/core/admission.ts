import { affordsRetry, spent, unspent, type Budget } from './budget.ts';
import { begun, closedCircuit, heard, isFailure, passes, type Circuit } from './circuit.ts';
import type { Outcome } from './outcome.ts';
import { draw, fullBucket, type Bucket, type Rate } from './rate.ts';

/** All that decides whether another attempt may go down a lane. */
export interface Traffic {
  readonly circuit: Circuit;
  readonly routine: Budget;
  readonly urgent: Budget;
  /** Null: no attempt was counted yet. */
  readonly bucket: Bucket | null;
  /** What was taken since the last failure. */
  readonly streak: number;
}

export const noTraffic: Traffic = {
  circuit: closedCircuit,
  routine: unspent,
  urgent: unspent,
  bucket: null,
  streak: 0,
};

export interface Asked {
  readonly urgent: boolean;
  readonly retry: boolean;
  /** Attempts a minute that the lane takes; null: as they come. */
  readonly perMinute: number | null;
}

/** Why an attempt has to wait. */
export type Obstacle = 'circuit' | 'throttled' | 'rate' | 'budget' | 'paused';

export type Admission =
  | { readonly goes: true; readonly traffic: Traffic }
  | { readonly goes: false; readonly traffic: Traffic; readonly by: Obstacle; readonly until: number };

/** At one loss in two a streak of so many is luck once in 256 times. */
const wellAfter = 8;

/** A retry that is over the budget asks again after this. */
const budgetMs = 30_000;

/** May it go? Nothing is spent on an attempt that may not. */
export function admit(traffic: Traffic, { urgent, retry, perMinute }: Asked, now: number): Admission {
  const { circuit } = traffic;
  if (circuit.state !== 'closed' && !passes(circuit, urgent, now)) {
    const by = circuit.state === 'open' ? circuit.why : 'circuit';
    return { goes: false, traffic, by, until: Math.max(circuit.until, now + 1_000) };
  }
  const lot = urgent ? 'urgent' : 'routine';
  // A probe is one attempt, and a far side that took the last eight is well: both need no protection.
  const spares = retry && circuit.state === 'closed' && traffic.streak < wellAfter;
  if (spares && !affordsRetry(traffic[lot], now)) {
    return { goes: false, traffic, by: 'budget', until: now + budgetMs };
  }
  let { bucket } = traffic;
  if (perMinute !== null) {
    const rate = rateOf(perMinute);
    const drawn = draw(bucket ?? fullBucket(rate, now), rate, now, urgent ? 0 : Math.floor(rate.burst / 4));
    if (drawn.wait > 0) return { goes: false, traffic, by: 'rate', until: now + drawn.wait };
    bucket = drawn.bucket;
  }
  return {
    goes: true,
    traffic: { ...traffic, bucket, circuit: begun(circuit, now), [lot]: spent(traffic[lot], retry, now) },
  };
}

export const afterOutcome = (traffic: Traffic, outcome: Outcome, now: number): Traffic => ({
  ...traffic,
  circuit: heard(traffic.circuit, outcome, now),
  streak: outcome.kind === 'accepted' ? traffic.streak + 1 : isFailure(outcome) ? 0 : traffic.streak,
});

/** Fifteen seconds' worth at once, so that no minute sees more than five quarters of it. */
const rateOf = (perMinute: number): Rate => ({ perMinute, burst: Math.max(1, Math.ceil(perMinute / 4)) });
