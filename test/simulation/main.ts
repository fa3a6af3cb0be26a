import { parseArgs } from 'node:util';
import { takeOverPlatform } from './boundary.ts';
import { bugs } from './bugs.ts';
import { deathAt, seedsByPoint } from './points.ts';
import { countNames, noCounts, playInMemory } from './run.ts';

const usage = `node test/simulation/main.ts [--seeds 2000] [--from 1]   plays seeds; a line for each that breaks a promise
node test/simulation/main.ts --replay 17 [--bug name]    plays one seed, prints every step and the record on stderr
node test/simulation/main.ts --points [--seeds 150]       kills the process at each point that these seeds come by
node test/simulation/main.ts --bugs [--seeds 400]        plants each known bug until a seed finds it
`;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    from: { type: 'string', default: '1' },
    replay: { type: 'string' },
    bug: { type: 'string' },
    bugs: { type: 'boolean', default: false },
    points: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
takeOverPlatform();
if (values.help) process.stdout.write(usage);
else if (values.replay !== undefined) await replay(Number(values.replay));
else if (values.bugs) await plantBugs(Number(values.seeds ?? 400));
else if (values.points) await killAtPoints(Number(values.seeds ?? 150));
else await sweep(Number(values.from), Number(values.seeds ?? 2000));

async function sweep(from: number, seeds: number): Promise<void> {
  const startedAt = performance.now();
  const sums = noCounts();
  let broken = 0;
  let shortest = Infinity;
  for (let seed = from; seed < from + seeds; seed++) {
    const { violations, counts, span } = await playInMemory(seed);
    for (const name of countNames) sums[name] += counts[name];
    shortest = Math.min(shortest, span);
    if (violations.length === 0) continue;
    broken += 1;
    say(`seed ${seed}: ${violations.join(' | ')}\n  replay: node test/simulation/main.ts --replay ${seed}`);
  }
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  say(JSON.stringify({ seeds, broken, seconds, shortestDays: shortest / 86_400_000, ...sums }));
  process.exitCode = broken === 0 ? 0 : 1;
}

async function replay(seed: number): Promise<void> {
  const verdict = await playInMemory(seed, {
    bug: bugs[values.bug ?? ''] ?? {},
    line: (text) => process.stderr.write(`${text}\n`),
  });
  say(JSON.stringify(verdict, null, 2));
  process.exitCode = verdict.violations.length === 0 ? 0 : 1;
}

async function plantBugs(seeds: number): Promise<void> {
  const unfound: string[] = [];
  for (const [name, bug] of Object.entries(bugs)) {
    const found = await firstSeed(bug, seeds);
    if (found) say(JSON.stringify({ bug: name, ...found }));
    else unfound.push(name);
  }
  say(JSON.stringify({ planted: Object.keys(bugs).length, unfound }));
  process.exitCode = unfound.length === 0 ? 0 : 1;
}

async function firstSeed(bug: (typeof bugs)[string], seeds: number) {
  for (let seed = 1; seed <= seeds; seed++) {
    const { violations, hash } = await playInMemory(seed, { bug });
    const violation = violations.find((each) => bug.breaks.test(each));
    if (violation !== undefined) return { seed, violation, hash };
  }
  return null;
}

async function killAtPoints(seeds: number): Promise<void> {
  const found = await seedsByPoint(seeds);
  const broken: unknown[] = [];
  for (const [point, [seed = 0]] of found) {
    const { violations, counts } = await playInMemory(seed, { danger: 0, deathAt: deathAt(point) });
    if (violations.length > 0 || counts.crashes !== (point.startsWith('amid') ? 0 : 1))
      broken.push({ point, seed, crashes: counts.crashes, violations });
  }
  say(JSON.stringify({ seeds: Object.fromEntries(found), broken }));
  process.exitCode = broken.length === 0 ? 0 : 1;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
