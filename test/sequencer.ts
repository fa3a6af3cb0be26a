import { statSync } from 'node:fs';

/** What takes longest begins first: begun last, it would keep one worker busy while the others have nothing left to do. */
const longest = [
  'fault/soak',
  'fault/crash.',
  'fault/crash-cluster',
  'fault/crash-points',
  'fault/partition',
  'fault/drain',
  'fault/wire',
  'fault/disk',
  'fault/fsync',
  'fault/overload',
  'channels/direct/fuzz',
  'line/line',
  'queue/rabbitmq',
  'e2e/processes',
  'hostile/hostile',
  'fault/simulation',
  'e2e/backup',
  'queue/embedded',
  'web/states',
  'web/tasks',
  'web/desk',
  'e2e/main-job',
  'pipeline/retries',
];

interface Test {
  readonly path: string;
}

const rank = ({ path }: Test): number => longest.findIndex((name) => path.includes(`/test/${name}`)) + 1 || Infinity;

/** For jest: the rest by size, as it does itself where it knows nothing of earlier runs. */
export default class Sequencer {
  sort<T extends Test>(tests: readonly T[]): T[] {
    const placed = tests.map((test) => ({ test, rank: rank(test), bytes: statSync(test.path).size }));
    placed.sort((a, b) => (a.rank === b.rank ? b.bytes - a.bytes : a.rank - b.rank));
    return placed.map(({ test }) => test);
  }

  allFailedTests<T extends Test>(tests: readonly T[]): readonly T[] {
    return tests;
  }

  cacheResults(): void {
    // Nothing is kept: the order is the same in a fresh clone.
  }
}
