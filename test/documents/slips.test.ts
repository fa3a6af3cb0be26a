import { expect, test } from '@jest/globals';
import type { SeenWord } from '../../src/documents/protocol.ts';
import { mended } from '../../src/documents/slips.ts';

const line = (text: string, run: string): SeenWord[] =>
  text
    .split(' ')
    .map((each, at) => ({ text: each, confidence: 0.9, run, box: { x: at / 20, y: 0.1, width: 0.04, height: 0.01 } }));

const read = (text: string): string =>
  mended(line(text, 'a').toReversed())
    .toReversed()
    .map((word) => word.text)
    .join(' ');

test('short words that are no English become those of the same shape', () => {
  expect(read('Member 1D: W752')).toBe('Member ID: W752');
  expect(read('Wt 202 Ib, BMI 20.3')).toBe('Wt 202 lb, BMI 20.3');
  expect(read('no effusion !s seen')).toBe('no effusion is seen');
  expect(read('no effusion Is seen')).toBe('no effusion is seen');
  expect(read('| would appreciate an appointment')).toBe('I would appreciate an appointment');
  expect(read('Hemoglobin Aic and Sp02')).toBe('Hemoglobin A1c and SpO2');
  expect(read('Dr. I.eon Mbeki')).toBe('Dr. Leon Mbeki');
  expect(read('History of Present Iliness')).toBe('History of Present Illness');
});

test('what may be meant stays: separators, leftover rules, numbers, sentences, each line by itself', () => {
  for (const text of [
    'Suite 218 | Raleigh, NC',
    '| negative',
    '| Carrier Molina Healthcare plan',
    'resting. Is she well',
    'room 1b now',
    'Unit 1D-4',
    'I.e. twice',
    'I. Stone',
  ])
    expect(read(text)).toBe(text);
  const words = mended([...line('no effusion', 'a'), ...line('Is seen', 'b')]);
  expect(words.map(({ text }) => text)).toEqual(['no', 'effusion', 'Is', 'seen']);
});
