import { describe, expect, test } from '@jest/globals';
import { kindOf } from '../../src/intake/kind.ts';
import { pageOf, proposed, proposeFields } from './drawn.ts';

/** Layouts that practices, plans and EHRs use, each by what is peculiar to it. */
describe('a form may', () => {
  test('number its items and ask for the names apart', () => {
    const read = proposed(
      'SPECIALTY REFERRAL REQUEST FORM          Date: 11/12/2026',
      'MEMBER INFORMATION',
      '1. Last name              2. First name          3. MI',
      'VANDERMEULEN              ROSALIND               K',
      '4. Date of birth          5. Sex                 6. Medicaid ID number',
      '09/30/1988                F                      BT40988123',
      '7. Telephone              8. Address (street, city, state, ZIP)',
      '(614) 555-0163            88 Orchard Row, Columbus OH 43201',
      'REFERRING PROVIDER INFORMATION',
      '9. Name of referring provider      10. Telephone',
      'Priscilla Wo, DO                   (614) 555-0120',
    );
    expect(read).toMatchObject({
      'patient.name': 'Rosalind Vandermeulen',
      'patient.birthDate': '1988-09-30',
      'patient.phone': '+16145550163',
      'coverage.memberId': 'BT40988123',
      'referrer.name': 'Priscilla Wo',
      'referrer.phone': '+16145550120',
    });
  });

  test('print its labels under the lines that are written on', () => {
    const read = proposed(
      'Guillermo Batista               08/22/1983              M',
      'Patient name                    Date of birth           Sex',
      '',
      'Sunshine Health                 SH4410093               (786) 555-0119',
      'Insurance                       Member ID               Patient phone',
      '',
      'Farrah Delgado-Ruiz, ARNP       11/13/2026',
      'Referring provider              Date of referral',
    );
    expect(read).toEqual({
      'patient.name': 'Guillermo Batista',
      'patient.birthDate': '1983-08-22',
      'patient.sex': 'M',
      'patient.phone': '+17865550119',
      'coverage.payer': 'Sunshine Health',
      'coverage.memberId': 'SH4410093',
      'referrer.name': 'Farrah Delgado-Ruiz',
      'service.date': '2026-11-13',
    });
  });

  test('carry the letterhead of those who receive it, and name the specialist with a telephone', () => {
    const read = proposed(
      'Summit Orthopaedic Partners',
      'NEW PATIENT REFERRAL - fax to 303-555-0190',
      'Patient: Ferreira, Duarte       DOB: 12-05-1949',
      'Referring Dr: Ingrid Solheim MD',
      'Office: Clear Creek Internal Medicine',
      'Office Ph: 303-555-0171         Office Fax: 303-555-0172',
      'Referred to: Orthopedics',
      'Provider: Lena Ostrowski, MD',
      'Phone: 303-555-0177             Fax: 303-555-0178',
    );
    expect(read).toMatchObject({
      'referrer.name': 'Ingrid Solheim',
      'referrer.practice': 'Clear Creek Internal Medicine',
      'referrer.phone': '+13035550171',
      'referrer.fax': '+13035550172',
      'service.specialty': 'Orthopedics',
    });
  });

  test('lead to its values by dots, which are read as letters', () => {
    const read = proposed(
      'REFERRAL ORDER',
      'PATIENT .......: WHITEHORSE, DELIA M',
      'SEX eeee nee : F',
      'MEDICARE # ....: LKT8-QD2-PP4O',
      'PRIORITY ......: ROUTINE',
    );
    expect(read).toEqual({
      'patient.name': 'Delia M Whitehorse',
      'patient.sex': 'F',
      'coverage.memberId': '1KT8QD2PP40',
      'service.urgency': 'routine',
    });
  });

  test('begin a value under the number of its label', () => {
    const read = proposed(
      'REFERRING PROVIDER INFORMATION',
      '9. Practice                    10. Telephone   11. Fax',
      'Riverbend Medical Associates   (617) 377-5784  (303) 780-5502',
    );
    expect(read).toMatchObject({ 'referrer.phone': '+16173775784', 'referrer.fax': '+13037805502' });
  });

  test('have boxes so small that they are read as letters, or in brackets', () => {
    expect(proposed('Referral form', 'O STAT  & Urgent (within 7 days)  O Routine')).toEqual({
      'service.urgency': 'urgent',
    });
    expect(proposed('Referral form', 'Priority: [ ] Emergent [X] Urgent [ ] Routine')).toEqual({
      'service.urgency': 'urgent',
    });
    expect(proposed('Referral form', 'Priority: [X] Emergent [X] Urgent [ ] Routine')).toEqual({});
  });

  test('head an order as EHRs do, the name over the chart number', () => {
    const read = proposed(
      'Ambulatory Referral to Gastroenterology (Order 482910334)',
      'Marguerite T. Oduya-Hale',
      'MRN: E3391022   DOB: 3/7/1961   Female',
      'Order Date: 11/18/2026',
    );
    expect(read).toMatchObject({
      'patient.name': 'Marguerite T Oduya-Hale',
      'patient.birthDate': '1961-03-07',
      'patient.sex': 'F',
      'service.specialty': 'Gastroenterology',
    });
  });
});

