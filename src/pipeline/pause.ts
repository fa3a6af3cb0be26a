import { carried } from '../core/carried.ts';
import { channelOf, laneOf, type Lane } from '../core/lane.ts';
import type { Channel } from '../core/channel.ts';
import type { Route } from '../core/delivery.ts';
import type { PracticeId } from '../core/message.ts';
import { longestPauseMs, pauseOf, type Pause } from '../core/pause.ts';
import { Conflict, Invalid, NotFound } from '../errors.ts';
import type { Store } from '../store/store.ts';

interface Deps {
  readonly store: Store;
  readonly now: () => number;
  readonly channels: ReadonlyMap<string, Channel>;
}

interface PauseWord {
  readonly who: string;
  readonly place: Lane;
  readonly reason: string;
  /** Epoch ms; null: let it send again now. */
  readonly until: number | null;
}

/** Pause a channel or a lane of it, pause it anew, or let it send again.
 *  @throws NotFound without such a channel; Invalid when the time will not do, or it cannot be paused; Conflict when it
 *    was to be resumed and is not paused. */
export function pauseChannel({ store, now, channels }: Deps) {
  return async ({ who, place, reason, until }: PauseWord): Promise<void> => {
    const at = now();
    if (!channels.has(channelOf(place))) throw new NotFound('no such channel');
    if (channelOf(place) === 'intake')
      throw new Invalid('Our own queue cannot be paused: what arrives must lie somewhere.', { place: 'is our own' });
    if (until !== null && (until <= at || until > at + longestPauseMs))
      throw new Invalid('A pause ends in the future, within 30 days.', { until: 'must lie within the next 30 days' });
    const told = { message: null, subject: place, who, at, note: reason };
    if (until === null) {
      try {
        await store.commit({
          pause: { place, at, pause: null },
          events: [{ ...told, what: 'channel.resumed', facts: {} }],
        });
      } catch (cause) {
        if (!(cause instanceof Conflict)) throw cause;
        throw new Conflict('it is not paused', { cause });
      }
      return;
    }
    await store.commit({
      pause: { place, at, pause: { place, by: who, reason, since: at, until } },
      events: [{ ...told, what: 'channel.paused', facts: { until } }],
    });
  };
}

/** What a person's pauses say of a route, as they stand now. */
export async function pausing(
  { store, channels, now }: Deps,
  practice: PracticeId,
): Promise<(route: Pick<Route, 'channel' | 'address' | 'via'>) => Pause | null> {
  const pauses = await store.pauses();
  return (route) => {
    const { channel, endpoint } = carried(channels, route);
    const lane = channel ? laneOf(channel, { ...asWay(route), ...endpoint }, practice) : route.channel;
    // A link on somebody's fax stops with either channel.
    return pauseOf(pauses, lane, now()) ?? pauseOf(pauses, route.channel, now());
  };
}

const asWay = ({ channel, address, via }: Pick<Route, 'channel' | 'address' | 'via'>) => ({
  channel,
  address,
  ...(via === undefined ? {} : { via }),
});
