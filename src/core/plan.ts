import type { Capabilities } from './channel.ts';
import type { Route } from './delivery.ts';
import type { Barred } from './standing.ts';
import type { Endpoint, Recipient, Urgency } from './message.ts';

/** An endpoint that was weighed and left out, and why: shown beside the chosen ones. */
export interface Rejected extends Endpoint {
  readonly reason: RejectedBecause;
  /** In the words of whoever said so. Sealed at rest. */
  readonly detail?: string;
}

export type RejectedBecause =
  | 'channel is off'
  | 'not an address of this channel'
  | 'file type not carried'
  | 'too large'
  | 'channel is unhealthy'
  | 'not in the policy'
  | 'named twice'
  | 'paused by a person'
  | Barred;

/** One channel as the planner sees it: what it can do, how it fares, how patient we are with it. */
export interface Candidate {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly healthy: boolean;
  readonly patience: Patience;
  /** See `Channel.ways`. */
  readonly ways?: readonly string[];
  /** See `Channel.carried`: by whom, and the number that rings there. */
  readonly carried?: (endpoint: Endpoint) => { readonly by: Candidate | undefined; readonly number: string } | null;
}

export interface Patience {
  /** Milliseconds before try 2, 3, …. */
  readonly delays: readonly number[];
  /** Milliseconds to wait for proof. */
  readonly receiptWithin: number;
  readonly onSilence: Route['onSilence'];
  readonly waits?: Route['waits'] | null;
  readonly hours?: Route['hours'] | null;
}

/** A practice's order of channels, for each urgency. The first is tried first. */
export interface Policy {
  readonly version: string;
  readonly order: Readonly<Record<Urgency, readonly string[]>>;
}

export interface Load {
  readonly urgency: Urgency;
  readonly mediaTypes: readonly string[];
  readonly bytes: number;
  /** Milliseconds from now to the moment when proof is due. */
  readonly timeToDeadline: number;
}

export interface Plan {
  /** Best first; empty when nothing fits. */
  readonly routes: readonly Route[];
  readonly rejected: readonly Rejected[];
}

/** What speaks against single endpoints and routes. */
export interface Vetoes {
  readonly barred?: (endpoint: Endpoint) => Barred | null;
  /** In words, why a person has paused this way; null: nobody has. */
  readonly paused?: (route: Route) => string | null;
}

/** Rank a recipient's endpoints: policy order first, then the recipient's own order, then cost.
 *  An unhealthy channel is kept, last, if nothing else is left: a doubtful route beats none. So is a paused way: it
 *  resumes by itself. */
export function plan(
  recipient: Recipient,
  load: Load,
  candidates: readonly Candidate[],
  policy: Policy,
  { barred = () => null, paused = () => null }: Vetoes = {},
): Plan {
  const order = policy.order[load.urgency];
  const weighed = recipient.endpoints.map((endpoint, index) => {
    const candidate = candidates.find((each) => each.name === endpoint.channel);
    const repeated = recipient.endpoints.findIndex((other) => same(other, endpoint)) < index;
    const reason = repeated ? 'named twice' : (objection(endpoint, candidate, load, order) ?? barred(endpoint));
    return { endpoint, candidate, index, reason };
  });
  const fit = weighed.flatMap(({ endpoint, candidate, index, reason }) =>
    reason === null && candidate ? [{ endpoint, candidate, index }] : [],
  );
  fit.sort(
    (a, b) =>
      order.indexOf(a.endpoint.channel) - order.indexOf(b.endpoint.channel) ||
      a.index - b.index ||
      a.candidate.capabilities.cost - b.candidate.capabilities.cost,
  );
  const healthy = fit.filter(
    ({ endpoint, candidate }) => candidate.healthy && candidate.carried?.(endpoint)?.by?.healthy !== false,
  );
  const chosen = healthy.length > 0 ? healthy : fit;
  const passedOver = fit
    .filter((each) => !chosen.includes(each))
    .map(({ endpoint }) => rejected(endpoint, 'channel is unhealthy'));
  const routes = chosen.flatMap(({ endpoint, candidate }) => routesTo(endpoint, candidate, load, chosen.length));
  const open = routes.filter((each) => paused(each) === null);
  const halted = open.length > 0 ? routes.filter((each) => !open.includes(each)) : [];
  return {
    routes: open.length > 0 ? open : routes,
    rejected: [
      ...halted.map((each) => ({ ...rejected(each, 'paused by a person'), detail: paused(each) ?? '' })),
      ...weighed.flatMap(({ endpoint, reason }) => (reason ? [rejected(endpoint, reason)] : [])),
      ...passedOver,
    ],
  };
}

