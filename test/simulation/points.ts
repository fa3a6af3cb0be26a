import { playInMemory } from './run.ts';

/** What the gateway commits when nothing has crashed yet, each by the first line that it adds to the record. */
const commits = [
  'acknowledgement.failed',
  'acknowledgement.given',
  'attempt.accepted',
  'attempt.clarified',
  'attempt.deferred',
  'attempt.handed',
  'attempt.opened',
  'attempt.refused',
  'attempt.unknown',
  'claim',
  'delivery.blocked',
  'delivery.cancelled',
  'delivery.confirmed',
  'delivery.delivered',
  'delivery.failed',
  'delivery.held',
  'delivery.planned',
  'delivery.rerouted',
  'delivery.retried',
  'entry.filed',
  'finish',
  'lane.closed',
  'lane.opened',
  'message.erased',
  'message.read',
  'message.received',
  'message.repeated',
  'receipt.overdue',
  'receipt.recorded',
  'receipt.refused',
  'receipt.unmatched',
  'release',
  'work.acknowledge',
  'work.deliver',
  'work.purge',
  'work.settle',
];

/** Where a process can die: before a commit, while it is on its way to the disk, when it is durable and nobody knows
 *  yet, and around every conversation with a far side. The test fails when the gateway commits what is not named here. */
export const points: readonly string[] = [
  ...commits.flatMap((commit) => [`writes ${commit}`, `amid ${commit}`, `has written ${commit}`]),
  'direct connects',
  'direct waits for the reply',
  'efax connects',
  'efax is asked',
  'efax waits for the reply',
  'notice delivered',
  'notice processed',
  'portal connects',
  'portal waits for the reply',
  'reads',
  'timer',
];

/** For each point that these first seeds come by, the seeds that do: at most three, found without any crash. */
export async function seedsByPoint(seeds: number): Promise<Map<string, number[]>> {
  const found = new Map<string, Set<number>>();
  for (let seed = 1; seed <= seeds; seed++) {
    const passed = (point: string): boolean => {
      const before = found.get(point) ?? new Set();
      if (before.size < 3) found.set(point, before.add(seed));
      return false;
    };
    await playInMemory(seed, { danger: 0, deathAt: passed });
  }
  return new Map([...found].map(([point, by]) => [point, [...by]]));
}

/** Die at the first pass of a point, once. */
export function deathAt(point: string, die: () => void = () => undefined): (passed: string) => boolean {
  let dead = false;
  return (passed) => {
    if (dead || passed !== point) return false;
    dead = true;
    die();
    return true;
  };
}
