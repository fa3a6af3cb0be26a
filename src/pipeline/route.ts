import { carried } from '../core/carried.ts';
import type { Channel, Log, Practice } from '../core/channel.ts';
import { advance, type Delivery, type Route } from '../core/delivery.ts';
import { laneOf } from '../core/lane.ts';
import type { Endpoint, Message, MessageId, PracticeId } from '../core/message.ts';
import { isOwn } from '../core/own.ts';
import { plan, type Candidate, type Patience, type Plan, type Policy } from '../core/plan.ts';
import type { Barred } from '../core/standing.ts';
import type { Store } from '../store/store.ts';
import { pausing } from './pause.ts';
import { progress } from './progress.ts';
import { barOf } from './standing.ts';

export interface RouteDeps {
  readonly store: Store;
  readonly log: Log;
  readonly now: () => number;
  readonly practices: readonly Practice[];
  readonly channels: ReadonlyMap<string, Channel>;
  readonly healthy: (channel: string) => boolean;
  readonly patience: (channel: string) => Patience;
  readonly policy: (practice: PracticeId) => Policy;
}

/** Decide how each recipient of a message is reached, and write down what was weighed. */
export function route(deps: RouteDeps) {
  return async (id: MessageId): Promise<void> => {
    const { store, now } = deps;
    const message = await store.message(id);
    for (const delivery of await store.deliveriesOf(id)) {
      if (delivery.state !== 'pending' || delivery.routes.length > 0) continue;
      const at = now();
      const { routes, rejected } = isOurs(deps.practices, message, delivery)
        ? homePlan(deps.channels, message, delivery)
        : await planned(deps, message, delivery, at);
      const ready: Delivery = {
        ...delivery,
        urgency: message.urgency,
        routes: laned(deps, message, routes, at),
        rejected,
        dueAt: at,
      };
      const next = routes.length > 0 ? ready : advance(ready, { type: 'held' }, at);
      await store.commit({
        ...(await progress(store, delivery, next, at)),
        events: [
          {
            message: id,
            subject: delivery.id,
            what: routes.length > 0 ? 'delivery.planned' : 'delivery.held',
            who: 'gateway',
            at,
            facts: {
              routes: routes.map(({ channel }) => channel).join(' › '),
              rejected: rejected.map(({ channel, reason }) => `${channel}: ${reason}`).join('; '),
              policy: deps.policy(message.practice).version,
            },
          },
        ],
      });
      deps.log.info('delivery.planned', { delivery: delivery.id, count: routes.length });
    }
  };
}

/** A message for one of the practice's own addresses does not leave the house. */
export function isOurs(practices: readonly Practice[], message: Message, delivery: Delivery): boolean {
  const own = practices.find(({ id }) => id === message.practice);
  return own !== undefined && delivery.recipient.endpoints.some((endpoint) => isOwn(own, endpoint));
}

/** Whose fate each route shares, and when its equal share of the time to the deadline is over. */
function laned({ channels }: RouteDeps, message: Message, routes: readonly Route[], at: number): Route[] {
  const share = Math.max(0, message.deadline - at) / routes.length;
  return routes.map((each, index) => {
    const { channel, endpoint } = carried(channels, each);
    const lane = channel ? laneOf(channel, { ...each, ...endpoint }, message.practice) : each.channel;
    return { ...each, lane, latest: Math.round(at + share * (index + 1)) };
  });
}

/** Where the practice reads its mail, for as long as that can be reached; then, or else, our own queue. */
function homePlan(channels: RouteDeps['channels'], { practice }: Message, { recipient }: Delivery): Plan {
  const homes = recipient.endpoints.flatMap((own) =>
    [...channels.values()].flatMap((channel) => channel.home?.(practice, own) ?? []),
  );
  const last = { proof: 'acceptance', receiptWithin: 60_000 } as const;
  return {
    routes: [
      // In doubt, a copy in our queue harms nobody.
      ...homes.slice(0, 1).map((home) => ({ ...home, ...last, delays: homeDelays, ...onwards })),
      { channel: 'intake', address: practice, ...last, delays: [1_000, 10_000, 60_000], ...stop },
    ],
    rejected: [],
  };
}

const homeDelays = [60_000, 300_000, 1_200_000];
const onwards = { onSilence: 'fallback', onDoubt: 'fallback' } as const;
const stop = { onSilence: 'hold', onDoubt: 'hold' } as const;

async function planned(deps: RouteDeps, message: Message, delivery: Delivery, at: number): Promise<Plan> {
  const candidates: Candidate[] = [...deps.channels.values()].map((channel) => ({
    name: channel.name,
    capabilities: channel.capabilities,
    healthy: deps.healthy(channel.name),
    patience: deps.patience(channel.name),
    ways: channel.ways?.(message.practice) ?? [],
    carried: (endpoint) => {
      const there = channel.carried?.(endpoint) ?? null;
      return there && { by: candidates.find(({ name }) => name === there.channel), number: there.address };
    },
  }));
  const load = {
    urgency: message.urgency,
    mediaTypes: message.documents.map(({ mediaType }) => mediaType),
    bytes: message.documents.reduce((sum, { bytes }) => sum + bytes, 0),
    timeToDeadline: Math.max(0, message.deadline - at),
  };
  const { endpoints } = delivery.recipient;
  // A number that nobody confirmed yet keeps its place: a person is asked when its turn comes, not before.
  const bars = await Promise.all(endpoints.map((each) => barOf(deps, message.practice, each, 'not yet')));
  const barred = (endpoint: Endpoint): Barred | null => bars[endpoints.indexOf(endpoint)] ?? null;
  const pauseAt = await pausing(deps, message.practice);
  const paused = (each: Route): string | null => {
    const pause = pauseAt(each);
    return pause && `${pause.place}, until ${new Date(pause.until).toISOString()}: ${pause.reason}`;
  };
  return plan(delivery.recipient, load, candidates, deps.policy(message.practice), { barred, paused });
}
