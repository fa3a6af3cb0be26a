import { describe, expect, test } from '@jest/globals';
import type { PageKind } from '../../src/core/entry.ts';
import type { Identity } from '../../src/intake/identity.ts';
import { kindOf } from '../../src/intake/kind.ts';
import { divided, type Told } from '../../src/intake/split.ts';
import { pageOf } from './drawn.ts';

describe('what a page is', () => {
  test('though its words were read with slips', () => {
    expect(kindOf(pageOf('Patent Registraton', 'Emergancy contact: Kim Doe', 'Guarantar: Ada Lee'))).toBe('facesheet');
    expect(kindOf(pageOf('Ambulatory Referral to Cardiology', 'Ada Lee', 'Payor: Aetna'))).toBe('referral');
  });

  test('by its heading, though its text speaks of other things', () => {
    const note = pageOf(
      'Harborview Internal Medicine',
      'Progress Note',
      'Refer to Dermatology',
      'NPI 1705078214',
      'ICD 10',
    );
    expect(kindOf(note)).toBe('note');
    expect(kindOf(pageOf('Meridian Reference Laboratory', 'oe 4E 2RT', '3.5 5.1'))).toBe('labs');
  });

  test('a card: few words under the name of a payer', () => {
    expect(kindOf(pageOf('UnitedHealthcare', 'Meaertr boess', '602 371', 'sds gla'))).toBe('insurance_card');
    const letter = Array.from({ length: 12 }, () => 'She has had this for years and would like to be seen');
    expect(kindOf(pageOf('Aetna', ...letter))).not.toBe('insurance_card');
  });
});

describe('whose a page is', () => {
  const who = (said: Partial<Identity>): Identity => ({ names: [], births: [], charts: [], firm: true, ...said });
  const told = (kind: PageKind, said: Partial<Identity> = {}): Told => ({ kind, identity: who(said), copyOf: null });
  const parts = (...pages: readonly Told[]) => divided(pages).map(({ part, foreign }) => (foreign ? 'foreign' : part));
  const ada = { names: ['Ada Quill'], births: ['1960-04-12'] };
  const bob = { names: ['Jerome Vasquez'], births: ['2019-08-07'] };

  test('an empty page behind a foreign one goes with the referral, another without a name does not', () => {
    expect(parts(told('referral', ada), told('labs', bob), told('blank'))).toEqual([0, 'foreign', 0]);
    expect(parts(told('referral', ada), told('blank'), told('labs', bob), told('imaging'))).toEqual([
      ...[0, 0, 'foreign'],
      null,
    ]);
  });

  test('behind a form that names nobody most pages say whom it is about', () => {
    expect(parts(told('referral'), told('labs', ada), told('imaging', ada), told('labs', bob))).toEqual([
      ...[0, 0, 0],
      'foreign',
    ]);
    // One against one says nothing: a person has to look.
    expect(parts(told('referral'), told('labs', ada), told('labs', bob))).toEqual([0, 0, 0]);
  });

  test('a page of no known kind goes with what it follows, or whom it names', () => {
    expect(parts(told('referral', ada), told('other'), told('junk'))).toEqual([0, 0, null]);
    expect(parts(told('referral', ada), told('other', bob), told('referral', bob))).toEqual([0, 1, 1]);
    expect(parts(told('referral', ada), told('other'), told('note', bob))).toEqual([0, null, 'foreign']);
  });

  test('half of a name that was hardly made out is not another person’s', () => {
    const garbled = { names: ['Pand Quil'], firm: false };
    expect(parts(told('referral', ada), told('labs', garbled))).toEqual([0, 0]);
    expect(parts(told('referral', ada), told('labs', { ...garbled, firm: true }))).toEqual([0, 'foreign']);
    expect(parts(told('referral', ada), told('labs', { ...garbled, births: ['1999-01-01'] }))).toEqual([0, 'foreign']);
  });
});
