import { existsSync, readdirSync } from 'node:fs';
import { getPriority } from 'node:os';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { boxedContents, contentsOf } from '../../channels/direct/content/contents.ts';
import { openBoxes, type Boxes } from '../../src/documents/box.ts';
import { boxedPatients } from '../../src/documents/patients.ts';
import { until } from '../harness.ts';
import { keptLog, readers } from './tools.ts';
import { letter } from '../channels/direct/support.ts';

const message = letter('alice@far.example', 'bob@near.example');
const worker = 'content/worker.ts';

let kept: ReturnType<typeof keptLog>;
let boxes: Boxes;
beforeEach(() => {
  kept = keptLog();
  boxes = openBoxes(kept.log);
});
afterEach(() => boxes.close());

test('a message is taken apart in a process without environment or rights, to the same documents', async () => {
  const contents = boxedContents(boxes.open);
  expect(readers(worker)).toEqual([]);
  const [first, second] = await Promise.all([contents(message), contents(message)]);
  expect(first).toEqual(await contentsOf(message));
  expect(second).toEqual(first);
  expect(await contents(Buffer.from('Content-Type: message/rfc822\r\n\r\n'.repeat(2_000)))).toMatchObject({
    ok: false,
    problem: 'the message nests too deep',
  });
  const processes = readers(worker);
  expect(processes).toHaveLength(2);
  for (const { command, environment } of processes) {
    expect(command).toContain('--permission');
    expect(command).not.toMatch(/--allow-(fs-write|child-process|net)/);
    expect(environment).not.toMatch(/PATH|HOME|LOOPGATE/);
  }
});

test('whom a clinical document is about is found out in such a process too', async () => {
  const about = (family: string) =>
    `<recordTarget><patientRole><patient><name><given>Ada</given><family>${family}</family></name></patient></patientRole></recordTarget>`;
  const xml = `<ClinicalDocument xmlns="urn:hl7-org:v3">${about('Quill')}${about('Thorn')}</ClinicalDocument>`;
  const named = (family: string) => ({ family, given: 'Ada', birth: null });
  expect(await boxedPatients(boxes.open)(Buffer.from(xml))).toEqual([named('Quill'), named('Thorn')]);
  expect(readers('patients-worker.ts')).toHaveLength(1);
});

test('whoever took over such a process would get nothing by it', async () => {
  const box = boxes.open(new URL('prying.ts', import.meta.url), new URL('.', import.meta.url));
  expect(await box.ask(null)).toEqual({ ok: true, value: [] });
});

test('such a process stands behind the gateway with all its threads, but not before its code is loaded', async () => {
  const box = boxes.open(new URL('standing.ts', import.meta.url), new URL('.', import.meta.url));
  await box.ask(null);
  expect(await box.ask(null)).toEqual({ ok: true, value: { loading: getPriority(), asked: 15 } });
  const { pid } = readers('standing.ts')[0]!;
  const threads = readdirSync(`/proc/${pid}/task`).map(Number);
  expect(threads.length).toBeGreaterThan(1);
  expect(new Set(threads.map((thread) => getPriority(thread)))).toEqual(new Set([15]));
});

test('a process that dies costs the message that it was reading; nothing is answered once the gateway stops', async () => {
  const contents = boxedContents(boxes.open);
  const lost = contents(message);
  const victim = await until('it works', () => readers(worker)[0]);
  process.kill(victim.pid, 'SIGKILL');
  expect(await lost).toEqual({ ok: false, problem: 'the file made its reader fail' });
  expect(kept.lines.join(' ')).toContain('"crash"');
  expect(await contents(message)).toMatchObject({ ok: true });
  const idle = readers(worker)[0]!;
  process.kill(idle.pid, 'SIGKILL');
  await until('it is gone', () => !existsSync(`/proc/${idle.pid}`));
  expect(await contents(message)).toMatchObject({ ok: true });
  const late = expect(contents(message)).rejects.toThrow('stops');
  await boxes.close();
  await late;
  await expect(contents(message)).rejects.toThrow('stops');
  expect(readers(worker)).toEqual([]);
});
