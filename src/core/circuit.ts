import type { Outcome, ReasonCode } from './outcome.ts';

/** What we believe of a far side, from what attempts there came to. Numbers as Envoy's outlier detection has them:
 *  5 failures in a row, 30 s of ejection. */
export type Circuit =
  | { readonly state: 'closed'; readonly failures: number; readonly since: number }
  | {
      readonly state: 'open';
      /** `throttled`: it named the time itself. */
      readonly why: 'circuit' | 'throttled';
      readonly since: number;
      /** When a probe may go, epoch ms. */
      readonly until: number;
    }
  /** One probe is on its way; at `until` it is believed lost. */
  | { readonly state: 'half-open'; readonly since: number; readonly until: number };

export const closedCircuit: Circuit = { state: 'closed', failures: 0, since: 0 };

const failuresToOpen = 5;
const failingMs = 30_000;
const firstProbeMs = 30_000;
/** Not more, however long it lasts: two minutes after it came back all traffic flows again. */
const laterProbeMs = 60_000;
const probeMs = 120_000;
/** A lane that only urgent items use would never be probed: after this wait they may. */
const unprobedMs = 90_000;
const mostThrottledMs = 15 * 60_000;

/** May an attempt go? While it is open only a routine item may probe: an urgent one has no time for experiments. */
export function passes(circuit: Circuit, urgent: boolean, now: number): boolean {
  if (circuit.state === 'closed') return true;
  return now >= circuit.until + (urgent && circuit.state === 'open' ? unprobedMs : 0);
}

/** An attempt that passed sets out. */
export const begun = (circuit: Circuit, now: number): Circuit =>
  circuit.state === 'closed' ? circuit : { state: 'half-open', since: circuit.since, until: now + probeMs };

/** An attempt came to this. A yes closes the circuit, whoever got it; what says nothing of the far side as a whole,
 *  such as the refusal of one address, only gives the probe's place free. */
export function heard(circuit: Circuit, outcome: Outcome, now: number): Circuit {
  if (outcome.kind === 'accepted') return closedCircuit;
  if (isFailure(outcome)) return failed(circuit, outcome.kind === 'deferred' ? outcome.retryAt : undefined, now);
  return circuit.state === 'half-open' ? open(circuit, now) : circuit;
}

function failed(circuit: Circuit, retryAt: number | undefined, now: number): Circuit {
  if (retryAt !== undefined && retryAt > now) {
    const until = Math.min(retryAt, now + mostThrottledMs);
    if (circuit.state === 'open' && circuit.until >= until) return circuit;
    const since = circuit.state === 'closed' ? now : circuit.since;
    return { state: 'open', why: 'throttled', since, until };
  }
  switch (circuit.state) {
    case 'closed': {
      const failures = circuit.failures + 1;
      const since = circuit.failures === 0 ? now : circuit.since;
      const opens = failures >= failuresToOpen || (failures > 1 && now - since >= failingMs);
      return opens ? open({ since }, now + firstProbeMs) : { state: 'closed', failures, since };
    }
    case 'half-open':
      return open(circuit, now + laterProbeMs);
    // It set out before the circuit opened, and tells nothing new.
    case 'open':
      return circuit;
  }
}

const open = ({ since }: { readonly since: number }, until: number): Circuit => ({
  state: 'open',
  why: 'circuit',
  since,
  until,
});

/** Reasons that speak of the far side, or of our access to it, and not of one address there. */
const farSide: readonly ReasonCode[] = ['unreachable', 'timeout', 'throttled', 'silence', 'unauthorized', 'untrusted'];

export function isFailure(outcome: Outcome): boolean {
  if (outcome.kind !== 'deferred' && outcome.kind !== 'unknown') return false;
  // Cut off before anything left, it was us; after that, the line broke under a talk that had begun.
  if (outcome.reason.code === 'interrupted') return outcome.kind === 'unknown';
  return farSide.includes(outcome.reason.code);
}
