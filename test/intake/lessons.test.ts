import { describe, expect, test } from '@jest/globals';
import type { Field, FieldName } from '../../src/core/entry.ts';
import type { Page } from '../../src/core/page.ts';
import { readPacket } from '../../src/intake/packet.ts';
import { retaught, type Correction } from '../../src/intake/teach.ts';
import { fromBefore, withUsual } from '../../src/intake/usual.ts';
import { pageOf } from './drawn.ts';

/** A form that numbers its boxes, in words that no label knows, its lines close together. */
function grid(plan: string, card: string, wordOver = 'Who pays us'): Page {
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

function valueOf(page: Page, field: FieldName, forms: ReturnType<typeof retaught>) {
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

test('boxes to tick teach nothing: their words are on every copy', () => {
  const form = pageOf('PHYSICIAN REFERRAL FORM', 'How soon              Routine    Urgent    STAT');
  expect(retaught([], [form], corrected(['service.urgency', 'urgent']))).toEqual([]);
});

test('a tick that was read wrong says nothing against its choice on the next copy', () => {
  const form = pageOf('PHYSICIAN REFERRAL FORM', 'Priority: [X] STAT    [ ] Urgent    [ ] Routine');
  const [read] = readPacket([form]).fields;
  expect(read).toMatchObject({ name: 'service.urgency', value: 'stat' });
  expect(retaught([], [form], [{ field: 'service.urgency', value: 'urgent', read }])).toEqual([]);
});

describe('a reason that goes on in the next line', () => {
  const letter = (first: string, second: string) =>
    pageOf('PHYSICIAN REFERRAL FORM', 'Reason for Referral:', first, second, 'Referring Provider: Amy Reed, MD');
  const page = letter('Symmetric hand pain with raised', 'inflammatory markers');
  const { fields } = readPacket([page]);
  const read = fields.find(({ name }) => name === 'service.reason');
  const said = 'Symmetric hand pain with raised inflammatory markers';

  test.each(['', 'Symmetric hand pain', 'Symnetrc hanc pain wlth raised inflamatory markers'])(
    'read as "%s" was read in its right place',
    (misread) => {
      const forms = retaught(
        [],
        [letter('Symnetrc hanc', 'pain')],
        [{ field: 'service.reason', value: said, read: read && { ...read, value: misread } }],
      );
      expect(forms.flatMap(({ lessons }) => lessons.filter(({ holds }) => !holds))).toEqual([]);
      expect(valueOf(page, 'service.reason', forms)).toBe(read?.value);
    },
  );
});

test('what was read and goes on beyond what a lesson shows is kept whole', () => {
  const page = pageOf('PHYSICIAN REFERRAL FORM', 'Patient Name: Ada Quill', 'Codes of it all: M06.9,      R79.82');
  const forms = retaught([], [page], corrected(['service.diagnoses', 'R79.82']));
  expect(forms[0]?.lessons).toHaveLength(1);
  expect(valueOf(page, 'service.diagnoses', forms)).toBe('M06.9, R79.82');
});

test('where a person left a value, it is looked for again when what was read elsewhere is hardly legible', () => {
  const form = (line: string, reason: string) =>
    pageOf(
      'PHYSICIAN REFERRAL FORM',
      'Kept by North Valley Collective',
      line,
      reason,
      'Return this sheet with an answer',
    );
  const first = form('Question for the specialist', 'Knee locks and swells');
  const forms = retaught([], [first], corrected(['service.reason', 'Knee locks and swells']));
  const weak = forms.map((each) => ({ ...each, lessons: each.lessons.map((lesson) => ({ ...lesson, weak: true })) }));
  const next = form('Reason:                     Gnx quorvy tellim', 'Chest pain on climbing stairs');
  const faint = {
    ...next,
    words: next.words.map((word) => (/^(Gnx|quorvy|tellim)$/.test(word.text) ? { ...word, confidence: 0.2 } : word)),
  };
  expect(valueOf(faint, 'service.reason', weak)).toBe('Chest pain on climbing stairs');
  expect(valueOf(next, 'service.reason', weak)).toBe('Gnx quorvy tellim');
});

describe('with the NPI that was read, a name', () => {
  const about = { part: 0, by: 'reading', place: null } as const;
  const npi = { ...about, name: 'referrer.npi', value: '1335182055', confidence: 0.99, sure: true } as const;
  const accepted = [
    { 'referrer.npi': '1335182055', 'referrer.name': 'Dmitri Barlow', 'referrer.phone': '+16175550152' },
    { 'referrer.npi': '1260449073', 'referrer.name': 'Tamsin Ivanov', 'referrer.phone': '+16175550152' },
  ];
  const named = (value: string) => ({ ...about, name: 'referrer.name', value, confidence: 0.9 }) as const;
  const nameIn = (...fields: readonly Field[]) =>
    withUsual(fields, 0, accepted).find(({ name }) => name === 'referrer.name');

  test('is the one that was accepted with it, unread or misread', () => {
    expect(nameIn(npi)).toMatchObject({ value: 'Dmitri Barlow', doubt: fromBefore.unread });
    expect(nameIn(npi, named('Omit Barlow'))).toMatchObject({ value: 'Dmitri Barlow', doubt: fromBefore.mended });
    const sure = nameIn(npi, { ...named('Dmitri Barlowe'), sure: true });
    expect(sure).toMatchObject({ value: 'Dmitri Barlow', sure: false });
    expect(withUsual([npi], 0, accepted)).toHaveLength(2);
  });

  test('stays as it was read where it is another one, or nobody has that number', () => {
    expect(nameIn(npi, named('Carla Espinoza'))?.value).toBe('Carla Espinoza');
    expect(nameIn({ ...npi, value: '1932102084' }, named('Omit Barlow'))?.value).toBe('Omit Barlow');
    expect(nameIn(named('Omit Barlow'))?.value).toBe('Omit Barlow');
  });
});
