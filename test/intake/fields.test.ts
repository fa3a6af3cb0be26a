import { describe, expect, test } from '@jest/globals';
import type { Page, Word } from '../../src/core/page.ts';
import { clinicalFields } from '../../src/intake/ccda.ts';
import { readDiagnoses } from '../../src/intake/diagnoses.ts';
import { readAddress, readGroup, readMemberId, readMrn } from '../../src/intake/readers.ts';
import { readBirthDate, readName, readNpi, readPhone, readReason } from '../../src/intake/values.ts';
import { pageOf, proposed, proposeFields } from './drawn.ts';

describe('labels point to values', () => {
  test('right of them', () => {
    const read = proposed(
      'Patient Name: REED, ANGELA B        DOB: 07-04-1991',
      'Patient Phone: (503) 463-4421',
      'Referring Provider: Dr. Amy Rodriguez, MD     NPI: 2252164282',
      'Reason for Referral: Chronic cough over 3 months',
      'Date: 11/28/2025',
    );
    expect(read).toEqual({
      'patient.name': 'Angela B Reed',
      'patient.birthDate': '1991-07-04',
      'patient.phone': '+15034634421',
      'referrer.name': 'Amy Rodriguez',
      'referrer.npi': '2252164282',
      'service.date': '2025-11-28',
      'service.reason': 'Chronic cough over 3 months',
    });
  });

  test('under them, in the column of a form', () => {
    const read = proposed(
      'Patient                    Date of Birth        Sex',
      'Angela Reed                07-04-1991           F',
      'Requesting Provider        Referring NPI        Date',
      'Dr. Amy Rodriguez          2252164282           11-28-2025',
    );
    expect(read).toMatchObject({ 'patient.name': 'Angela Reed', 'patient.birthDate': '1991-07-04' });
    expect(read).toMatchObject({ 'referrer.name': 'Amy Rodriguez', 'referrer.npi': '2252164282' });
  });

  test("in the column that they stand in, whatever the other column's line says", () => {
    const read = proposed(
      'PATIENT INFORMATION                     REFERRING PROVIDER',
      'Name: Angela Reed                       Name: Esther Hathaway, MD',
      'DOB: 1-9-1976                           NPI: 1978804932',
      'Sex: F                                  Practice: Harborview Clinic',
      'Phone: (925) 885-4934                   Phone: (212) 638-8533',
      'Chart no: 7030259                       Fax: (505) 919-8059',
    );
    expect(read).toMatchObject({ 'patient.phone': '+19258854934', 'referrer.fax': '+15059198059' });
  });

  test('though a word is taken for too tall', () => {
    const page = pageOf('Reason for referral | Creatinine rising over six months', 'Diagnoses | N18.32');
    const drawn: Readonly<Record<string, readonly [down: number, height: number]>> = {
      Creatinine: [8, 60],
      '|': [-24, 10],
    };
    const words = page.words.map((word) => {
      const [down, height] = (word.line === 0 ? drawn[word.text] : null) ?? [0, word.box.height];
      return { ...word, box: { ...word.box, y: word.box.y + down, height } };
    });
    const reason = proposeFields([{ ...page, words }]).find(({ name }) => name === 'service.reason');
    expect(reason?.value).toBe('Creatinine rising over six months');
  });

  test('though letters were misread', () => {
    const read = proposed('Patlent Nane: Angela Reed', 'Dare of Buth: 07-04-1991', 'Today: 11/28/2025');
    expect(read).toMatchObject({ 'patient.name': 'Angela Reed', 'patient.birthDate': '1991-07-04' });
  });
});

