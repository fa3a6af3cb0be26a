import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { bugs } from '../simulation/bugs.ts';
import { report, sized } from './table.ts';

const seeds = sized({ short: 300, change: 2_000, nightly: 100_000 });

const root = resolve(import.meta.dirname, '../..');

/** Every run has a process of its own, whose time and chance are the simulator's. */
function simulate(...words: string[]): Promise<{ readonly lines: readonly string[]; readonly steps: string }> {
  return new Promise((done) => {
    const child = ['--no-warnings', 'test/simulation/main.ts', ...words];
    execFile(process.execPath, child, { cwd: root, maxBuffer: 1e9 }, (_failed, stdout, stderr) => {
      done({ lines: stdout.trimEnd().split('\n'), steps: stderr });
    });
  });
}

test(`${seeds} simulated days of faults break no promise`, async () => {
  const { lines, steps } = await simulate('--seeds', String(seeds));
  const last = JSON.parse(lines.at(-1)!) as Record<string, number>;
  report({
    test: 'L0 simulation',
    size: `${seeds} seeds`,
    faults: `${last['crashes']} crashes, ${last['freezes']} freezes`,
    lost: last['broken']!,
    duplicates: last['broken']!,
    falseReceipts: last['broken']!,
    inDoubt: last['in doubt']!,
    seconds: Math.round(last['seconds']!),
  });
  expect({ broken: lines.slice(0, -1), complaints: steps }).toEqual({ broken: [], complaints: '' });
  expect(last).toMatchObject({ seeds, broken: 0 });
  expect(last['shortestDays']).toBeGreaterThanOrEqual(1);
  for (const fault of ['crashes', 'freezes', 'jumps', 'lost commits', 'in doubt', 'held', 'failed'])
    expect([fault, last[fault]! > 0]).toEqual([fault, true]);
}, 3_600_000);

test('finds every planted bug, and replays what it found to the letter', async () => {
  const { lines } = await simulate('--bugs');
  const found = lines.slice(0, -1).map((line) => JSON.parse(line) as { bug: string; seed: number; hash: string });
  expect(JSON.parse(lines.at(-1)!)).toEqual({ planted: Object.keys(bugs).length, unfound: [] });

  const { bug, seed, hash } = found.find(({ bug }) => bug === 'lets a given-up attempt be handed over')!;
  const hashes: string[] = [];
  for (let again = 0; again < 10; again++) {
    const replayed = await simulate('--replay', String(seed), '--bug', bug);
    hashes.push((JSON.parse(replayed.lines.join('\n')) as { hash: string }).hash);
  }
  expect(hashes).toEqual(Array(10).fill(hash));
});
