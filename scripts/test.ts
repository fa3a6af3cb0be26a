import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bringUpParts } from './parts.ts';
import { tableOf } from './test-table.ts';

// Lint, types, build, then every test against real parts. `npm test -- test/store` runs only what matches.
// With --faults only the faults, at the length of each change or, with --nightly, of a night; else they are short.
const flags = ['--faults', '--nightly'];
const words = process.argv.slice(2);
const faults = words.includes('--faults');
const column = words.includes('--nightly') ? 'nightly' : faults ? 'change' : 'short';
const named = words.filter((word) => !flags.includes(word));
const chosen = named.length > 0 || !faults ? named : ['test/fault'];

async function step(name: string, ...words: string[]): Promise<void> {
  const startedAt = Date.now();
  const child = spawn('node', words, { stdio: ['ignore', 'inherit', 'inherit'] });
  const [status] = (await once(child, 'close')) as [number | null];
  process.stderr.write(
    `${name}: ${status === 0 ? 'ok' : 'FAILED'} (${Math.round((Date.now() - startedAt) / 1000)} s)\n`,
  );
  if (status !== 0) finish(0, 1);
}

function finish(passed: number, failed: number): never {
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exit(failed === 0 && passed > 0 ? 0 : 1);
}

bringUpParts();
async function inspect(): Promise<void> {
  await step('format', 'node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.');
  await step('types', 'node_modules/typescript/bin/tsc', '--noEmit');
  await step('types of the console', 'node_modules/typescript/bin/tsc', '--noEmit', '-p', 'web');
}

const everything = chosen.length === 0;
// Each keeps one processor busy; linting takes as long as the rest together.
await Promise.all([
  everything ? step('lint', 'node_modules/eslint/bin/eslint.js', '.', '--quiet') : null,
  (everything ? inspect() : Promise.resolve()).then(() => step('console', 'scripts/build.ts')),
]);

const folder = mkdtempSync(join(tmpdir(), 'loopgate-test-'));
const table = join(folder, 'faults.jsonl');

interface Tally {
  readonly passed: number;
  readonly failed: number;
}

let started = 0;

async function jest(...more: readonly string[]): Promise<Tally> {
  const report = join(folder, `report-${++started}.json`);
  const jestAndNode = ['--no-warnings', '--experimental-vm-modules', 'node_modules/jest/bin/jest.js'];
  const child = spawn('node', [...jestAndNode, '--json', `--outputFile=${report}`, ...more], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, FAULTS_COLUMN: column, FAULTS_TABLE: table },
  });
  await once(child, 'close');
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(
    readFileSync(report, 'utf8'),
  ) as Record<'numPassedTests' | 'numFailedTests' | 'numRuntimeErrorTestSuites', number>;
  return { passed: numPassedTests, failed: numFailedTests + numRuntimeErrorTestSuites };
}

const without = (paths: readonly string[]): string[] => paths.map((path) => `--testPathIgnorePatterns=${path}`);

// Where a figure is a time, nothing else may run beside it.
const alone = ['test/fault/overload', 'test/fault/simulation'];
// These compute a tenth of their time at most, and wait for a telephone line, a lock, and far sides that say nothing.
const waiting = ['test/line', 'test/fault/lock', 'test/fault/wire'];

async function wholeFaults(): Promise<Tally[]> {
  const first: Tally[] = [];
  for (const each of alone) first.push(await jest(each));
  // Some compute and some wait: three at a time keep two processors busy.
  return [...first, await jest(...chosen, ...without(alone), '--maxWorkers=3')];
}

async function wholeSuite(): Promise<Tally[]> {
  return Promise.all([jest(...without(waiting)), jest(...waiting, '--maxWorkers=1')]);
}

const runs = everything ? await wholeSuite() : named.length > 0 ? [await jest(...chosen)] : await wholeFaults();
process.stdout.write(tableOf(table));
rmSync(folder, { recursive: true });
const sum = (of: 'passed' | 'failed'): number => runs.reduce((total, run) => total + run[of], 0);
finish(sum('passed'), sum('failed'));