describe('traps are not walked into', () => {
  test('a short word behind a long label is no misread end of it', () => {
    const read = proposed('Patient Angela Reed', 'Reason for Referral ANA 1:640 with malar rash');
    expect(read).toMatchObject({ 'service.reason': 'ANA 1:640 with malar rash' });
  });

  test("the fax header's numbers and our own are no patient's", () => {
    const page = pageOf('', 'Patient: Angela Reed');
    const header: Word[] = ['FROM:', 'Oakwood', 'Phone:', '5122581845', 'TO:', '5554430199', 'P.01/03'].map(
      (text, i) => ({
        text,
        line: 0,
        confidence: 0.95,
        box: { x: 20 + i * 200, y: 10, width: 150, height: 16 },
      }),
    );
    const words = [...header, ...page.words];
    expect(proposeFields([{ ...page, words }]).map(({ name }) => name)).toEqual(['patient.name']);
  });

  test("a practice's telephone is not the patient's, a cover sheet's neither", () => {
    expect(proposed('Referring Provider: Amy Rodriguez', 'Phone: 512-776-0296')).not.toHaveProperty('patient.phone');
    expect(
      proposed('FAX COVER SHEET', 'RE: Angela Reed', 'PHONE: 512-776-0296', 'PAGES: 4 (including cover)'),
    ).not.toHaveProperty('patient.phone');
  });

  test('a date of service is no date of birth', () => {
    expect(proposed('Date: 11/28/2025', 'Order Date: 11/28/2025')).not.toHaveProperty('patient.birthDate');
    expect(proposed('DOB: 01/02/2031', 'Date: 11/28/2025')).toHaveProperty(['patient.birthDate'], '2031-01-02');
  });

  test('whom a fax is for is not who referred', () => {
    expect(proposed('TO: Bayshore Oncology', 'ATTN: Ruth Hughes, MD')).toEqual({});
  });

  test('an empty field stays empty', () => {
    expect(proposed('Patient Name:', 'DOB:', 'NPI:', 'Phone:', 'Reason for Referral:')).toEqual({});
    expect(proposeFields([])).toEqual([]);
  });
});

test('pages that agree make a value surer, one that differs makes it less sure', () => {
  const one = pageOf('Patient: Angela Reed');
  const other = pageOf('Patient: John Cruz');
  const sure = (pages: Page[]): number => proposeFields(pages)[0]?.confidence ?? 0;
  expect(sure([one, one])).toBeGreaterThan(sure([one]));
  expect(sure([one, other])).toBeLessThan(sure([one]));
  expect(proposeFields([other, one, one])[0]).toMatchObject({ value: 'Angela Reed', place: { page: 1 } });
});

test('codes and member numbers are mended where only one thing may stand', () => {
  expect(readDiagnoses('N18.4, E1L.22.', true)?.value).toBe('N18.4, E11.22');
  expect(readDiagnoses('C61 Malignant neoplasm 110 Essential (primary) hypertension', true)?.value).toBe('C61, I10');
  expect(readDiagnoses('110 Maple St', true)).toBeNull();
  expect(readDiagnoses('MOS5.79, M25.50', true)).toEqual({ value: 'M25.50', worth: 0.6 });
  expect(readMemberId('YRPO49M98811')).toEqual({ value: 'YRP049M98811', worth: 0.85 });
  expect(['CAB0032', 'CABO032', 'GR1O3'].map((each) => readGroup(each)?.value)).toEqual([
    'CAB0032',
    'CAB0032',
    'GR103',
  ]);
});

test('a telephone number is no group number', () => {
  expect(readGroup('303-555-0151')).toBeNull();
  expect(readGroup('303-5550151')?.value).toBe('303-5550151');
});

test('a chart number and a rural address are taken whole', () => {
  expect([readMrn('8831-A')?.value, readMrn('8831-A22')?.value]).toEqual(['8831-A', '8831-A22']);
  expect(readAddress('RR 2 BOX 118, OKMULGEE OK 74447')?.value).toBe('RR 2 BOX 118, OKMULGEE OK 74447');
});

