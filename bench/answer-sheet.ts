/** Answer sheets that people filled in and faxed back on the worst of lines: how many are read, how many boxes are right,
 *  how many would have set a wrong status; and pages that are none. A process for each core takes the next seeds; what
 *  a seed gives is the same whoever takes it.   node bench/answer-sheet.ts [sheets] [other pages] */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { several } from '../src/documents/several.ts';
import { wronglySet, type Trial } from '../test/sheets/answers.ts';
import type { Other } from '../test/sheets/others.ts';

const sheets = Number(process.argv[2] ?? 1_000);
const others = Number(process.argv[3] ?? 10_000);
const seedsAtOnce = 100;
const script = join(import.meta.dirname, '..', 'test', 'sheets', 'main.ts');
const run = promisify(execFile);

const share = (part: number, whole: number): string => `${((100 * part) / Math.max(1, whole)).toFixed(2)} %`;
const sum = <T>(each: readonly T[], of: (one: T) => number): number => each.reduce((total, one) => total + of(one), 0);

/** What the play gives for the seeds 1 to `count`. */
async function played<T>(count: number, play: string, ...words: readonly string[]): Promise<T[]> {
  const starts = Array.from({ length: Math.ceil(count / seedsAtOnce) }, (_, i) => i * seedsAtOnce);
  const parts = await several(starts, availableParallelism(), async (start) => {
    const range = [String(Math.min(seedsAtOnce, count - start)), String(start + 1)];
    const options = { maxBuffer: 100 * 1024 * 1024 };
    const { stdout } = await run(process.execPath, ['--no-warnings', script, play, ...words, ...range], options);
    return JSON.parse(stdout) as T[];
  });
  return parts.flat();
}

for (const [name, ydpi] of [
  ['fine', '196'],
  ['standard', '98'],
] as const) {
  const trials = await played<Trial>(sheets, 'trials', ydpi);
  const right = sum(trials, (t) => t.boxes.right);
  const wrong = sum(trials, (t) => t.boxes.wrong);
  const undecided = sum(trials, (t) => t.boxes.undecided);
  const plain = trials.filter(({ meant }) => meant.kind !== null);
  const decided = plain.filter(({ says }) => says !== null && says.kind !== null && says.doubts.length === 0);
  const seeds = (of: (each: Trial) => boolean): string =>
    trials
      .filter(of)
      .map(({ seed }) => seed)
      .slice(0, 20)
      .join(' ');
  console.log(
    [
      `${name}: ${trials.length} sheets`,
      `token read ${share(trials.filter(({ token }) => token === 'right').length, sheets)}`,
      `wrong tokens ${trials.filter(({ token }) => token === 'wrong').length}`,
      `boxes right of those decided ${share(right, right + wrong)}, undecided ${share(undecided, right + wrong + undecided)}`,
      `plain sheets left to a person ${share(plain.length - decided.length, plain.length)}`,
      `wrong status set ${trials.filter(wronglySet).length}`,
      `${Math.round(sum(trials, (t) => t.ms) / sheets)} ms a sheet`,
    ].join(' · '),
  );
  console.log(`  seeds without a token: ${seeds(({ token }) => token !== 'right') || 'none'}`);
  console.log(`  seeds with a wrong box: ${seeds(({ boxes }) => boxes.wrong > 0) || 'none'}`);
}

const pages = await played<Other>(others, 'others');
console.log(
  [
    `other pages: ${pages.length}`,
    `false tokens ${pages.filter(({ named }) => named).length}`,
    `taken for a sheet ${pages.filter(({ found }) => found).length}`,
    `${(sum(pages, ({ ms }) => ms) / others).toFixed(1)} ms a page`,
  ].join(' · '),
);
