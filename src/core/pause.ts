import { channelOf, type Lane } from './lane.ts';

/** A channel, or one lane of it (an account at a fax company, a far host), that sends nothing until then, because a
 *  person said so. It resumes by itself. */
export interface Pause {
  /** `efax`, or `efax main`. */
  readonly place: Lane;
  readonly by: string;
  /** In that person's words. May name a patient: sealed at rest. */
  readonly reason: string;
  readonly since: number;
  /** Epoch ms. */
  readonly until: number;
}

/** Nobody pauses longer than this without saying so again. */
export const longestPauseMs = 30 * 24 * 3_600_000;

export const isOn = ({ until }: Pause, now: number): boolean => until > now;

/** What keeps this lane from sending now: the pause that ends last. Null: nothing. */
export function pauseOf(pauses: readonly Pause[], lane: Lane, now: number): Pause | null {
  const on = pauses.filter((each) => isOn(each, now) && (each.place === lane || each.place === channelOf(lane)));
  return on.reduce<Pause | null>((last, each) => (last && last.until >= each.until ? last : each), null);
}
