import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sheetValidMs, type BoxName, type SheetReading } from '../../src/core/answer-sheet.ts';
import type { Entry } from '../../src/core/entry.ts';
import type { MessageId } from '../../src/core/message.ts';
import { accepted } from '../../src/core/outcome.ts';
import { createDesk } from '../../src/desk.ts';
import { boxes } from '../../src/documents/sheet-layout.ts';
import type { ExtractDeps } from '../../src/pipeline/extract.ts';
import { arrival, harness, readText, request, scripted, submission, type Harness } from '../harness.ts';

/** Pages of the arrival that comes next: text, or what is ticked on a sheet. */
type Leaf = string | { readonly token: string | null; readonly ticked: readonly BoxName[]; readonly text?: string };
let leaves: readonly Leaf[] = [];
let at: Harness;
let token: string;
let sent: Awaited<ReturnType<Harness['submit']>>;

const read: ExtractDeps['read'] = async (document, bytes, signal, urgency, memory) => {
  const one = await readText(document, bytes, signal, urgency, memory);
  const [first] = one.pages;
  if (!first || document.mediaType !== 'image/tiff') return one;
  const pages = leaves.map((leaf, i) => ({
    ...first,
    page: { ...first.page, number: i + 1, text: typeof leaf === 'string' ? leaf : (leaf.text ?? '') },
    ...(typeof leaf === 'string' ? {} : { sheet: readingOf(leaf) }),
  }));
  return { ...one, pages };
};

const readingOf = ({ token, ticked }: Exclude<Leaf, string>): SheetReading => ({
  token,
  boxes: boxes.map(({ name }) => ({ name, mark: ticked.includes(name) ? 'marked' : 'empty', ink: 0 })),
  crop: new Uint8Array([0x89, 0x50]),
});

beforeEach(async () => {
  at = harness({ channels: [scripted('efax', accepted('fax-1'))], read });
  const recipient = { name: 'Far', npi: null, phone: null, endpoints: [{ channel: 'efax', address: '+12125550199' }] };
  sent = await at.submit(submission({ referral: request({ recipient }) }));
  await at.turn();
  token = await sheetToken();
});
afterEach(() => at.close());

async function sheetToken(): Promise<string> {
  const [delivery] = await at.store.deliveriesOf(sent.message);
  const message = await at.store.message(sent.message);
  if (!delivery?.attempt) throw new Error('nothing was sent');
  const desk = createDesk({ store: at.store, now: at.now, draw: () => Promise.resolve([]) });
  const given = await desk.answerSheet({ family: delivery.attempt, message });
  expect(await desk.answerSheet({ family: delivery.attempt, message })).toBe(given);
  return given ?? '';
}

let faxes = 0;
async function faxIn(pages: readonly Leaf[], to = '+12125550101'): Promise<Entry> {
  leaves = pages;
  faxes += 1;
  const endpoint = { channel: 'efax', address: to };
  const file = { name: 'fax.tif', mediaType: 'image/tiff', bytes: Buffer.from(`II*\0 fax ${faxes}`) };
  const origin = { channel: 'efax', token: `fax-${faxes}`, from: '+12125550199', details: {} };
  await at.inbox.message(arrival({ origin, to: [endpoint], documents: [file], raw: null }));
  await at.turn();
  const { rows } = await at.store.entries({ practices: null, limit: 50 });
  const entries = await Promise.all(rows.map(async (row) => ({ row, message: await at.store.message(row.message) })));
  const found = entries.find(({ message }) => message.origin.token.startsWith(`fax-${faxes} `));
  if (!found) throw new Error('the fax was not filed');
  return found.row;
}

const sheet = (...ticked: BoxName[]): Leaf => ({ token, ticked });
const referral = () => at.store.referral(sent.referral);
const story = (message: MessageId = sent.message): Promise<string> => at.story(message);

