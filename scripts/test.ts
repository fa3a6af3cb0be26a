import { spawn, spawnSync } from 'node:child_process';
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

function jest(...more: readonly string[]): { readonly passed: number; readonly failed: number } {
  const report = join(folder, 'report.json');
  spawnSync(
    'node',
    [
      '--no-warnings',
      '--experimental-vm-modules',
      'node_modules/jest/bin/jest.js',
      '--json',
      `--outputFile=${report}`,
      ...more,
    ],
    { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, FAULTS_COLUMN: column, FAULTS_TABLE: table } },
  );
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(
    readFileSync(report, 'utf8'),
  ) as Record<'numPassedTests' | 'numFailedTests' | 'numRuntimeErrorTestSuites', number>;
  rmSync(report);
  return { passed: numPassedTests, failed: numFailedTests + numRuntimeErrorTestSuites };
}

// Where a figure is a time, nothing else may run beside it. Of the others some compute and some wait: three at a time keep
// two processors busy.
const alone = ['test/fault/overload', 'test/fault/simulation'];
const runs =
  faults && named.length === 0
    ? [
        ...alone.map((each) => jest(each)),
        jest(...chosen, ...alone.map((each) => `--testPathIgnorePatterns=${each}`), '--maxWorkers=3'),
      ]
    : [jest(...chosen)];
process.stdout.write(tableOf(table));
rmSync(folder, { recursive: true });
const sum = (of: 'passed' | 'failed'): number => runs.reduce((total, run) => total + run[of], 0);
finish(sum('passed'), sum('failed'));
