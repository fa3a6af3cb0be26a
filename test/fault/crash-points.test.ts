import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { openPostgres } from '../../src/store/postgres.ts';
import { postgres } from '../services/postgres.ts';
import type { Home, Life } from '../simulation/life.ts';
import { points } from '../simulation/points.ts';
import { report, secondsSince, sized } from './table.ts';

const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'loopgate-points-'));
const server = postgres();
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly complaints: string;
}

function run(...words: readonly string[]): Promise<Ended> {
  return new Promise((done) => {
    // Hundreds of processes of the same program: it is compiled once.
    const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') };
    const child = spawn(process.execPath, ['--no-warnings', ...words], { cwd: root, env });
    let [output, complaints] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
    child.on('close', (_code, signal) => {
      done({ signal, output, complaints });
    });
  });
}

/** Which seeds come by a point, learned in memory. */
let seeds: Promise<Readonly<Record<string, readonly number[]>>>;

test(`every one of ${points.length} named points is come by, and a process that dies there loses nothing`, async () => {
  const killed = run('test/simulation/main.ts', '--points').then(({ output, complaints }) => {
    expect(complaints).toBe('');
    return JSON.parse(output) as { seeds: Record<string, number[]>; broken: unknown[] };
  });
  seeds = killed.then((found) => found.seeds);
  expect(Object.keys(await seeds).sort()).toEqual([...points].sort());
  expect((await killed).broken).toEqual([]);
}, 300_000);

/** Copied for each life: to bring the schema up each time would take longer than the lives. */
let migrated: Promise<string> | null = null;
const onPostgres = async (): Promise<string> => {
  migrated ??= server.url().then(async (url) => {
    await (await openPostgres(url)).close();
    return url;
  });
  return server.url(await migrated);
};

interface Broken {
  readonly point: string;
  readonly found: string;
}

/** A process dies at each of the points that are left, and the next one, which is to die at the next point, finds what
 *  it left. */
async function killOneAfterAnother(left: string[], store: () => Promise<string>): Promise<Broken[]> {
  const broken: Broken[] = [];
  let dead: { readonly home: Home; readonly point: string } | null = null;
  const live = async (next: Life['next']): Promise<boolean> => {
    const { signal, output, complaints } = await run(
      'test/simulation/life.ts',
      JSON.stringify({ left: dead?.home ?? null, next } satisfies Life),
    );
    if (dead && (output !== '[]\n' || complaints !== ''))
      broken.push({ point: dead.point, found: output + complaints });
    else if (complaints !== '') throw new Error(complaints);
    if (dead) rmSync(dead.home.folder, { recursive: true });
    dead = null;
    return signal === 'SIGKILL';
  };
  for (let point = left.shift(); point !== undefined; point = left.shift()) {
    // A real disk answers in an order of its own, and a seed may not come by this time.
    for (const seed of (await seeds)[point] ?? []) {
      const home: Home = { folder: mkdtempSync(join(folder, 'life-')), store: await store(), seed };
      if (!(await live({ ...home, point }))) continue;
      dead = { home, point };
      break;
    }
    if (!dead) broken.push({ point, found: 'no seed came by' });
  }
  await live(null);
  return broken;
}

/** All of them for `npm run test:faults`, a few for every test. */
const chosen = (every: number): readonly string[] => {
  const step = sized({ short: every, change: 1, nightly: 1 });
  return points.filter((_, index) => index % step === 0);
};

describe.each([
  ['SQLite', chosen(12), () => Promise.resolve('sqlite')],
  ['PostgreSQL', chosen(24), onPostgres],
] as const)('on %s', (name, some, store) => {
  test(`kill -9 at ${some.length} points breaks no promise`, async () => {
    const startedAt = performance.now();
    const left = [...some];
    const chains = [killOneAfterAnother(left, store), killOneAfterAnother(left, store)];
    const broken = (await Promise.all(chains)).flat();
    report({
      test: `L1 crash points on ${name}`,
      size: `${some.length} points`,
      faults: `${some.length} kills`,
      lost: broken.length,
      duplicates: broken.length,
      falseReceipts: broken.length,
      inDoubt: null,
      seconds: secondsSince(startedAt),
    });
    expect(broken).toEqual([]);
  }, 1_800_000);
});