test('a sticker beside the letterhead names the patient, and its telephone is theirs', () => {
  const read = proposed(
    'PHYSICAL THERAPY PRESCRIPTION                        MCALLISTER, RONAN J',
    'Boise Foothills Orthopedics                          DOB 10/12/1994',
    'Tel: 208.555.0190  Fax: 208.555.0191                 MRN 00448120',
    '                                                     Ph 208-555-0107',
    'Referral for: Physical Therapy',
    'Physician: Marguerite Stone, MD',
    'Date: 11/10/2026',
  );
  expect(read).toMatchObject({
    'patient.name': 'Ronan J McAllister',
    'patient.birthDate': '1994-10-12',
    'referrer.practice': 'Boise Foothills Orthopedics',
    'referrer.phone': '+12085550190',
    'referrer.fax': '+12085550191',
    'referrer.name': 'Marguerite Stone',
    'service.specialty': 'Physical Therapy',
  });
});

test('under headings alone, lines say what they are by their form', () => {
  const read = proposed(
    'Referral to: Pain Management',
    'FROM',
    'Cobb Street Primary Care',
    'Ezekiel Marsh, MD',
    'T (706) 555-0161',
    'F (706) 555-0162',
    'PATIENT',
    'Josephine Tillery',
    'Born 12/24/1960, female',
    '(706) 555-0108',
    '911 Magnolia St, Athens, GA 30601',
    'INSURANCE',
    'UnitedHealthcare, ID 947712003, Group 0712345',
    'DATE',
    '11/16/2026',
  );
  expect(read).toMatchObject({
    'patient.name': 'Josephine Tillery',
    'patient.birthDate': '1960-12-24',
    'patient.phone': '+17065550108',
    'patient.address': '911 Magnolia St, Athens, GA 30601',
    'coverage.memberId': '947712003',
    'coverage.group': '0712345',
    'referrer.name': 'Ezekiel Marsh',
    'referrer.phone': '+17065550161',
    'referrer.fax': '+17065550162',
    'service.specialty': 'Pain Management',
    'service.date': '2026-11-16',
  });
});

test('figures in cells of their own are one number, and a list to choose from names no specialty', () => {
  const read = proposed(
    'Sleep center referral',
    'Referring provider: Kwame Ofori, DO  NPI: 1]5|0|8|8(7|7/1{2/7|',
    'Refer to: Cardiology Neurology Urology',
  );
  expect(read).toMatchObject({ 'referrer.name': 'Kwame Ofori', 'referrer.npi': '1508877127' });
});

test("a parent's or subscriber's name and birth date are not the patient's", () => {
  const read = proposed(
    'REFERRAL REQUEST     Date: 11/18/2026',
    'Child name: Oona Bergstrom     Parent name: Lars Bergstrom',
    'Subscriber DOB: 03/03/1985     Parent phone: 701-555-0125',
    'Insurance: Sanford Health Plan',
  );
  expect(read).toMatchObject({ 'patient.name': 'Oona Bergstrom', 'patient.phone': '+17015550125' });
  expect(read['patient.birthDate']).toBeUndefined();
});

test('a letter asks for a visit in its own words', () => {
  const lines = [
    'Pinecrest Pediatrics',
    'Tel 603-555-0150 | Fax 603-555-0151',
    'November 9, 2026',
    'Child Neurology Clinic',
    'RE: Theo Lindqvist, born 08/14/2019',
    'Dear Colleagues,',
    'I would be grateful if you would see Theo, a 7-year-old boy with two unprovoked',
    'generalized seizures (ICD-10 G40.909). EEG has been requested.',
    'We would appreciate an urgent appointment.',
    'He is insured with Harvard Pilgrim, member number HP0098812301.',
    'With kind regards,',
    'Odalys Fontaine, MD, FAAP',
  ];
  expect(kindOf(pageOf(...lines))).toBe('referral');
  expect(proposed(...lines)).toMatchObject({
    'patient.name': 'Theo Lindqvist',
    'patient.birthDate': '2019-08-14',
    'referrer.name': 'Odalys Fontaine',
    'referrer.phone': '+16035550150',
    'referrer.fax': '+16035550151',
    'service.specialty': 'Neurology',
    'service.urgency': 'urgent',
    'service.diagnoses': 'G40.909',
    'service.date': '2026-11-09',
    'coverage.payer': 'Harvard Pilgrim',
    'coverage.memberId': 'HP0098812301',
  });
});

