import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const command = `import { intakeReadCommand } from './src/cli/intake-read.ts'; await intakeReadCommand().parseAsync(process.argv.slice(1), { from: 'user' });`;

const run = (...files: string[]) =>
  spawnSync(process.execPath, ['--input-type=module', '-e', command, ...files], { cwd: root, encoding: 'utf8' });

test('intake read prints text and fields by file name, names what it could not read, and ends with 1', () => {
  const folder = mkdtempSync(join(tmpdir(), 'loopgate-read-'));
  const empty = join(folder, 'empty.pdf');
  writeFileSync(empty, '');
  const note = join(root, 'test/fixtures/ccda/referral-note.xml');
  const fax = join(root, 'test/fixtures/fax/letter-standard-clean.tif');
  const { status, stdout, stderr } = run(empty, note, fax, join(folder, 'missing.tif'));
  rmSync(folder, { recursive: true });
  expect(status).toBe(1);
  expect(stderr).toMatch(/empty\.pdf: the file is empty/);
  expect(stderr).toMatch(/missing\.tif: the file cannot be opened/);
  const printed = JSON.parse(stdout) as Record<
    string,
    {
      pages: { text: string }[];
      referrals: { pages: number[]; fields: Record<string, { value: string; confidence: number }> }[];
    }
  >;
  expect(Object.keys(printed)).toEqual(['referral-note', 'letter-standard-clean']);
  expect(printed['referral-note']?.referrals[0]?.fields['patient.dob']).toEqual({
    value: '1961-04-09',
    confidence: 0.98,
    sure: false,
  });
  expect(printed['letter-standard-clean']?.pages).toHaveLength(2);
  expect(printed['letter-standard-clean']?.referrals[0]?.pages).toEqual([0, 1]);
  expect(printed['letter-standard-clean']?.pages[1]?.text).toContain('Thank you for seeing');
});

test('intake read ends with 0 when every file was read', () => {
  const { status, stdout } = run(join(root, 'test/fixtures/ccda/referral-note.xml'));
  expect(status).toBe(0);
  expect(stdout).toMatch(/"referring.npi": \{\s+"value": "1234567893"/);
});
