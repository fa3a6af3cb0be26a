import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Arrangement } from '../../src/core/arrange.ts';
import type { Entry, FieldName } from '../../src/core/entry.ts';
import type { EntryId } from '../../src/core/message.ts';
import { chanceOf } from '../intake/generator/chance.ts';
import { readTyped } from '../intake/typed.ts';
import { arrival, harness, hour, type Harness } from '../harness.ts';

let h: Harness;
beforeEach(() => {
  h = harness({ read: readTyped });
});
afterEach(() => h.close());

const form = (name: string, born: string): string =>
  `PHYSICIAN REFERRAL FORM\nPatient Name: ${name}\nDate of Birth: ${born}\nReferring Provider: Ada Brook, MD\nNPI: 1234567893\nReason for Referral: palpitations at night`;
const note = (name: string, born: string): string =>
  `PROGRESS NOTE\nPatient: ${name}\nDOB: ${born}\nHistory of present illness: palpitations\nPhysical exam: unremarkable`;

const [ada, ben] = [['Ada Quill', '04/09/1961'] as const, ['Ben Thorn', '11/23/1984'] as const];
/** Two referrals in one call: form and note of each. */
const twoPatients = [form(...ada), note(...ada), form(...ben), note(...ben)];

test('pages are split, merged, turned, laid in order and left unassigned; fields follow the pages', async () => {
  const entry = await arrived(twoPatients);
  expect(partsIn(entry)).toEqual([0, 0, 1, 1]);
  expect(valueIn(entry, 1, 'patient.name')).toBe('Ben Thorn');

  const merged = await arrange(entry, { type: 'merge', parts: [1, 0] });
  expect(partsIn(merged)).toEqual([1, 1, 1, 1]);
  expect(fieldIn(merged, 1, 'patient.name')?.doubt).toBe('the pages disagree');

  const split = await arrange(merged, { type: 'assign', pages: [2, 3], part: 'new' });
  expect(partsIn(split)).toEqual([1, 1, 2, 2]);
  expect([1, 2].map((part) => valueIn(split, part, 'patient.name'))).toEqual(['Ada Quill', 'Ben Thorn']);

  const ordered = await arrange(split, { type: 'order', pages: [3, 2, 1, 0] });
  expect(partsIn(ordered)).toEqual([2, 2, 1, 1]);
  const born = fieldIn(ordered, 2, 'patient.birthDate');
  expect((await h.store.pagesIn(ordered))[born?.place?.page ?? -1]?.text).toContain('11/23/1984');

  const turned = await arrange(ordered, { type: 'turn', pages: [0], turn: 270 });
  expect((await arrange(turned, { type: 'turn', pages: [0], turn: 180 })).leaves?.[0]?.turn).toBe(90);

  const loose = await arrange(await h.store.entry(entry.id), { type: 'assign', pages: [3], part: null });
  expect(partsIn(loose)).toEqual([2, 2, 1, null]);
});

test('pages of a call that broke off go to the entry of the one before, and each keeps its name on record', async () => {
  const first = await arrived([form(...ada)]);
  const second = await arrived([note(...ada)], '<m2@far.example>');
  const after = await arrange(second, { type: 'assign', pages: [0], part: 0, entry: first.id });
  expect(after).toMatchObject({ pages: 0, state: 'rejected', reason: `all of its pages were moved to ${first.id}` });
  const whole = await h.store.entry(first.id);
  expect(partsIn(whole)).toEqual([0, 0]);
  expect((await h.store.pagesIn(whole)).map(({ text }) => text)).toEqual([form(...ada), note(...ada)]);
  expect(await h.story(second.message)).toContain('entry.arranged');
  expect(await h.story(first.message)).toContain('entry.arranged');

  await h.turn(91 * 24 * hour);
  expect(await h.store.pagesIn(whole)).toHaveLength(2);
  await h.decideEntry({ ...anna, id: first.id, decision: { type: 'accept', corrections: {} } });
  await h.turn(24 * hour);
  expect(await h.store.pagesIn(whole)).toEqual([]);
});

test('what was done to pages can be taken back for ten seconds, step by step, on both entries', async () => {
  const first = await arrived(twoPatients);
  const second = await arrived([note(...ben)], '<m2@far.example>');
  await arrange(second, { type: 'assign', pages: [0], part: 1, entry: first.id });
  await arrange(await h.store.entry(first.id), { type: 'turn', pages: [4], turn: 90 });
  expect((await h.undoEntry({ ...anna, id: first.id })).leaves?.[4]?.turn).toBe(0);
  await h.undoEntry({ ...anna, id: first.id });
  for (const before of [first, second]) {
    const after = await h.store.entry(before.id);
    const pages = (await h.store.pagesIn(before)).map(({ document, number }) => ({ document, number }));
    expect(after.leaves).toMatchObject(pages);
    expect({ ...after, ...aside }).toEqual({ ...before, ...aside });
  }

  const turned = await arrange(await h.store.entry(first.id), { type: 'turn', pages: [0], turn: 90 });
  await expect(h.undoEntry({ ...anna, who: 'user:ben', id: first.id })).rejects.toThrow(/user:anna did this/);
  await h.turn(16_000);
  await expect(h.undoEntry({ ...anna, id: first.id })).rejects.toThrow(/too late/);
  expect((await h.store.entry(first.id)).version).toBe(turned.version);
});

