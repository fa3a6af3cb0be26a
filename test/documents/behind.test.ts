import { spawn, type ChildProcess } from 'node:child_process';
import { getPriority } from 'node:os';
import { afterEach, expect, test } from '@jest/globals';
import { afterItsTime, standBehind } from '../../src/documents/behind.ts';

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** A process on the first processor. */
function on(...words: readonly string[]): ChildProcess {
  const child = spawn('taskset', ['-c', '0', ...words]);
  started.push(child);
  return child;
}

async function takes(pid: number | undefined, ms: number): Promise<number> {
  const from = performance.now();
  await new Promise<void>((done) => afterItsTime(pid, ms, done));
  return performance.now() - from;
}

test('whoever reads stands far behind', () => {
  const { pid } = on('sleep', '60');
  standBehind(pid);
  expect(getPriority(pid)).toBe(15);
});

test('time in line for a processor does not count, up to four times as long', async () => {
  const endless = ['sh', '-c', 'while :; do :; done'];
  on(...endless);
  const late = on('nice', '-n', '19', ...endless);
  const took = await takes(late.pid, 100);
  expect(took).toBeGreaterThan(300);
  expect(took).toBeLessThan(2_000);
});

test('whoever sleeps has had its time', async () => {
  const { pid } = on('sleep', '60');
  expect(await takes(pid, 400)).toBeLessThan(2_000);
});

test('a stopped timer says nothing', async () => {
  const { pid } = on('sleep', '60');
  let told = false;
  afterItsTime(pid, 20, () => (told = true))();
  await takes(pid, 100);
  expect(told).toBe(false);
});