describe('the sentence of thanks in a letter', () => {
  const letter = (...thanks: readonly string[]) =>
    proposed('Dear colleague,', ...thanks, 'Painless visible haematuria.', 'The history is long. All else is well.');

  test.each([
    ['Ada Quill, a patient of this practice. in urology', 'consultation.'],
    ['Ada Quill, a patient of this practice, in urology', 'consuitation.'],
    ['Ada Quill. 2 patient of this practice, in urology', 'corisultation.'],
  ])('goes on behind its commas: %s', (whom, end) => {
    const read = letter(`Thank you for seeing ${whom}`, end);
    expect(read).toMatchObject({ 'service.specialty': 'Urology', 'service.reason': 'Painless visible haematuria' });
  });

  test('ends behind the consultation, though the next one seems to begin small', () => {
    const read = proposed(
      'Dear colleague,',
      'Thank you for seeing Ada Quill, a patient of this practice, in urology',
      'consultation.',
      'tron deficiency with positive stool test.',
      'The history is long.',
    );
    expect(read['service.reason']).toContain('deficiency with positive stool test');
  });

  test('and the next may have lost their points: what follows is not sure', () => {
    const page = pageOf(
      'Dear colleague,',
      'Thank you for seeing Ada Quill, a patient of this practice, in urology cnrsuhatim,',
      'Painless visible haematuria, the history is long and the examination was otherwise without',
      'findings. Medication is unchanged.',
    );
    const reason = proposeFields([page]).find(({ name }) => name === 'service.reason');
    expect(reason?.value).toBe('Medication is unchanged');
    expect(reason?.sure ?? false).toBe(false);
  });
});

test('under the date of a letter stands whom it is written to', () => {
  const cover = [
    'FAX COVER SHEET',
    'Meadowbrook Health Center',
    'TO: Pinecrest Behavioral Health',
    'FROM: Ada Lee, DO',
  ];
  const letter = [
    'Meadowbrook Health Cc Center. 2025',
    '2218 Church Dr, Suite 218',
    '12/15/2025',
    'Ngoc Phillips, DO',
    'Pinecrest Behavioral Health',
    'RE: Ada Quill',
    'Dear Dr. Phillips:',
    'Thank you for seeing Ada Quill in behavioral health consultation. Anxiety with panic attacks.',
  ];
  const read = proposeFields([pageOf(...cover), pageOf(...letter)]);
  expect(read.find(({ name }) => name === 'referrer.practice')?.value).toBe('Meadowbrook Health Center');
});

test('a word in brackets is no label in a list of diagnoses', () => {
  const read = proposed(
    'Ambulatory Referral Order',
    'Diagnosis          C61 Malignant neoplasm of prostate',
    '                   110 Essential (primary) hypertension',
    'Reason for Referral: platelets 68',
  );
  expect(read['service.diagnoses']).toBe('C61, I10');
});

test("a plan and its member number are no print-out's line of a name and a chart number", () => {
  const read = proposed('REFERRAL REQUEST', 'CARRIER Ambetter      ID # U048397876-01', 'GROUP # 2CVA');
  expect(read).toMatchObject({ 'coverage.memberId': 'U048397876-01' });
  expect(read['patient.mrn']).toBeUndefined();
  expect(proposed('HILL, ADA (id #31821502, dob: 1948-04-30)', 'Ambulatory Referral Order')).toMatchObject({
    'patient.mrn': '31821502',
  });
});

test('the name of a practice may stand before its numbers at the foot of a print-out', () => {
  const read = proposed(
    'Ambulatory Referral to Dermatology',
    'Ada Quill',
    'Phone (H): (404) 555-0152',
    'Reason for Referral: changing lesion on the left shoulder',
    ...Array.from({ length: 25 }, () => ''),
    'Twin  Oaks  Clinic      Phone: 617-555-0152   Fax: 303-555-0151',
    'Provider NPI: 1335182055',
  );
  expect(read).toMatchObject({ 'referrer.practice': 'Twin Oaks Clinic', 'patient.phone': '+14045550152' });
});

test.each([
  ['imaging', ['X-RAY REPORT', 'Shoulders, 2 views', 'Conclusion: Mild osteoarthritis.', 'Read by: M. Quist, MD']],
  ['junk', ['LOW RATES ON MEDICAL SUPPLIES', 'Order now', 'To stop receiving these faxes call 1-888-555-0145']],
  ['junk', ['ATTENTION OFFICE MANAGER', 'Estimates at no cost', 'To be removed from our fax list dial 1-800-555-0101']],
] as const)('a page of kind %s', (kind, lines) => {
  expect(kindOf(pageOf(...lines))).toBe(kind);
});
