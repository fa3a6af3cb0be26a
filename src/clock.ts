/** Two clocks of one machine, in milliseconds: what time it is, and how much of it has passed since some moment. */
export interface Clocks {
  readonly wall: () => number;
  readonly monotonic: () => number;
}

export const machineClocks: Clocks = { wall: Date.now, monotonic: () => performance.now() };

/** Share by which the clock may run fast or slow until it meets the wall clock again. */
const slew = 0.1;
const noticedMs = 1_000;

/** Wall time that does not jump. Every wait in the gateway is a moment of this clock, so somebody who sets the machine's
 *  clock by a day neither ends a wait nor adds a day to it: time goes on as fast as it passes, and approaches the new
 *  wall time by a tenth of that. Never goes back. A start takes the wall clock at its word.
 *  @param stepped called with the milliseconds by which the wall clock jumped
 *  @returns whole milliseconds since the epoch */
export function steadyClock(
  { wall, monotonic }: Clocks,
  stepped: (ms: number) => void = () => undefined,
): () => number {
  let before = monotonic();
  let time = wall();
  let apart = 0;
  return () => {
    const reading = monotonic();
    const passed = reading - before;
    before = reading;
    const error = wall() - (time + passed);
    if (Math.abs(error - apart) > noticedMs) stepped(Math.round(error - apart));
    const correction = Math.max(-passed * slew, Math.min(passed * slew, error));
    time += passed + correction;
    apart = error - correction;
    return Math.floor(time);
  };
}