describe('values are checked and made canonical', () => {
  test.each([
    ['REED, ANGELA B', 'Angela B Reed'],
    ['Dr. Ashley Peterson, MD FACP', 'Ashley Peterson'],
    ["O'Neil, Mary-Jane", "Mary-Jane O'Neil"],
    ['Brenda Quiñones', 'Brenda Quiñones'],
    ['PETERSON McDonald', 'Peterson McDonald'],
    ['Brenda Quifiones', 'Brenda Quiñones'],
    ['Sofia Griffin', 'Sofia Griffin'],
    ['Emily Morris, PA‘C', 'Emily Morris'],
    ['Referrals Dept.', null],
    ['518 389 6865', null],
    ['Angela', null],
  ])('name %s', (text, value) => {
    expect(readName(text)?.value ?? null).toBe(value);
  });

  test.each([
    ['01/29/1946', '1946-01-29'],
    ['June 22, 1990', '1990-06-22'],
    ['1990-06-22', '1990-06-22'],
    ['O1/29/l946', '1946-01-29'],
    ['3/4/61', '1961-03-04'],
    ['02/30/1990', null],
    ['01/29/1846', null],
    ['01/29/2031', null],
  ])('date of birth %s', (text, value) => {
    expect(readBirthDate(text, '2026-01-10')?.value ?? null).toBe(value);
  });

  test.each([
    ['(518) 389-6865', '+15183896865'],
    ['518 389 6865', '+15183896865'],
    ['5l8-389-6B65', '+15183896865'],
    ['{608)246-9978', '+16082469978'],
    ['389-6865', null],
    ['none', null],
  ])('telephone %s', (text, value) => {
    expect(readPhone(text)?.value ?? null).toBe(value);
  });

  test.each([
    ['2603987084', '2603987084', 1],
    ['26O3987O84', '2603987084', 0.85],
    ['NP11067936181', '1067936181', 1],
    ['3603987084', null, 0],
    ['26039870', null, 0],
  ])('NPI %s', (text, value, worth) => {
    expect(readNpi(text)?.value ?? null).toBe(value);
    expect(readNpi(text)?.worth ?? 0).toBe(worth);
  });

  test('an NPI with one misread digit is mended only when one lookalike checks, and trusted little', () => {
    const all = Array.from({ length: 10 }, (_, at) => {
      const slips: Readonly<Record<string, string>> = { 0: '8', 1: '7', 3: '8', 5: '6', 6: '5', 8: '3' };
      const slip = slips['1234567893'[at] ?? ''];
      return slip ? readNpi('1234567893'.slice(0, at) + slip + '1234567893'.slice(at + 1)) : null;
    });
    const mended = all.filter((value) => value !== null);
    expect(mended.length).toBeGreaterThan(0);
    for (const value of mended) expect(value.worth).toBeLessThanOrEqual(0.5);
  });
});

test("a clinical document's head gives its fields without a place", () => {
  const fields = clinicalFields({
    patient: {
      given: 'Isabel',
      family: 'Fernández',
      birthTime: '19610409',
      telecom: 'tel:+1(212)555-0123',
      sex: 'F',
      address: '1 Harbor Street, New York, NY 10001',
      number: '998991',
    },
    referrer: {
      given: 'Ashley',
      family: 'Peterson',
      npi: '1234567893',
      telecom: 'tel:+12125550100',
      practice: 'Harbor Family Medicine',
    },
    reason: 'New onset atrial fibrillation & fatigue',
  });
  expect(Object.fromEntries(fields.map(({ name, value }) => [name, value]))).toEqual({
    'patient.name': 'Isabel Fernández',
    'patient.birthDate': '1961-04-09',
    'patient.sex': 'F',
    'patient.phone': '+12125550123',
    'patient.address': '1 Harbor Street, New York, NY 10001',
    'patient.mrn': '998991',
    'referrer.name': 'Ashley Peterson',
    'referrer.npi': '1234567893',
    'referrer.phone': '+12125550100',
    'referrer.practice': 'Harbor Family Medicine',
    'service.reason': 'New onset atrial fibrillation & fatigue',
  });
  expect(fields.every(({ place, confidence }) => place === null && confidence > 0.9)).toBe(true);
});

test('a plainly typed letter needs no form: a label ends at its colon, and its only date may be the birth date', () => {
  expect(proposed('Referral', 'Patient: Ada Lee', 'Date of birth: 04/09/1961')).toEqual({
    'patient.name': 'Ada Lee',
    'patient.birthDate': '1961-04-09',
  });
});