describe('a sheet that is plain', () => {
  test('moves the referral, is proof of arrival, and asks nobody', async () => {
    const entry = await faxIn([sheet('scheduled', 'month-12', 'day-4')]);
    expect(entry).toMatchObject({ state: 'accepted', referral: sent.referral });
    const { state, steps } = await referral();
    expect(state).toBe('scheduled');
    expect(steps.find(({ to }) => to === 'scheduled')).toMatchObject({ date: '2026-12-04', moved: true });
    expect(await at.state(sent.deliveries[0]?.id ?? 'dlv_')).toBe('delivered');
    const applied = (await at.store.history(sent.message)).find(({ what }) => what === 'answer.applied');
    expect(applied).toMatchObject({ who: 'recipient', facts: { answer: 'scheduled', date: '2026-12-04' } });
    const evidence = await at.store.document(applied?.facts['evidence'] as `doc_${string}`);
    expect([...evidence]).toEqual([0x89, 0x50]);
  });

  test('files the pages behind it as the report', async () => {
    const entry = await faxIn([sheet('seen'), 'the report', 'its second page']);
    expect(entry.state).toBe('accepted');
    const { state, reports } = await referral();
    expect(state).toBe('seen');
    expect(reports?.map(({ pages }) => pages.map(({ number }) => number))).toEqual([[2, 3]]);
  });

  test('among other pages still moves it, and a person looks at those', async () => {
    const entry = await faxIn(['a cover', sheet('received'), 'the report']);
    expect(entry.state).toBe('waiting');
    expect((await referral()).state).toBe('received');
    expect((await referral()).reports?.[0]?.pages).toHaveLength(1);
  });

  test('that asks for information moves it, and waits for whoever finds it', async () => {
    expect((await faxIn([sheet('information')])).state).toBe('waiting');
    expect((await referral()).state).toBe('awaiting-information');
  });

  test('is known by its printed text when neither code can be read', async () => {
    const spelt = `LG ${(token.slice(2).match(/.{4}/g) ?? []).join(' ')}`;
    const misread = spelt.replaceAll('0', 'O').replaceAll('1', 'l');
    await faxIn([{ token: null, ticked: ['received'], text: `Please answer\n${misread}\nQuestions?` }]);
    expect((await referral()).state).toBe('received');
  });

  test('goes on: received, then scheduled, then seen, each once', async () => {
    await faxIn([sheet('received')]);
    await faxIn([sheet('scheduled', 'month-1', 'day-15')]);
    await faxIn([sheet('seen'), 'report']);
    expect((await referral()).steps.map(({ to }) => to)).toEqual(['sent', 'received', 'scheduled', 'seen']);
  });
});

