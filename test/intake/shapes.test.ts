import { describe, expect, test } from '@jest/globals';
import type { Page, Word } from '../../src/core/page.ts';
import { unannounced } from '../../src/intake/by-shape.ts';
import { readAuthorization } from '../../src/intake/details.ts';
import { readCode, readDiagnoses } from '../../src/intake/diagnoses.ts';
import { labelsOf } from '../../src/intake/labels.ts';
import { hardToRead } from '../../src/intake/sheet.ts';
import { dateIn, readName } from '../../src/intake/values.ts';
import { pageOf, proposed, proposeFields } from './drawn.ts';

/** The same page, with words read otherwise: unsurely, or by a second engine besides. */
function reread(page: Page, others: Readonly<Record<string, Partial<Word>>>): Page {
  return { ...page, words: page.words.map((word) => ({ ...word, ...others[word.text] })) };
}
const second = (said: string): Pick<Word, 'twice'> => ({ twice: { first: 0.5, said, saidSurely: 0.8, figures: '' } });

describe('where the small print is lost, a value is known by its own form', () => {
  const form = [
    'REFERRAL REQUEST',
    'Barlow, Marisol            08/06/1968               Female',
    'ocrnm  tsbrl               jmdn                     xx',
    '408 Alder Ct, Tulsa, OK 74103                       (212) 785-8478',
    'Kaiser Permanente          XK612953254              610279',
    'Dr. Benjamin Vasquez       1451660538',
    'Cedar Ridge Family Medicine   (404) 494-6126        (816) 527-2687',
    'CLINICAL DETAILS',
    'Neurology                  03/02/2026               G43.709, R51.9',
    'Weekly migraine in spite of two preventives',
  ];

  test('and by what stands beside it', () => {
    expect(proposed(...form)).toMatchObject({
      'patient.name': 'Marisol Barlow',
      'patient.birthDate': '1968-08-06',
      'patient.sex': 'F',
      'coverage.payer': 'Kaiser Permanente',
      'coverage.memberId': 'XK612953254',
      'coverage.group': '610279',
      'referrer.name': 'Benjamin Vasquez',
      'referrer.npi': '1451660538',
      'referrer.practice': 'Cedar Ridge Family Medicine',
      'referrer.phone': '+14044946126',
      'referrer.fax': '+18165272687',
      'service.specialty': 'Neurology',
      'service.date': '2026-03-02',
      'service.diagnoses': 'G43.709, R51.9',
      'service.reason': 'Weekly migraine in spite of two preventives',
    });
  });

  test('though nobody takes it unseen', () => {
    const fields = proposeFields([pageOf(...form)]);
    expect(fields.find(({ name }) => name === 'coverage.payer')).toMatchObject({ doubt: unannounced });
    expect(fields.filter(({ doubt, sure }) => doubt === unannounced && sure)).toEqual([]);
  });

  test('unless two of a kind could be meant, or a label gives it to somebody else', () => {
    const read = proposed(
      'REFERRAL REQUEST',
      'Cardiology                 Neurology',
      'Secondary insurance: Humana',
      'PCP: Dr. Amy Rodriguez, MD',
      'Aetna                      Cigna',
    );
    expect(Object.keys(read)).not.toContain('service.specialty');
    expect(Object.keys(read)).not.toContain('coverage.payer');
    expect(Object.keys(read)).not.toContain('referrer.name');
  });

  test('and only on a referral: a letterhead of a laboratory names nobody', () => {
    expect(proposed('LABORATORY REPORT', 'Neurology', 'WBC 5.3', 'Aetna', 'Glucose 88', 'Sodium 140')).toEqual({});
  });
});

describe('what is not there', () => {
  test('specks that stand apart are no words', () => {
    const page = reread(pageOf('REFERRAL REQUEST', 'Date of birth:     ob     04/15/1977', 'Sex:   M      oe'), {
      ob: { confidence: 0.1 },
      oe: { confidence: 0.1 },
    });
    const read = proposeFields([page]);
    expect(read.find(({ name }) => name === 'patient.birthDate')?.value).toBe('1977-04-15');
    expect(read.find(({ name }) => name === 'patient.sex')).toMatchObject({ value: 'M' });
  });
});

