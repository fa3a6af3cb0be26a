import { beforeAll, expect, test } from '@jest/globals';
import type { Field } from '../../src/core/entry.ts';
import type { ReadDocument } from '../../src/documents/read.ts';
import { openSandbox } from '../../src/documents/sandbox.ts';
import { readPacket } from '../../src/intake/packet.ts';
import { fixture, keptLog, read } from '../documents/tools.ts';
import { errorRate, judged, packets, truthOf, type Truth } from './truth.ts';

interface Packet {
  readonly name: string;
  readonly truth: Truth;
  readonly document: ReadDocument;
  readonly fields: readonly Field[];
}

const results: Packet[] = [];

beforeAll(async () => {
  const sandbox = openSandbox({ log: keptLog().log });
  for (const { file, name } of packets) {
    const document = await read(sandbox, file, fixture(`fax/${file}`));
    const fields = readPacket(document.pages.map(({ page }) => page)).fields.filter(({ part }) => part === 0);
    results.push({ name, truth: truthOf(name), document, fields });
  }
  await sandbox.close();
}, 180_000);

const rates = (): { readonly name: string; readonly rate: number }[] =>
  results.flatMap(({ name, truth, document }) =>
    truth.pages.flatMap((page, i) => {
      const rate = errorRate(page.lines, document.pages[i]?.page.text ?? '');
      return rate === null ? [] : [{ name: `${name} page ${i + 1} (${page.type}, turned ${page.rotation}°)`, rate }];
    }),
  );

const printLine = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

test('faxed pages are read: character error rate per page', () => {
  const all = rates();
  printLine('character error rate by page, printed lines:');
  for (const { name, rate } of all) printLine(`  ${(rate * 100).toFixed(2).padStart(6)} %  ${name}`);
  const mean = all.reduce((sum, { rate }) => sum + rate, 0) / all.length;
  printLine(`  ${(mean * 100).toFixed(2).padStart(6)} %  mean of ${all.length} pages`);
  expect(all.length).toBeGreaterThanOrEqual(15);
  expect(mean).toBeLessThan(0.03);
  for (const { name, rate } of all) expect({ name, rate, poor: rate > 0.12 }).toMatchObject({ poor: false });
});

test('the pages come upright, with square pixels, and without a warning', () => {
  for (const { name, truth, document } of results) {
    expect({ name, warnings: document.warnings }).toEqual({ name, warnings: [] });
    expect(document.pages).toHaveLength(truth.pages.length);
    for (const { page } of document.pages) {
      expect(page.source).toBe('ocr');
      const ratio = Math.max(page.height, page.width) / Math.min(page.height, page.width);
      expect(Math.abs(ratio - 11 / 8.5)).toBeLessThan(0.05);
    }
  }
});

test('words lie where they are printed', () => {
  const { truth, document } = results.find(({ name }) => name === 'grid-fine-medium') as Packet;
  const [, page] = document.pages;
  const word = page?.page.words.find(({ text }) => text === '2603987084');
  const line = truth.pages[1]?.lines.find(({ t }) => t === '2603987084') as unknown as { b: number[] };
  const [left = 0, top = 0, right = 0, bottom = 0] = line.b;
  // The truth was drawn before the page went askew: half a letter's room.
  expect(Math.abs((word?.box.x ?? 0) - left)).toBeLessThan(20);
  expect(Math.abs((word?.box.y ?? 0) - (top * 204) / 196)).toBeLessThan(30);
  expect(Math.abs((word?.box.width ?? 0) - (right - left))).toBeLessThan(20);
  expect(Math.abs((word?.box.height ?? 0) - (bottom - top))).toBeLessThan(14);
});

test('fields are proposed: F1 on printed values', () => {
  const sum = { right: 0, wrong: 0, missed: 0 };
  for (const { truth, fields } of results) {
    const count = judged(truth, fields);
    for (const key of ['right', 'wrong', 'missed'] as const) sum[key] += count[key];
  }
  const f1 = (2 * sum.right) / (2 * sum.right + sum.wrong + sum.missed);
  printLine(`fields: ${sum.right} right, ${sum.wrong} wrong, ${sum.missed} missed, F1 ${f1.toFixed(3)}`);
  expect(sum.right + sum.missed).toBeGreaterThanOrEqual(80);
  expect(f1).toBeGreaterThan(0.85);
});

test('every field says where it was read and how sure it is', () => {
  const fields = results.flatMap(({ document, fields: read }) => read.map((field) => ({ field, document })));
  for (const { field, document } of fields) {
    const page = document.pages[field.place?.page ?? -1]?.page;
    const box = field.place?.box;
    expect(page && box && box.x >= 0 && box.y >= 0).toBe(true);
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual((page?.width ?? 0) + 2);
    expect(field.confidence).toBeGreaterThan(0);
    expect(field.confidence).toBeLessThan(1);
    expect(field.by).toBe('reading');
  }
});
