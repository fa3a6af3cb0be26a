import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { bugs } from '../simulation/bugs.ts';
import { report, secondsSince, sized } from './table.ts';

const seeds = sized({ short: 300, change: 2_000, nightly: 100_000 });

const root = resolve(import.meta.dirname, '../..');

interface Said {
  readonly lines: readonly string[];
  readonly steps: string;
}

/** Every run has a process of its own, whose time and chance are the simulator's. */
function simulate(...words: string[]): Promise<Said> {
  return new Promise((done) => {
    const child = ['--no-warnings', 'test/simulation/main.ts', ...words];
    execFile(process.execPath, child, { cwd: root, maxBuffer: 1e9 }, (_failed, stdout, stderr) => {
      done({ lines: stdout.trimEnd().split('\n'), steps: stderr });
    });
  });
}

/** What all the seeds came to together, and the lines about those that broke a promise. */
async function sweep(): Promise<{
  readonly sums: Readonly<Record<string, number>>;
  readonly broken: readonly string[];
}> {
  // One half for each processor.
  const half = seeds / 2;
  const halves = await Promise.all(
    [1, 1 + half].map((from) => simulate('--from', String(from), '--seeds', String(half))),
  );
  const sums: Record<string, number> = {};
  for (const { lines } of halves) {
    for (const [name, count] of Object.entries(JSON.parse(lines.at(-1)!) as Record<string, number>))
      sums[name] = name === 'shortestDays' ? Math.min(sums[name] ?? Infinity, count) : (sums[name] ?? 0) + count;
  }
  return { sums, broken: halves.flatMap(({ lines, steps }) => [...lines.slice(0, -1), steps]).filter(Boolean) };
}

test(`${seeds} simulated days of faults break no promise`, async () => {
  const startedAt = performance.now();
  const { sums, broken } = await sweep();
  report({
    test: 'L0 simulation',
    size: `${seeds} seeds`,
    faults: `${sums['crashes']} crashes, ${sums['freezes']} freezes`,
    lost: sums['broken']!,
    duplicates: sums['broken']!,
    falseReceipts: sums['broken']!,
    inDoubt: sums['in doubt']!,
    seconds: secondsSince(startedAt),
  });
  expect(broken).toEqual([]);
  expect(sums).toMatchObject({ seeds, broken: 0 });
  expect(sums['shortestDays']).toBeGreaterThanOrEqual(1);
  for (const fault of ['crashes', 'freezes', 'jumps', 'lost commits', 'in doubt', 'held', 'failed'])
    expect([fault, sums[fault]! > 0]).toEqual([fault, true]);
}, 3_600_000);

test('finds every planted bug, and replays what it found to the letter', async () => {
  const { lines } = await simulate('--bugs');
  const found = lines.slice(0, -1).map((line) => JSON.parse(line) as { bug: string; seed: number; hash: string });
  expect(JSON.parse(lines.at(-1)!)).toEqual({ planted: Object.keys(bugs).length, unfound: [] });

  const { bug, seed, hash } = found.find(({ bug }) => bug === 'lets a given-up attempt be handed over')!;
  const hashes: string[] = [];
  for (let again = 0; again < 10; again += 2) {
    const replay = (): Promise<Said> => simulate('--replay', String(seed), '--bug', bug);
    for (const { lines } of await Promise.all([replay(), replay()]))
      hashes.push((JSON.parse(lines.join('\n')) as { hash: string }).hash);
  }
  expect(hashes).toEqual(Array(10).fill(hash));
});
