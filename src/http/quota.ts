import type { PracticeId } from '../core/message.ts';
import { draw, fullBucket, type Bucket } from '../core/rate.ts';
import { TooMany } from './problem.ts';

/** Counts what each practice hands over: so many a minute, after a quiet time all of them at once. In memory: a restart
 *  begins anew, and several processes allow as much each; it keeps a broken sender from drowning its neighbours.
 *  @throws TooMany with the seconds to wait */
export function quota(perMinute: number, now: () => number): (practice: PracticeId) => void {
  const rate = { perMinute, burst: perMinute };
  const buckets = new Map<PracticeId, Bucket>();
  return (practice) => {
    const { bucket, wait } = draw(buckets.get(practice) ?? fullBucket(rate, now()), rate, now());
    buckets.set(practice, bucket);
    if (wait > 0) throw new TooMany(Math.ceil(wait / 1000));
  };
}