function objection(
  endpoint: Endpoint,
  candidate: Candidate | undefined,
  load: Load,
  order: readonly string[],
): RejectedBecause | null {
  if (!candidate) return 'channel is off';
  const carried = candidate.carried?.(endpoint) ?? null;
  if (carried && !carried.by) return 'channel is off';
  if (!order.includes(endpoint.channel)) return 'not in the policy';
  const { address, mediaTypes, maxBytes } = candidate.capabilities;
  if (!address.test(endpoint.address)) return 'not an address of this channel';
  if (!load.mediaTypes.every((type) => mediaTypes.includes(type))) return 'file type not carried';
  if (load.bytes > maxBytes) return 'too large';
  return null;
}

/** The same endpoint by each of its ways: another company carries what the first cannot. */
function routesTo(endpoint: Endpoint, candidate: Candidate, load: Load, endpoints: number): Route[] {
  const carried = candidate.carried?.(endpoint) ?? null;
  const { ways = [] } = carried?.by ?? candidate;
  const made = (routes: number): Route =>
    carried?.by
      ? linkRoute(endpoint, candidate, { by: carried.by, number: carried.number }, load, routes)
      : route(endpoint, candidate, load, routes);
  if (ways.length === 0) return [made(endpoints)];
  return ways.map((via) => ({ ...made(endpoints + ways.length - 1), via }));
}

/** The call is as patient as any of its carrier's; what it brings is opened in the time of those who sent it. */
function linkRoute(
  endpoint: Endpoint,
  { capabilities, patience }: Candidate,
  { by, number }: { readonly by: Candidate; readonly number: string },
  load: Load,
  routes: number,
): Route {
  const within = Math.max(1, Math.min(patience.receiptWithin, load.timeToDeadline / routes));
  return {
    ...route(endpoint, by, load, routes),
    proof: capabilities.proof,
    number,
    opening: { within, onSilence: patience.onSilence },
  };
}

/** Each route may use its share of the time, so that the last one still starts before the deadline. */
function route(
  endpoint: Endpoint,
  { capabilities, patience }: Candidate,
  { urgency, timeToDeadline }: Load,
  routes: number,
): Route {
  const share = timeToDeadline / routes;
  const receiptWithin = Math.max(1, Math.min(patience.receiptWithin, share));
  const { onSilence, waits, hours } = patience;
  const onDoubt = urgency === 'routine' ? 'hold' : onSilence;
  return {
    ...endpoint,
    proof: capabilities.proof,
    delays: affordable(patience.delays, share),
    ...(capabilities.dials ? { rings: true as const } : {}),
    receiptWithin,
    onSilence,
    onDoubt,
    ...(waits ? { waits: mapped(waits, (list) => affordable(list, share)) } : {}),
    ...(hours ? { hours } : {}),
  };
}

function affordable(delays: readonly number[], share: number): number[] {
  let spent = 0;
  const over = delays.findIndex((delay) => (spent += delay) > share);
  return delays.slice(0, over < 0 ? delays.length : over);
}

const mapped = (
  waits: NonNullable<Route['waits']>,
  change: (list: readonly number[]) => number[],
): NonNullable<Route['waits']> => Object.fromEntries(Object.entries(waits).map(([code, list]) => [code, change(list)]));

const same = (a: Endpoint, b: Endpoint): boolean =>
  a.channel === b.channel && a.address.toLowerCase() === b.address.toLowerCase();

const rejected = ({ channel, address }: Endpoint, reason: RejectedBecause): Rejected => ({ channel, address, reason });
