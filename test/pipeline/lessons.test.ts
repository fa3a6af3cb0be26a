import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Entry, FieldName } from '../../src/core/entry.ts';
import { chanceOf } from '../intake/generator/chance.ts';
import { readTyped } from '../intake/typed.ts';
import { arrival, harness, type Harness } from '../harness.ts';

let h: Harness;
beforeEach(() => {
  h = harness({ read: readTyped });
});
afterEach(() => h.close());

type Said = Partial<Record<FieldName, string>>;

/** A form as nobody else prints it: our labels know hardly one of its words, and one of them in another sense. */
function oddForm(seed: number): { readonly text: string; readonly said: Said } {
  const chance = chanceOf(seed);
  const given = chance.pick(['Ada', 'Leon', 'Grace', 'Tamsin', 'Ursula', 'Yusuf']);
  const family = chance.pick(['Quill', 'Yamada', 'Lindqvist', 'Abernathy', 'Pemberton', 'Kettering']);
  const born = `19${String(30 + chance.int(60))}-0${String(1 + chance.int(9))}-1${String(chance.int(9))}`;
  const member = `W${chance.digits(9)}`;
  const chart = chance.digits(8);
  const phone = `212-5${chance.digits(2)}-${chance.digits(4)}`;
  const reason = chance.pick(['Palpitations since spring', 'Chronic cough for months', 'Right knee locks and swells']);
  const [year = '', month = '', day = ''] = born.split('-');
  return {
    text: [
      'NORTH VALLEY HEALTH COLLECTIVE',
      'PHYSICIAN REFERRAL FORM for our friends in town',
      `Who is coming: ${given} ${family}`,
      `First saw the light: ${month}/${day}/${year}`,
      `Reachable under: ${phone}`,
      `Shelf mark: ${chart}`,
      `Card carries: ${member}`,
      `What troubles them: ${reason}`,
      'Colleague who asks: Esther Oduya, MD',
      'Please return this sheet together with your answer and thank you kindly',
    ].join('\n'),
    said: {
      'patient.name': `${given} ${family}`,
      'patient.birthDate': born,
      'patient.phone': `+1${phone.replaceAll('-', '')}`,
      'patient.mrn': chart,
      'coverage.memberId': member,
      'service.reason': reason,
      'referrer.name': 'Esther Oduya',
    },
  };
}

test('after three corrected packets at least half of the errors of a sender are gone', async () => {
  const before = await errorsOf('+15125550177', [4, 5, 6]);
  for (const seed of [1, 2, 3]) await corrected('+15125550123', seed);
  const after = await errorsOf('+15125550123', [4, 5, 6]);
  expect(before).toBeGreaterThan(12);
  expect(after).toBeLessThanOrEqual(before / 2);
  expect(await errorsOf('+15125550188', [4, 5, 6])).toBe(before);
});

test('words of labels and places are learnt, no values, for one practice; and they are forgotten when asked to', async () => {
  const { said } = await corrected('+15125550123', 1);
  const [lessons, more] = await h.store.lessonsIn(['main']);
  expect(more).toBeUndefined();
  expect(lessons?.forms[0]?.lessons).toContainEqual(
    expect.objectContaining({ field: 'patient.mrn', label: 'shelf mark', side: 'right', holds: true }),
  );
  const kept = JSON.stringify(lessons?.forms).toLowerCase();
  for (const value of Object.values(said).flatMap((each) => each.toLowerCase().split(' ')))
    expect([value, kept.includes(value)]).toEqual([value, false]);
  expect(await h.store.lessonsIn(['other'])).toEqual([]);

  const word = { who: 'user:anna', id: lessons?.id ?? '' };
  await expect(h.forgetLessons({ ...word, practices: ['other'] })).rejects.toMatchObject({ code: 'not-found' });
  await h.forgetLessons({ ...word, practices: ['main'] });
  expect(await h.store.lessonsIn(null)).toEqual([]);
});

test('a decision that is taken back has taught nothing', async () => {
  const { entry } = await corrected('+15125550123', 1);
  await h.undoEntry({ ...anna, id: entry.id });
  expect((await h.store.lessonsIn(null)).flatMap(({ forms }) => forms)).toEqual([]);
});

test('what was read where another thing stands is not read there again', async () => {
  const text = 'PHYSICIAN REFERRAL FORM\nPatient Name: Ada Quill\nMRN: 44556677\nReferring Provider: Ben Thorn, MD';
  const entry = await arrived('+15125550123', text);
  expect(valueOf(entry, 'patient.mrn')).toBe('44556677');
  await h.decideEntry({
    ...anna,
    id: entry.id,
    decision: { type: 'accept', corrections: { 'patient.mrn': '' } },
  });
  expect(valueOf(await arrived('+15125550123', text.replace('44556677', '99887766')), 'patient.mrn')).toBeUndefined();
});

test('a value that was right is found in its place when the word that announces it is lost', async () => {
  const form = (chart: string, label: string): string =>
    `PHYSICIAN REFERRAL FORM\nSpecialty clinics downtown campus\nPatient Name: Ada Quill\n${label}: ${chart}\nReferring Provider: Ben Thorn, MD`;
  const lost = form('99887766', 'Zzkw');
  expect(valueOf(await arrived('+15125550123', lost), 'patient.mrn')).toBeUndefined();
  const first = await arrived('+15125550123', form('44556677', 'MRN'));
  await h.decideEntry({ ...anna, id: first.id, decision: { type: 'accept', corrections: {} } });
  expect(valueOf(await arrived('+15125550123', lost), 'patient.mrn')).toBe('99887766');
});

const anna = { who: 'user:anna', practices: ['main'] };
const valueOf = ({ fields }: Entry, name: FieldName): string | undefined =>
  fields.find((field) => field.name === name)?.value;

async function errorsOf(from: string, seeds: readonly number[]): Promise<number> {
  let errors = 0;
  for (const seed of seeds) {
    const { text, said } = oddForm(seed);
    const entry = await arrived(from, text);
    for (const [name, value] of Object.entries(said)) errors += Number(valueOf(entry, name as FieldName) !== value);
  }
  return errors;
}

async function corrected(from: string, seed: number): Promise<{ readonly entry: Entry; readonly said: Said }> {
  const { text, said } = oddForm(seed);
  const entry = await arrived(from, text);
  await h.decideEntry({ ...anna, id: entry.id, decision: { type: 'accept', corrections: said } });
  return { entry, said };
}

let arrivals = 0;
async function arrived(from: string, text: string): Promise<Entry> {
  const documents = [{ name: 'fax.txt', mediaType: 'text/plain', bytes: Buffer.from(text) }];
  const origin = { channel: 'direct', token: `<m${String(++arrivals)}@far.example>`, from, details: {} };
  await h.inbox.message(arrival({ origin, documents }));
  await h.turn();
  const { rows } = await h.store.entries({ practices: ['main'], limit: 100 });
  const entry = rows.find(({ id }) => !known.has(id));
  if (!entry) throw new Error('nothing arrived');
  known.add(entry.id);
  return entry;
}
const known = new Set<string>();
