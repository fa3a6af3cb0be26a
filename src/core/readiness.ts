/** Why a process takes no work, or takes it with less than its full strength. */
export type Cause = 'store' | 'stopping' | 'disk' | 'queue' | 'channel' | 'held';

/** What a load balancer must act on is `unready`: nothing can be promised then. The rest is for people, because what
 *  is taken in meanwhile is safe: the database is the truth, the broker only carries; a channel has others beside it. */
const gravity: Readonly<Record<Cause, 'unready' | 'degraded'>> = {
  store: 'unready',
  stopping: 'unready',
  disk: 'degraded',
  queue: 'degraded',
  channel: 'degraded',
  held: 'degraded',
};

export const causes = Object.keys(gravity) as readonly Cause[];

export interface Reason {
  readonly cause: Cause;
  /** One sentence for the operator. Anybody may read it: no addresses, no ids, no words of strangers. */
  readonly problem: string;
}

export interface Readiness {
  readonly state: 'ready' | 'degraded' | 'unready';
  readonly reasons: readonly Reason[];
}

export function readinessOf(reasons: readonly Reason[]): Readiness {
  if (reasons.length === 0) return { state: 'ready', reasons };
  return { state: reasons.some(({ cause }) => gravity[cause] === 'unready') ? 'unready' : 'degraded', reasons };
}