describe('labels', () => {
  test('are those that either engine read', () => {
    const page = reread(pageOf('REFERRAL REQUEST', 'Pahcnl: Quill, Ada     OQR: 11/04/1981'), {
      'Pahcnl:': second('Patient:'),
      'OQR:': second('DOB:'),
    });
    const read = proposeFields([page]);
    expect(read.find(({ name }) => name === 'patient.name')?.value).toBe('Ada Quill');
    expect(read.find(({ name }) => name === 'patient.birthDate')?.value).toBe('1981-11-04');
  });

  test('are no words among words, however wide the spaces', () => {
    const page = pageOf('Lakeshore Primary Care', 'REFERRAL REQUEST', 'Patient: Ada Quill');
    const wide = page.words.map((word) => (word.line > 0 ? word : { ...word, box: { ...word.box, height: 10 } }));
    const read = proposeFields([{ ...page, words: wide }]);
    expect(read.find(({ name }) => name === 'referrer.practice')?.value).toBe('Lakeshore Primary Care');
  });

  test('may begin with a small letter that a large I is read as, alone in their place', () => {
    const column = ['REFERRAL REQUEST', 'insurance                Member ID', 'Aetna                    W551963585'];
    expect(proposed(...column)).toMatchObject({ 'coverage.payer': 'Aetna', 'coverage.memberId': 'W551963585' });
  });

  test('may begin with any letter read as a small one, where another of their words has a large one', () => {
    const column = ['REFERRAL REQUEST', 'Ordering Provider        order Date', 'Noah Quist, MD           11/02/2026'];
    expect(proposed(...column)).toMatchObject({ 'service.date': '2026-11-02' });
  });

  test('may say why somebody is sent in words each of which was read badly', () => {
    const said = (label: string) => proposed('REFERRAL REQUEST', label, 'Knee locks and swells')['service.reason'];
    expect(said('Reacen fur relereai')).toBe('Knee locks and swells');
    expect(said('Reason for consutanet')).toBe('Knee locks and swells');
  });

  test('may have dirt between them and their value', () => {
    expect(proposed('REFERRAL REQUEST', 'Group number', '—', '882731')).toMatchObject({ 'coverage.group': '882731' });
  });

  test('are no reason, however badly the next one was read', () => {
    const read = proposed('REFERRAL REQUEST', '15 Reason for referral          lb Uruen y', 'Knee locks and swells');
    expect(read['service.reason']).toBe('Knee locks and swells');
  });

  test("may stand behind an item's number of which the figures were read as letters", () => {
    const read = proposed('REFERRAL REQUEST', 'Il. Provider fax: (212) 395-4422', '9. NPI: 1691679702');
    expect(read).toMatchObject({ 'referrer.fax': '+12123954422' });
  });
});

describe('slips of the reader', () => {
  test('a space behind the day of a date may be lost', () => {
    expect(dateIn('February 7,2026', null)?.value).toBe('2026-02-07');
    expect(dateIn('February 72026', null)).toBeNull();
  });

  test('an l before a consonant is an I, and half of one before a name is none of it', () => {
    expect(readName('Esther lvanov, DO')?.value).toBe('Esther Ivanov');
    expect(readName('Or, Kavita Abernathy')?.value).toBe('Kavita Abernathy');
    expect(readName('Pemberton, I Ingrid')?.value).toBe('Ingrid Pemberton');
    expect(readName('Lloyd, Ada')?.value).toBe('Ada Lloyd');
    expect(readName('Oduya, ingrid')).toEqual({ value: 'Ingrid Oduya', worth: 0.75 });
    expect(readName('Tamsin tvanov, MD')?.value).toBe('Tamsin Ivanov');
    expect(readName('Tamsin treated')).toBeNull();
  });

  test('a number with a sign in it that no number has is none, nor is half of it', () => {
    const said = (text: string) => readAuthorization(text)?.value;
    expect(said('_PA4660780')).toBe('PA4660780');
    expect(['PA1832096', 'AUTH-1832-096,', 'PA18320-'].map(said)).toEqual(['PA1832096', 'AUTH-1832-096', 'PA18320']);
    expect(['PA18320%6', 'PA1832-096%6'].map(said)).toEqual([undefined, undefined]);
  });

  test('a nought where childbirth has no category is a D; a telephone number is no code', () => {
    expect(readCode('050.9')?.code).toBe('D50.9');
    expect(['022.61', 'O22.61', 'O22.5'].map((each) => readCode(each)?.code)).toEqual(['D22.61', 'D22.61', 'O22.5']);
    expect(readCode('O80')?.code).toBe('O80');
    expect(readCode('853.1878')).toBeNull();
  });
});