describe('what changes nothing by itself', () => {
  const cases: [string, readonly BoxName[], string][] = [
    ['declined', ['declined', 'reason-capacity'], ''],
    ['two boxes', ['received', 'seen'], 'two boxes are ticked'],
    ['no box', [], 'no box is ticked'],
    ['an appointment without a day', ['scheduled', 'month-12'], 'no single day of the coming year is ticked'],
    ['a day that does not exist', ['scheduled', 'month-2', 'day-30'], 'no single day of the coming year is ticked'],
    ['a day that has passed', ['scheduled', 'month-11', 'day-10'], 'no single day of the coming year is ticked'],
    ['a reason beside another answer', ['received', 'reason-other'], 'a reason to decline is ticked as well'],
  ];
  test.each(cases)('%s goes to a person', async (_, ticked, doubt) => {
    const before = await referral();
    const entry = await faxIn([sheet(...ticked)]);
    expect(entry.state).toBe('waiting');
    expect(entry.answers?.[0]).toMatchObject({ verdict: 'person', referral: sent.referral });
    expect(entry.answers?.[0]?.doubts.join()).toBe(doubt);
    const after = await referral();
    // The paper came back, so it had arrived; nothing else is believed.
    expect(after.steps.slice(before.steps.length).map(({ to }) => to)).toEqual(['received']);
    expect(await story()).toContain('answer.waiting');
  });

  test('a person says what it means, by the same path', async () => {
    const entry = await faxIn([sheet('declined', 'reason-capacity'), 'a letter']);
    const word = { type: 'answer', page: 0, kind: 'declined', date: null, reason: 'no capacity' } as const;
    const done = await at.decideEntry({ id: entry.id, who: 'user:anna', practices: null, decision: word });
    expect(done).toMatchObject({ state: 'accepted', referral: sent.referral, answers: [{ verdict: 'confirmed' }] });
    const { state, steps, reports } = await referral();
    expect([state, steps.at(-1)?.reason, reports?.[0]?.pages.length]).toEqual(['declined', 'no capacity', 1]);
    expect((await faxIn([sheet('declined')])).answers?.[0]?.verdict).toBe('repeated');
  });

  test('a sheet that comes again is repeated, and told', async () => {
    await faxIn([sheet('received')]);
    const before = await referral();
    const entry = await faxIn([sheet('received')]);
    expect([entry.state, entry.answers?.[0]?.verdict]).toEqual(['waiting', 'repeated']);
    expect(await referral()).toEqual(before);
    expect(await story()).toContain('answer.repeated');
  });

  test('after its time it is too late', async () => {
    await at.turn(sheetValidMs);
    const before = await referral();
    expect((await faxIn([sheet('received')])).answers?.[0]?.verdict).toBe('expired');
    expect(await referral()).toEqual(before);
  });

  test.each([
    ['a signature of one letter more or less', (real: string) => real.slice(0, -1) + (real.endsWith('A') ? 'B' : 'A')],
    ['an id that we never gave', (real: string) => `LG${real.startsWith('LG0') ? '1' : '0'}${real.slice(3)}`],
  ])('a forged token: %s', async (_, forge) => {
    const before = await referral();
    const entry = await faxIn([{ token: forge(token), ticked: ['seen'] }, 'pages']);
    expect([entry.state, entry.answers?.[0]?.verdict, entry.answers?.[0]?.referral]).toEqual([
      'waiting',
      'forged',
      null,
    ]);
    expect(await referral()).toEqual(before);
    expect(await story(entry.message)).toContain('answer.forged');
    expect(at.logged.some(({ event }) => event === 'answer.forged')).toBe(true);
  });

  test("a sheet that came to another practice's number tells it nothing", async () => {
    const before = await referral();
    const entry = await faxIn([sheet('seen')], '+12125550201');
    expect(entry.answers?.[0]).toMatchObject({ verdict: 'foreign', referral: null, evidence: null, kind: null });
    expect(await referral()).toEqual(before);
    const word = { type: 'answer', page: 0, kind: 'seen', date: null, reason: null } as const;
    const decision = { id: entry.id, who: 'user:eve', practices: ['other'], decision: word };
    await expect(at.decideEntry(decision)).rejects.toThrow(/no answer to a referral/);
  });

  test('a referral that is closed stays closed', async () => {
    const word = { evidence: 'staff', reason: null, who: 'user:anna', practices: null };
    for (const to of ['received', 'accepted', 'completed', 'closed'] as const)
      await at.recordStep({ referral: sent.referral, to, ...word });
    expect((await faxIn([sheet('received')])).answers?.[0]?.verdict).toBe('person');
    expect((await referral()).state).toBe('closed');
  });
});

test('read again after a crash, an answer counts once', async () => {
  let broken = true;
  const { commit } = at.store;
  at.store.commit = async (change) => {
    if (broken && change.entry) {
      broken = false;
      throw new Error('the process died');
    }
    return commit(change);
  };
  leaves = [sheet('received')];
  await faxIn(leaves).catch(() => undefined);
  await at.turn(3_600_000 * 2);
  const { rows } = await at.store.entries({ practices: null, limit: 5 });
  expect(rows.map(({ state, answers }) => [state, answers?.[0]?.verdict])).toEqual([['accepted', 'applied']]);
  expect((await referral()).steps.filter(({ to }) => to === 'received')).toHaveLength(1);
});
