import { expect, test } from '@jest/globals';
import { diagnosisCodesIn, unlistedIn } from '../../src/core/diagnosis-codes.ts';

const names = `A000    Cholera due to Vibrio cholerae 01, biovar cholerae
E1165   Type 2 diabetes mellitus with hyperglycemia\r
I10     Essential (primary) hypertension
S72001A Fracture of unspecified part of neck of right femur, initial encounter for closed fracture
`;

const order = `00001 A00     0 Cholera                                                      Cholera
00002 A000    1 Cholera due to Vibrio cholerae 01, biovar cholerae           Cholera due to Vibrio cholerae 01, biovar cholerae
04812 S72001A 1 Fracture of unsp part of neck of right femur, init           Fracture of unspecified part of neck of right femur
`;

test('codes are read from either file that CMS publishes, headings left out', () => {
  expect([...diagnosisCodesIn(names)]).toEqual(['A000', 'E1165', 'I10', 'S72001A']);
  expect([...diagnosisCodesIn(order)]).toEqual(['A000', 'S72001A']);
  expect(diagnosisCodesIn('# ICD-10-CM\n<html>').size).toBe(0);
});

test('what is not on the list is named as it was read', () => {
  expect(unlistedIn('E11.65, I10, S72.001A', diagnosisCodesIn(names))).toEqual([]);
  expect(unlistedIn('E11.6, I10, S72.001X', diagnosisCodesIn(names))).toEqual(['E11.6', 'S72.001X']);
});
