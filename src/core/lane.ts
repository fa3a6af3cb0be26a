import type { Channel } from './channel.ts';
import type { Endpoint, PracticeId } from './message.ts';

/** What attempts share their fate by: a channel, and the far host or account behind it. Stands open in the store and in
 *  logs, so it never names a person. `direct far.example`, `efax main`, `intake`. */
export type Lane = string;

export const laneOf = (channel: Channel, endpoint: Endpoint & { readonly via?: string }, practice: PracticeId): Lane =>
  channel.lane ? `${channel.name} ${channel.lane(endpoint, practice, endpoint.via)}` : channel.name;

export const channelOf = (lane: Lane): string => lane.split(' ', 1)[0] ?? lane;

/** How many parcels may be on their way at once: in one lane, and in all lanes of its channel together. */
export interface Widths {
  readonly lane: number;
  readonly channel: number;
  /** Telephone calls of one lane under way at once, each until its end is known. Absent: no bound of ours. */
  readonly calls?: number;
}

/** The widths of any lane. A lane whose channel is off has no bounds: what is in it is refused at once. */
export const widthsAmong =
  (channels: ReadonlyMap<string, Channel>) =>
  (lane: Lane): Widths => {
    const { width = Infinity, perLane } = channels.get(channelOf(lane))?.capabilities ?? {};
    const { calls } = perLane ?? {};
    return { lane: perLane?.width ?? width, channel: width, ...(calls === undefined ? {} : { calls }) };
  };

/** A lane that takes no routine work until then. */
export interface Closing {
  readonly lane: Lane;
  /** `circuit`: the far side does not answer; `throttled`: it named the time to come back; `rate`: our own limit;
   *  `paused`: a person said so. */
  readonly why: 'circuit' | 'throttled' | 'rate' | 'paused';
  readonly since: number;
  /** Epoch ms. In the past: its next parcel tells whether it opens again. */
  readonly until: number;
}

/** Routine work leaves a quarter of every width to urgent work. */
export const routineShare = (width: number): number => width - Math.floor(width / 4);