test('an arrangement that the other entry has outlived is not taken back by halves', async () => {
  const first = await arrived([form(...ada)]);
  const second = await arrived([note(...ada), note(...ada)], '<m2@far.example>');
  await arrange(second, { type: 'assign', pages: [0], part: 0, entry: first.id });
  await arrange(await h.store.entry(first.id), { type: 'turn', pages: [0], turn: 90 });
  await expect(h.undoEntry({ ...anna, id: second.id })).rejects.toThrow(/has changed since/);
  expect((await h.store.entry(second.id)).pages).toBe(1);
});

test('what cannot be done is refused in words, and nothing changes', async () => {
  const entry = await arrived(twoPatients);
  const foreign = await arrived([form(...ada)], '<m3@far.example>', 'referrals@hillside.example');
  const says = (arrangement: Arrangement, version = entry.version) =>
    h.arrangeEntry({ ...anna, id: entry.id, version, arrangement }).then(
      () => 'done',
      (error: unknown) => (error as Error).message,
    );
  expect(await says({ type: 'turn', pages: [0], turn: 90 }, 9)).toContain('has changed meanwhile');
  expect(await says({ type: 'turn', pages: [9], turn: 90 })).toContain('there is no page 9');
  expect(await says({ type: 'order', pages: [0, 1, 2] })).toBe('name every page');
  expect(await says({ type: 'order', pages: [0, 1, 2, 2] })).toContain('each once');
  expect(await says({ type: 'merge', parts: [0, 0] })).toContain('two referrals or more');
  expect(await says({ type: 'merge', parts: [0, 7] })).toContain('no referral 7');
  expect(await says({ type: 'assign', pages: [0], part: 7 })).toContain('no referral 7');
  expect(await says({ type: 'assign', pages: [0], part: 0, entry: foreign.id })).toBe(`${foreign.id} not found`);
  expect(await h.store.entry(entry.id)).toEqual(entry);

  const half = await h.decideEntry({ ...anna, id: entry.id, decision: { type: 'accept', part: 0, corrections: {} } });
  const now = (arrangement: Arrangement) => says(arrangement, half.version);
  expect(await now({ type: 'assign', pages: [0], part: 1 })).toContain('accepted already');
  expect(await now({ type: 'assign', pages: [2], part: 0 })).toContain('accepted already');
  expect(await now({ type: 'merge', parts: [1, 0] })).toContain('accepted already');
  expect(await now({ type: 'assign', pages: [2, 3], part: null })).toContain('no open referral would be left');
  await h.decideEntry({ ...anna, id: entry.id, decision: { type: 'accept', corrections: {} } });
  expect(await says({ type: 'turn', pages: [0], turn: 90 }, half.version + 1)).toContain('is accepted already');
});

test('whatever is done, each page lies in exactly one place', async () => {
  const chance = chanceOf(11);
  const ids = [(await arrived(twoPatients)).id, (await arrived(twoPatients, '<m2@far.example>')).id];
  let done = 0;
  for (let round = 0; round < 120; round++) {
    const id = chance.pick(ids);
    const entry = await h.store.entry(id);
    const pages = Array.from({ length: entry.pages }, (_, page) => page);
    const some = pages.filter(() => chance.yes(0.4));
    const other = ids.find((each) => each !== id);
    const arrangement = chance.pick<Arrangement>([
      { type: 'assign', pages: some, part: chance.pick([0, 1, 2, 'new', null]) },
      { type: 'assign', pages: some, part: chance.pick([0, 'new', null]), entry: other },
      { type: 'merge', parts: [chance.int(3), chance.int(3)] },
      { type: 'turn', pages: some, turn: 90 },
      { type: 'order', pages: pages.toSorted(() => chance.next() - 0.5) },
    ]);
    const said = chance.yes(0.2)
      ? h.undoEntry({ ...anna, id })
      : h.arrangeEntry({ ...anna, id, version: entry.version, arrangement });
    done += await said.then(
      () => 1,
      () => 0,
    );
    const all = await Promise.all(ids.map(async (each) => h.store.pagesIn(await h.store.entry(each))));
    expect(new Set(all.flat().map(({ document, number }) => `${document} ${number}`)).size).toBe(8);
    expect(all.flat()).toHaveLength(8);
  }
  expect(done).toBeGreaterThan(40);
});

const aside = { leaves: [], undoable: [], version: 0 };
const anna = { who: 'user:anna', practices: ['main'] };

const arrange = ({ id, version }: Entry, arrangement: Arrangement): Promise<Entry> =>
  h.arrangeEntry({ ...anna, id, version, arrangement });

const partsIn = ({ sheets = [] }: Entry): (number | null)[] => sheets.map(({ part }) => part);
const fieldIn = ({ fields }: Entry, part: number, name: FieldName) =>
  fields.find((field) => field.name === name && field.part === part);
const valueIn = (entry: Entry, part: number, name: FieldName): string | undefined => fieldIn(entry, part, name)?.value;

async function arrived(
  pages: readonly string[],
  token = '<m1@far.example>',
  address = 'referrals@riverside.example',
): Promise<Entry> {
  const documents = [{ name: 'fax.txt', mediaType: 'text/plain', bytes: Buffer.from(pages.join('\f')) }];
  const origin = { channel: 'direct', token, from: 'dr@far.example', details: {} };
  await h.inbox.message(arrival({ origin, documents, to: [{ channel: 'direct', address }] }));
  await h.turn();
  const { rows } = await h.store.entries({ practices: null, limit: 10 });
  const newest = rows.find(({ id }) => !known.has(id));
  if (!newest) throw new Error('nothing arrived');
  known.add(newest.id);
  return newest;
}
const known = new Set<EntryId>();
