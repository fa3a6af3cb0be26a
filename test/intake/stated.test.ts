import { describe, expect, test } from '@jest/globals';
import type { ClinicalHeader } from '../../src/core/clinical.ts';
import type { Field } from '../../src/core/entry.ts';
import { withStated } from '../../src/intake/stated.ts';

const about = (given: string, family: string, birthTime: string | null = '19610409'): ClinicalHeader => ({
  patient: { given, family, birthTime, telecom: null, sex: null, address: null, number: null },
  referrer: { given: null, family: null, npi: null, telecom: null, practice: null },
  reason: null,
});
const sheet = { kind: 'note', part: null, foreign: false, copyOf: null } as const;
const read = (name: Field['name'], value: string, page: number, part = 0): Field => ({
  name,
  value,
  confidence: 0.9,
  place: { page, box: { x: 0, y: 0, width: 1, height: 1 } },
  by: 'reading',
  part,
});
const names = (fields: readonly Field[]): [number, string][] =>
  fields.filter(({ name }) => name === 'patient.name').map(({ part = 0, value }) => [part, value]);

describe('what documents state', () => {
  const packet = {
    sheets: [sheet, { ...sheet, kind: 'referral' as const, part: 0 }, sheet],
    fields: [read('patient.name', 'Paper Person', 1), read('patient.phone', '+12125550123', 1)],
  };

  test('stands above what pages were read to say, which fills the gaps', () => {
    const found = withStated(packet, [
      { clinical: about('Ida May', 'Stated'), pages: 1 },
      { clinical: null, pages: 2 },
    ]);
    expect(names(found.fields)).toEqual([[0, 'Ida May Stated']]);
    expect(found.fields.find(({ name }) => name === 'patient.phone')?.value).toBe('+12125550123');
    expect(found.sheets).toBe(packet.sheets);
  });

  test('of two patients is two referrals, and a third on paper stays its own', () => {
    const found = withStated(packet, [
      { clinical: about('Ida', 'First'), pages: 1 },
      { clinical: null, pages: 1 },
      { clinical: about('Jon', 'Second'), pages: 1 },
    ]);
    expect(names(found.fields)).toEqual([
      [0, 'Ida First'],
      [1, 'Jon Second'],
      [2, 'Paper Person'],
    ]);
    expect(found.sheets.map(({ part, kind }) => [part, kind])).toEqual([
      [0, 'referral'],
      [2, 'referral'],
      [1, 'referral'],
    ]);
  });

  test('of one patient in two documents is one referral', () => {
    const found = withStated({ sheets: [sheet, sheet], fields: [] }, [
      { clinical: about('Ida May', 'Same'), pages: 1 },
      { clinical: about('IDA', 'SAME'), pages: 1 },
    ]);
    expect(names(found.fields)).toEqual([[0, 'Ida May Same']]);
  });
});
