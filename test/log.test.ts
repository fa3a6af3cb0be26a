import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const log = join(import.meta.dirname, '../src/log.ts');

/** What a process that runs this line writes to stderr. */
const written = (line: string): string =>
  spawnSync(
    'node',
    [
      '--input-type=module',
      '-e',
      `import { createLog, endOnUncaught } from ${JSON.stringify(log)}; const log = createLog('info'); ${line}`,
    ],
    { encoding: 'utf8' },
  ).stderr;

test('a line is one JSON object with its facts', () => {
  const line = JSON.parse(written(`log.info('attempt.closed', { channel: 'efax', ms: 12 })`)) as Record<
    string,
    unknown
  >;
  expect(line).toMatchObject({ level: 'info', event: 'attempt.closed', channel: 'efax', ms: 12 });
});

test('what is not a known fact is dropped at run time, whatever the types were told', () => {
  expect(written(`log.info('x', { channel: 'efax', patient: 'Canary', subject: 'Canary' })`)).not.toContain('Canary');
});

test('an error is written by its class, code and place, never by its message', () => {
  const line = written(`const e = new TypeError('Canary is ill'); e.code = 'E_X'; log.error('x.failed', {}, e)`);
  expect(line).toContain('TypeError E_X');
  expect(line).not.toContain('Canary');
});

test.each([
  "setTimeout(() => { throw new TypeError('Canary is ill'); });",
  "Promise.reject(new TypeError('Canary is ill'));",
])('what nobody caught ends the process without a word of its message: %s', (line) => {
  const said = written(`endOnUncaught(); ${line}`);
  expect(JSON.parse(said)).toMatchObject({ event: 'process.broke', cause: 'TypeError' });
  expect(said).not.toContain('Canary');
});
