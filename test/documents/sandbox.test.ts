import { setTimeout } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { openSandbox } from '../../src/documents/sandbox.ts';
import { bytesOf, fixture, keptLog, read, readers } from './tools.ts';

const note = bytesOf('All is well');

test('a reader starts with the first file, under the permission model and without our environment, and ends on close', async () => {
  const sandbox = openSandbox({ log: keptLog().log });
  expect(readers()).toEqual([]);
  await read(sandbox, 'note.txt', note);
  const [reader, ...others] = readers();
  expect(others).toEqual([]);
  expect(reader?.command).toContain('--permission');
  expect(reader?.command).not.toMatch(/--allow-(fs-write|child-process|net)/);
  expect(reader?.environment).not.toMatch(/PATH|HOME|LOOPGATE/);
  await sandbox.close();
  expect(readers()).toEqual([]);
});

test('a reader that dies costs the file it was reading; the next file is read by another', async () => {
  const { log, lines } = keptLog();
  const sandbox = openSandbox({ log });
  await read(sandbox, 'note.txt', note);
  const [first] = readers();
  const reading = read(sandbox, 'scan.tif', fixture('fax/ehr-standard-clean.tif'));
  if (first) process.kill(first.pid, 'SIGKILL');
  const { warnings } = await reading;
  expect(warnings.join(' ')).toContain('made its reader fail');
  expect(lines.join(' ')).toContain('"crash"');
  expect((await read(sandbox, 'note.txt', note)).pages).toHaveLength(1);
  expect(readers().map(({ pid }) => pid)).not.toContain(first?.pid);
  await sandbox.close();
});

test('where the tesseract of the system dies, the one of the package reads', async () => {
  const { log, lines } = keptLog();
  const sandbox = openSandbox({ log });
  const reading = read(sandbox, 'scan.tif', fixture('fax/ehr-standard-clean.tif'));
  let program: { readonly pid: number } | undefined;
  while (!program) {
    await setTimeout(5);
    program = readers('tesseract').find(({ command }) => /^tesseract.*--psm/.test(command));
  }
  process.kill(program.pid, 'SIGKILL');
  const { pages, warnings } = await reading;
  expect(warnings).toEqual([]);
  expect(pages[0]?.page.words.length).toBeGreaterThan(50);
  expect(lines).toEqual(['reader.ended {"reason":"native"}']);
  await sandbox.close();
});

test('a reader is renewed after fifty pages, unseen', async () => {
  const sandbox = openSandbox({ log: keptLog().log });
  const opened = await sandbox.open('text/plain', note);
  const pids = new Set<number | undefined>();
  for (let i = 0; i < 101; i++) {
    const image = opened.ok ? await opened.value.image(0) : opened;
    expect(image.ok).toBe(true);
    pids.add(readers()[0]?.pid);
  }
  expect(pids.size).toBe(2);
  await sandbox.close();
});

test('two lanes read side by side', async () => {
  const sandbox = openSandbox({ log: keptLog().log, width: 2 });
  const both = await Promise.all(['a.txt', 'b.txt'].map((name) => read(sandbox, name, bytesOf(`This is ${name}`))));
  expect(both.map(({ pages }) => pages[0]?.page.text)).toEqual(['This is a.txt', 'This is b.txt']);
  expect(readers()).toHaveLength(2);
  await sandbox.close();
});
