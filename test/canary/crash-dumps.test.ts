import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { neighbourhood, type Neighbourhood, type Submitted } from '../e2e/neighbourhood.ts';
import { until } from '../harness.ts';
import { foundIn, formsOf } from './forms.ts';
import { family, faxedTiff, filesUnder, referralOf, words } from './story.ts';

/** The gateway dies of a signal while a patient is in its memory, started by somebody who wants to see cores and reports.
 *  Its working folder, its data and its temporary files lie in one folder, which is then searched. */

const forms = formsOf(words);
const root = resolve(import.meta.dirname, '../..');

/** As many cores as the system makes, into the folder where it was started. */
const cores = 'ulimit -c unlimited && root=$PWD && cd "$0" && exec "$1" "$root/$2"';
const wanted = '--report-on-fatalerror --report-on-signal --report-uncaught-exception --abort-on-uncaught-exception';

/** Whether the kernel itself writes cores here, and into that folder; else a program of the system takes them. */
const here = /^core(?:\.%p)?$/.test(readFileSync('/proc/sys/kernel/core_pattern', 'utf8').trim());

let town: Neighbourhood;
beforeAll(async () => {
  town = await neighbourhood({}, { env: { NODE_OPTIONS: wanted } });
});
afterAll(() => town.close());

const filterOf = (pid: number): string => readFileSync(`/proc/${pid}/coredump_filter`, 'utf8').trim();
const childrenOf = (pid: number): number[] =>
  readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );

/** She is in the gateway: a referral waits for a far side that is slow, and a fax of her is being read. */
async function inFlight(): Promise<number[]> {
  const pid = town.pid() ?? 0;
  const body = referralOf({ channel: 'direct', address: town.partner.address('slow') });
  await town.api<Submitted>('/referrals', { method: 'POST', body });
  await town.company.receive({ to: '+12125550101', from: '+13122000101', file: await faxedTiff(town) });
  return until('files are being opened', () => {
    const children = childrenOf(pid);
    return children.length > 0 && [pid, ...children];
  });
}

const signals = ['SIGSEGV', 'SIGABRT', 'SIGUSR2'] as const;

test.each(signals)('%s leaves nothing of a patient on the disk', async (signal) => {
  await town.start('sh', '-c', cores, join(town.folder, 'tmp'));
  const all = await inFlight();
  expect(all.map(filterOf)).toEqual(all.map(() => '00000000'));
  const [pid = 0] = all;
  process.kill(pid, signal);
  await until('it is gone', () => town.pid() === null);
  const left = filesUnder(town.folder).filter((file) => !file.endsWith('scan.pdf'));
  const dumps = left.filter((file) => /\/core[^/]*$/.test(file));
  if (here && signal !== 'SIGUSR2') expect(dumps.length).toBeGreaterThan(0);
  expect(left.filter((file) => /report.*\.json$|\.heap\w+$/.test(file))).toEqual([]);
  expect(left.flatMap((file) => foundIn(readFileSync(file), forms).map((found) => `${file}: ${found}`))).toEqual([]);
  for (const dump of dumps) rmSync(dump);
});

test('a core of a process that does not say so has it all', () => {
  const folder = mkdtempSync(join(tmpdir(), 'loopgate-core-'));
  const program = 'globalThis.kept = Buffer.from(process.argv[1]); process.abort()';
  spawnSync('sh', ['-c', 'ulimit -c unlimited && cd "$0" && exec node -e "$1" "$2"', folder, program, family]);
  const dumps = filesUnder(folder);
  expect(dumps.length > 0).toBe(here);
  for (const dump of dumps) expect(readFileSync(dump).includes(family)).toBe(true);
  rmSync(folder, { recursive: true });
});

test.each([['--heapsnapshot-signal=SIGUSR1'], ['--heapsnapshot_near_heap_limit=2']])(
  'neither the gateway nor a command runs with %s, which could not be taken back',
  (option) => {
    for (const words of [['src/main.ts'], ['src/cli.ts', 'config', 'show']]) {
      const env = { PATH: process.env['PATH'], NODE_OPTIONS: option, LOOPGATE_DATA: join(town.folder, 'never') };
      const { status, stderr } = spawnSync('node', words, { cwd: root, env, encoding: 'utf8' });
      expect([status, stderr]).toEqual([1, expect.stringContaining('writes patients')]);
    }
  },
);