describe('a page that is poor all over', () => {
  const lines = ['Patient Name: Ada Quill', 'DOB: 07/04/1991', 'Member ID: W334477728', 'Provider NPI: 2252164282'];
  const print = ['ocrnmlaw tsbrlqr jmdnrts zzrtwq mmlrwe rrtqwl', 'wqrtzl ocrnmla tsbrqr jmdrts zztwq mmlwe'];
  const values = new Set(['Ada', 'Quill', '07/04/1991', 'W334477728', '2252164282']);
  const page = (around: number): Page => {
    const drawn = pageOf('REFERRAL REQUEST', ...lines, ...print);
    const garbled = new Set(print.join(' ').split(' '));
    const words = drawn.words.map((word) => {
      if (garbled.has(word.text)) return { ...word, confidence: around };
      return values.has(word.text) ? { ...word, confidence: 0.65 } : word;
    });
    return { ...drawn, words };
  };
  const agreed = (drawn: Page): Page => ({
    ...drawn,
    words: drawn.words.map((word) => (/\d{6}/.test(word.text) ? { ...word, ...second(word.text) } : word)),
  });

  test('was not filled in by hand, and is not taken unseen', () => {
    const npi = (read: Page) => proposeFields([read]).find(({ name }) => name === 'referrer.npi');
    expect(npi(agreed(page(0.45)))).toMatchObject({ value: '2252164282', doubt: hardToRead });
    expect(npi(agreed(page(0.97)))?.doubt).toMatch(/^handwr/);
  });
});

describe('codes', () => {
  test('two engines that name one sign otherwise do not contradict each other', () => {
    const page = reread(pageOf('REFERRAL REQUEST', 'Diagnoses: ROO.2, R55'), { 'ROO.2,': second('R00.2,') });
    const found = proposeFields([page]).find(({ name }) => name === 'service.diagnoses');
    expect(found).toMatchObject({ value: 'R00.2, R55' });
    expect(found).not.toHaveProperty('doubt');
  });

  test('without a dot are known beside others, and not among words', () => {
    const said = (list: string) =>
      proposeFields([pageOf('REFERRAL REQUEST', `Diagnoses: ${list}`)]).find(({ name }) => name === 'service.diagnoses')
        ?.value;
    expect(said('R00.2, RSS')).toBe('R00.2, R55');
    expect(said('R00.2, seen by RSS')).toBe('R00.2');
  });

  test('are found behind a rule, and a J with its hook gone; the middle of a telephone number is none', () => {
    const said = (list: string) => readDiagnoses(list, false)?.value;
    expect(said('|N18.32, R80.9')).toBe('N18.32, R80.9');
    expect(said('R06.09, }98.4')).toBe('R06.09, J98.4');
    expect(said('816.715 5639, M23.91')).toBe('M23.91');
    expect(said('M23,.91, M25.561')).toBe('M23.91, M25.561');
  });

  test('whose point was lost are made out where codes are asked for; one cut short is doubted', () => {
    expect(readDiagnoses('D22 61, L81 4', true)).toEqual({ value: 'D22.61, L81.4', worth: 0.75 });
    expect(readDiagnoses('M06 9, R79 82', true)?.value).toBe('M06.9, R79.82');
    expect(readDiagnoses('R05 3 visits', true)?.value).toBe('R05');
    expect(readDiagnoses('I10 2026', true)?.value).toBe('I10');
    expect(readDiagnoses('M23. ., M25.561', true)).toMatchObject({ worth: 0.6 });
  });

  test('of a form are not denied by a note that names some of them', () => {
    const form = pageOf('REFERRAL REQUEST', 'Patient: Ada Quill', 'Diagnoses: D50.9, R19.5');
    const note = (code: string): Page =>
      pageOf('Progress Note', 'Patient: Ada Quill', `Assessment and plan: anemia (${code})`);
    const said = (code: string) => proposeFields([form, note(code)]).find(({ name }) => name === 'service.diagnoses');
    expect(said('R19.5')).toMatchObject({ value: 'D50.9, R19.5' });
    expect(said('R19.5')).not.toHaveProperty('doubt');
    expect(said('I10.9')).toHaveProperty('doubt', 'the pages disagree');
  });
});

test('where one page says surely what another says without a label, it is sure', () => {
  const form = pageOf('REFERRAL REQUEST', 'Patient: Ada Quill      DOB: 04/12/1960', 'Aetna');
  const sheet = pageOf('PATIENT REGISTRATION', 'Patient: Ada Quill', 'DOB: 04/12/1960', 'Health plan: Aetna');
  const payer = proposeFields([form, sheet]).find(({ name }) => name === 'coverage.payer');
  expect(payer).toMatchObject({ value: 'Aetna', place: { page: 1 } });
  expect(payer).not.toHaveProperty('doubt');
});

test('figures of which the second engine made nothing are no part of the label before them', () => {
  const page = reread(pageOf('PRACTICE PHONE 614 206.7375'), { 614: second('') });
  expect(labelsOf({ page: 0, words: page.words })).toMatchObject([{ text: 'practice phone', from: 0, to: 2 }]);
});
