import { expect, test } from '@jest/globals';
import type { CheckBox, Page } from '../../src/core/page.ts';
import { readPacket } from '../../src/intake/packet.ts';
import { pageOf } from './drawn.ts';

/** Boxes found left of these words, each as large as the line is high. */
function withBoxes(page: Page, found: Readonly<Record<string, number>>): Page {
  const boxes = page.words.flatMap(({ text, box }): CheckBox[] => {
    const ink = found[text];
    return ink === undefined ? [] : [{ ink, box: { ...box, x: box.x - box.height * 1.4, width: box.height } }];
  });
  return { ...page, boxes };
}

const form = pageOf('PHYSICIAN REFERRAL FORM', '   Routine    pq Urgent    STAT');
const urgency = (page: Page) => readPacket([page]).fields.find(({ name }) => name === 'service.urgency')?.value;

test('the choice whose box a mark broke is the one, and its word ends the label before it', () => {
  expect(urgency(withBoxes(form, { Routine: 0, STAT: 0 }))).toBe('urgent');
  expect(urgency(withBoxes(form, { Routine: 0.3, STAT: 0 }))).toBe('routine');
  const specked = pageOf('PHYSICIAN REFERRAL FORM', '   Routine    _ Urgent    STAT');
  expect(urgency(withBoxes(specked, { Routine: 0, _: 0.3 }))).toBe('urgent');
});

test('the word beside an empty box is no value, though a label stands before it', () => {
  const page = pageOf('PHYSICIAN REFERRAL FORM', 'Urgency:   Routine          Urgent          STAT');
  expect(urgency(page)).toBe('routine');
  expect(urgency(withBoxes(page, { Routine: 0, Urgent: 0, STAT: 0 }))).toBeUndefined();
  expect(urgency(withBoxes(page, { Routine: 0, Urgent: 0, STAT: 0.3 }))).toBe('stat');
});

test('a tick beside a misread word is the choice that has no other box, if the word is like it', () => {
  const misread = (word: string) => {
    const page = pageOf('PHYSICIAN REFERRAL FORM', `   Routine    ${word}    STAT`);
    return urgency(withBoxes(page, { Routine: 0, [word]: 0.3, STAT: 0 }));
  };
  expect(misread('Ligent')).toBe('urgent');
  expect(misread('Other')).toBeUndefined();
});

test('a box at the end of its line is labelled by the word that begins the next one', () => {
  const page = pageOf('PHYSICIAN REFERRAL FORM', 'Priority   Routine    Urgent    ::', '        STAT');
  const [routine, urgent] = [page.words[4], page.words[5]].map((word) => word?.box.x ?? 0);
  const last = page.words[6]?.box.x ?? 0;
  const bare = { ...page, words: page.words.filter(({ text }) => text !== '::') };
  const at = (x: number, ink: number): CheckBox => ({ ink, box: { x, y: 240, width: 20, height: 20 } });
  const [first, second] = [at((routine ?? 0) - 28, 0), at((urgent ?? 0) - 28, 0)];
  expect(urgency({ ...bare, boxes: [first, second, at(last, 0.3)] })).toBe('stat');
  expect(urgency({ ...bare, boxes: [first, second, at(last, 0)] })).toBeUndefined();
});

test('a word of which a letter was misread is still the choice beside its box', () => {
  const page = pageOf('PHYSICIAN REFERRAL FORM', '   Routne    Urgent');
  expect(urgency(withBoxes(page, { Routne: 0.3, Urgent: 0 }))).toBe('routine');
});
