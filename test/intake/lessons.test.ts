import { describe, expect, test } from '@jest/globals';
import type { FieldName } from '../../src/core/entry.ts';
import { readPacket } from '../../src/intake/packet.ts';
import { retaught, type Correction } from '../../src/intake/teach.ts';
import { pageOf } from './drawn.ts';

/** A form that numbers its boxes, in words that no label knows, its lines close together. */
function grid(plan: string, card: string, wordOver = 'Who pays us') {
  const page = pageOf(
    'NORTH VALLEY HEALTH COLLECTIVE',
    'PHYSICIAN REFERRAL FORM for our friends in town',
    `7. Kept under       8. ${wordOver}                9. Printed upon it`,
    `44 55 66 77         ${plan.padEnd(28)}${card}`,
    'Please return this sheet together with your answer',
  );
  return { ...page, words: page.words.map((word) => ({ ...word, box: { ...word.box, y: word.box.y / 2 } })) };
}

const corrected = (...said: readonly (readonly [FieldName, string])[]): Correction[] =>
  said.map(([field, value]) => ({ field, value, read: undefined }));

function valueOf(page: ReturnType<typeof grid>, field: FieldName, forms: ReturnType<typeof retaught>) {
  return readPacket([page], forms).fields.find(({ name }) => name === field)?.value;
}

describe('a form that numbers its boxes', () => {
  const lesson = corrected(['coverage.payer', 'Aetna'], ['coverage.memberId', 'W553311902']);
  const forms = retaught([], [grid('Aetna', 'W553311902')], lesson);

  test('is learnt by the words behind the numbers', () => {
    expect(forms[0]?.lessons).toMatchObject([
      { field: 'coverage.payer', label: 'who pays us', side: 'below' },
      { field: 'coverage.memberId', label: 'printed upon it', side: 'below' },
    ]);
    const next = grid('Kaiser Permanente', 'W771133554');
    expect(valueOf(next, 'coverage.payer', forms)).toBe('Kaiser Permanente');
    expect(valueOf(next, 'coverage.memberId', forms)).toBe('W771133554');
  });

  test('gives the row of the place, not the one over it, where its words are lost', () => {
    expect(valueOf(grid('Kaiser Permanente', 'W771133554', 'Zzkw qqf jjx'), 'coverage.payer', forms)).toBe(
      'Kaiser Permanente',
    );
  });
});
