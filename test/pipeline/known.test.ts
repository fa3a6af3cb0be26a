import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Entry, FieldName } from '../../src/core/entry.ts';
import { readTyped } from '../intake/typed.ts';
import { arrival, harness, type Harness } from '../harness.ts';

let h: Harness;
beforeEach(() => {
  h = harness({ read: readTyped });
});
afterEach(() => h.close());

const anna = { who: 'user:anna', practices: null };

interface Told {
  readonly name?: string;
  readonly born?: string;
  readonly member?: string;
  readonly doctor?: string;
  readonly npi?: string;
}

const form = ({
  name = 'Ada Quill',
  born = '06/22/1990',
  member = 'W718493055',
  doctor = 'Ben Thorn',
  npi,
}: Told = {}) =>
  [
    'PHYSICIAN REFERRAL FORM',
    `Patient Name: ${name}`,
    `Date of Birth: ${born}`,
    `Member ID: ${member}`,
    `Referring Provider: ${doctor}, MD`,
    ...(npi === undefined ? [] : [`NPI: ${npi}`]),
    'Reason for Referral: palpitations at night since spring',
  ].join('\n');

test('a patient and a sender who were accepted before are known again, with the evidence', async () => {
  const first = await arrived(form({ npi: '1234567893' }));
  expect(first.matches).toEqual([]);
  const [referral] = await accepted(first, { 'patient.phone': '+15205833599' });
  const again = await arrived(form());
  expect(again.matches).toEqual([
    {
      ...{ part: 0, who: 'patient', referral, at: expect.any(Number), certain: true },
      agree: ['patient.name', 'patient.birthDate', 'coverage.memberId'],
      differ: [{ field: 'patient.phone', value: '+15205833599' }],
    },
    {
      ...{ part: 0, who: 'sender', referral, at: expect.any(Number), certain: true },
      agree: ['referrer.name'],
      differ: [{ field: 'referrer.npi', value: '1234567893' }],
    },
  ]);
  expect(fieldOf(again, 'patient.phone')).toBeUndefined();
  expect(fieldOf(again, 'patient.name')?.confidence).toBeGreaterThan(fieldOf(first, 'patient.name')?.confidence ?? 1);
});

test('whoever may be somebody else waits for a person: a twin, and one of two who fit', async () => {
  await accepted(await arrived(form()));
  const twin = await arrived(form({ name: 'Ida Quill', member: 'W718493056' }));
  expect(twin.matches?.filter(({ who }) => who === 'patient')).toEqual([]);
  const near = await arrived(form({ name: 'Ada Quilt', member: 'W718493056' }));
  expect(near.matches?.[0]).toMatchObject({ who: 'patient', certain: false });
  for (const name of ['patient.name', 'patient.birthDate'] as const)
    expect(fieldOf(near, name)).toMatchObject({ sure: false, doubt: expect.stringContaining('close to a patient') });
  await accepted(near);
  const either = await arrived(form({ name: 'Ada Quill' }));
  const patients = either.matches?.filter(({ who }) => who === 'patient') ?? [];
  expect(patients.map(({ certain }) => certain)).toEqual([false, false]);
  expect(fieldOf(either, 'patient.name')).toMatchObject({ sure: false });
});

test('a diagnosis that is no code this year asks for a look', async () => {
  await h.close();
  h = harness({ read: readTyped, diagnosisCodes: new Set(['R002']) });
  const diagnoses = async (text: string) =>
    fieldOf(await arrived(`${form()}\nDiagnosis (ICD-10): ${text}`), 'service.diagnoses');
  const doubt = 'not among this year’s codes: R00.7';
  expect(await diagnoses('R00.2, R00.7')).toMatchObject({ value: 'R00.2, R00.7', sure: false, doubt });
  expect((await diagnoses('R00.2'))?.doubt).toBeUndefined();
});

test('no practice knows the patients of another; what was taken back makes nobody known', async () => {
  await accepted(await arrived(form()));
  expect((await arrived(form(), 'referrals@hillside.example')).matches).toEqual([]);
  const other = await arrived(form({ name: 'Grace Oduya', born: '01/02/1950', member: 'X1', doctor: 'Leo Yamada' }));
  await accepted(other);
  await h.undoEntry({ ...anna, id: other.id });
  const again = await arrived(form({ name: 'Grace Oduya', born: '01/02/1950', doctor: 'Leo Yamada' }));
  expect(again.matches?.filter(({ who }) => who === 'patient')).toEqual([]);
});

test('a practice of the directory is known by its numbers', async () => {
  const text = `${form({ doctor: 'Leo Yamada' })}\nPractice: Hillside Cardiology\nOffice Fax: (212) 555-0201`;
  const match = (await arrived(text)).matches?.find(({ who }) => who === 'sender');
  expect(match).toMatchObject({ referral: null, at: null, agree: expect.arrayContaining(['referrer.fax']) });
});

test('a sender whom the practice refers to itself is known by his NPI', async () => {
  const endpoints = [{ channel: 'efax', address: '+15125550144' }];
  const recipient = { name: 'Ben Thorn', npi: '1234567893', phone: null, endpoints };
  const kept = { ...recipient, id: 'rcp_1', practice: 'main', changedAt: 1, by: 'anna', version: 1 } as const;
  await h.store.commit({ recipient: kept, events: [] });
  const match = (await arrived(form({ npi: '1234567893' }))).matches?.find(({ who }) => who === 'sender');
  expect(match).toEqual({
    ...{ part: 0, who: 'sender', referral: null, at: null, certain: true },
    agree: ['referrer.name', 'referrer.npi'],
    differ: [{ field: 'referrer.fax', value: '+15125550144' }],
  });
});

test('what a sender says of himself each time is filled in where it is not made out, for a person to look at', async () => {
  for (const name of ['Ada Quill', 'Grace Oduya', 'Leo Yamada'])
    await accepted(await arrived(form({ name, member: `W${name.length}18493055`, npi: '1234567893' })));
  const fourth = await arrived(form({ name: 'Tamsin Barlow', doctor: 'Ben Thorm' }));
  expect(fieldOf(fourth, 'referrer.npi')).toMatchObject({
    ...{ value: '1234567893', place: null, confidence: 0.85 },
    doubt: expect.stringContaining('not made out'),
  });
  expect(fieldOf(fourth, 'patient.name')?.value).toBe('Tamsin Barlow');
  expect(fieldOf(await arrived(form({ doctor: 'Leo Yamada' })), 'referrer.name')?.value).toBe('Leo Yamada');
});

const fieldOf = ({ fields }: Entry, name: FieldName) => fields.find((field) => field.name === name);

async function accepted(entry: Entry, corrections: Partial<Record<FieldName, string>> = {}): Promise<string[]> {
  const after = await h.decideEntry({ ...anna, id: entry.id, decision: { type: 'accept', corrections } });
  return (after.accepted ?? []).map(({ referral }) => referral);
}

let arrivals = 0;
const seen = new Set<string>();
async function arrived(text: string, address = 'referrals@riverside.example'): Promise<Entry> {
  const documents = [{ name: 'fax.txt', mediaType: 'text/plain', bytes: Buffer.from(text) }];
  const token = `<m${String(++arrivals)}@far.example>`;
  const origin = { channel: 'direct', token, from: 'dr@far.example', details: {} };
  await h.inbox.message(arrival({ origin, documents, to: [{ channel: 'direct', address }] }));
  await h.turn();
  const { rows } = await h.store.entries({ practices: null, limit: 50 });
  const entry = rows.find(({ id }) => !seen.has(id));
  if (!entry) throw new Error('nothing arrived');
  seen.add(entry.id);
  return entry;
}
