import { expect, test } from '@jest/globals';
import type { FieldName } from '../../src/core/entry.ts';
import { candidate } from '../../src/intake/sheet.ts';
import { asWritten } from '../../src/intake/written.ts';

const written = (name: FieldName, value: string): { readonly value: string; readonly worth: number } => {
  const text = { text: value, confidence: 0.8, line: 0, box: { x: 0, y: 0, width: 9, height: 9 } };
  return asWritten(candidate(name, { value, worth: 1 }, 0, [text], 1));
};

test('handwriting as it is usually written, worth the less the more had to be changed', () => {
  expect(written('patient.name', 'Danel Eduards')).toMatchObject({ value: 'Daniel Edwards', worth: 0.7 });
  expect(written('patient.name', 'Virginia P Hernandez')).toMatchObject({ value: 'Virginia P Hernandez', worth: 1 });
  expect(written('coverage.payer', 'MOLNa HEaLTHcarE')).toMatchObject({ value: 'Molina Healthcare' });
  expect(written('coverage.payer', 'UnitedtteaHhcare')).toMatchObject({ value: 'UnitedHealthcare' });
  expect(written('service.specialty', 'NEPHIROLOGN')).toMatchObject({ value: 'Nephrology' });
});

test('the words that many practices have are spelt as usual, their own stay as they were read', () => {
  expect(written('referrer.practice', 'Harbocview Intecnal Medicine')).toMatchObject({
    value: 'Harbocview Internal Medicine',
    worth: 0.7,
  });
  expect(written('referrer.practice', 'Twin Oaks Clinic')).toMatchObject({ value: 'Twin Oaks Clinic', worth: 1 });
});

test('a name that was read well stays, though a more usual one is like it', () => {
  const read = (confidence: number): string => {
    const box = { x: 0, y: 0, width: 9, height: 9 };
    const words = ['CARLA', 'O’Neal'].map((text) => ({ text, confidence, line: 0, box }));
    return asWritten(candidate('patient.name', { value: 'Carla O’Neal', worth: 1 }, 0, words, 1)).value;
  };
  expect(read(0.96)).toBe('Carla O’Neal');
  expect(read(0.6)).toBe('Carl Neal');
});

test('what is like nothing usual stays as it was read, and a rare name or an unknown payer is worth little', () => {
  const rare = written('referrer.name', 'Adaeze Okonkwo');
  expect([rare.value, rare.worth < 0.3]).toEqual(['Adaeze Okonkwo', true]);
  expect(written('coverage.payer', 'Lakeside Farmers Mutual')).toMatchObject({
    value: 'Lakeside Farmers Mutual',
    worth: 0.4,
  });
  expect(written('patient.mrn', '7190519')).toMatchObject({ value: '7190519', worth: 1 });
});