describe('what a person must look at', () => {
  const lines = [
    'PHYSICIAN REFERRAL FORM',
    'Patient Name: REED, ANGELA B',
    'Date of Birth: 07-04-1991',
    'Member ID: W334477728',
    'NPI: 2252164282',
    "Today's Date: 11/28/2025",
  ];
  /** Labels end with a colon; every other word is what somebody filled in. */
  const filledIn = (confidence: number): Page => {
    const page = pageOf(...lines);
    const words = page.words.map((word) => {
      const label = lines[word.line]?.split(':')[0]?.split(' ') ?? [];
      return label.includes(word.text.replace(':', '')) ? word : { ...word, confidence };
    });
    return { ...page, words };
  };

  test('handwriting: print that is read surely beside values that are not', () => {
    const fields = proposeFields([filledIn(0.6)]);
    expect(fields.length).toBeGreaterThan(3);
    for (const { name, value, doubt, sure, place } of fields) {
      const asked = value === '' ? 'handwritten: please type what the picture shows' : 'handwriting';
      expect({ name, doubt, sure, place }).toEqual({ name, doubt: asked, sure: undefined, place: expect.anything() });
    }
    expect(proposeFields([filledIn(0.95)]).filter(({ doubt }) => doubt?.startsWith('hand'))).toEqual([]);
  });

  test('figures that two engines read alike, or in a comb, are no handwriting', () => {
    const page = filledIn(0.95);
    const said: Readonly<Record<string, readonly [text: string, said: string, confidence: number]>> = {
      '07-04-1991': ['|0|7]0[4|1|9]9|1|', '0|7|0/4]1|9/9|1', 0.3],
      W334477728: ['W334477728', 'W334477728', 0.99],
      '2252164282': ['2252164282', '2252164282', 0.99],
    };
    const words = page.words.map((word) => {
      const [text, other, confidence] = said[word.text] ?? [];
      const twice = { first: 0.5, said: other ?? '', saidSurely: 0.5, figures: '' };
      return text === undefined ? word : { ...word, text, confidence: confidence ?? 0, twice };
    });
    const fields = proposeFields([{ ...page, words }]);
    expect(fields.find(({ name }) => name === 'coverage.memberId')).toMatchObject({ value: 'W334477728', sure: true });
    expect(fields.filter(({ value, doubt }) => value === '' || doubt?.startsWith('handwr'))).toEqual([]);
  });

  test('handwriting that is hardly made out is shown as its place alone, and so is what is no value at all', () => {
    const poor = filledIn(0.3);
    const scrawl = {
      ...poor,
      words: poor.words.map((word) => (/^07/.test(word.text) ? { ...word, text: '0/-o4' } : word)),
    };
    const fields = proposeFields([scrawl]);
    for (const name of ['patient.name', 'patient.birthDate', 'coverage.memberId'])
      expect(fields.find((each) => each.name === name)).toMatchObject({
        value: '',
        confidence: 0,
        place: expect.anything(),
      });
  });

  test('handwriting: figures where two engines disagree, and names as most people write them', () => {
    const page = filledIn(0.3);
    const read: Readonly<Record<string, readonly [text: string, figures: string]>> = {
      'REED,': ['HERNaNDES,', '5'],
      ANGELA: ['VIRGNIa', '6'],
      B: ['', ''],
      '07-04-1991': ['o7-04-l99l', '07-04-1991'],
      W334477728: ['w334477728', '334477728'],
      '2252164282': ['2252164282', '2252164282'],
    };
    const words = page.words.flatMap((word) => {
      const [text = word.text, figures = ''] = read[word.text] ?? [];
      const twice = { first: 0.3, said: 'scrawl', saidSurely: 0.3, figures };
      return word.confidence > 0.5 || text === '' ? word : { ...word, text, confidence: 0.99, twice };
    });
    const fields = proposeFields([{ ...page, words: words.filter(({ text }) => text !== 'B') }]);
    const shown = Object.fromEntries(fields.map(({ name, value, sure }) => [name, [value, sure]]));
    expect(shown).toMatchObject({
      'patient.birthDate': ['1991-07-04', undefined],
      'coverage.memberId': ['W334477728', undefined],
      'referrer.npi': ['2252164282', undefined],
    });
  });

  test('nothing is sure when pages of one referral name two patients', () => {
    const other = pageOf(
      'PROGRESS NOTE',
      'Patient Name: REED, ANGELA B',
      'Date of Birth: 03-19-1947',
      'Chief Complaint: cough',
    );
    const fields = proposeFields([filledIn(0.97), other]);
    expect(fields.find(({ name }) => name === 'patient.birthDate')?.doubt).toBe('the pages disagree');
    expect(fields.filter(({ sure }) => sure)).toEqual([]);
  });
});

test('what a form lets be chosen beside the reason is not part of it', () => {
  expect(readReason('NUMBNESS OF THE LEFT HAND Routine Urgent STAT')?.value).toBe('NUMBNESS OF THE LEFT HAND');
  expect(readReason('Second opinion, urgent')?.value).toBe('Second opinion, urgent');
});

test('a comma that lost its tail still parts a family name from the given one', () => {
  expect(readName('HATHAWAY. VICTOR')?.value).toBe('Victor Hathaway');
  expect(readName('Wm. Hathaway')?.value).toBe('Wm Hathaway');
});
