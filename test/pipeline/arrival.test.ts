import { afterEach, expect, test } from '@jest/globals';
import { accepted } from '../../src/core/outcome.ts';
import { arrival, harness, hour, minute, request, scripted, submission, type Harness } from '../harness.ts';

let h: Harness;
afterEach(() => h.close());

const all = { practices: null, limit: 10 };

test('an arrival is read, filed for its practice, and its sender told twice: processed, then delivered', async () => {
  const direct = scripted('direct', accepted());
  h = harness({ channels: [direct] });
  expect(await h.inbox.message(arrival())).toBe('new');
  await h.turn();
  const { rows } = await h.store.entries(all);
  expect(rows).toMatchObject([{ state: 'waiting', practice: 'main', channel: 'direct', pages: 1 }]);
  expect((await h.store.pagesOf(rows[0]!.message))[0]?.text).toContain('Canary-Quist');
  expect(direct.notices.map(({ notice }) => notice)).toEqual(['processed', 'delivered']);
  expect(await h.story(rows[0]!.message)).toBe(
    'message.received › message.read › acknowledgement.given › delivery.planned › attempt.opened › entry.filed › attempt.accepted › delivery.delivered › acknowledgement.given',
  );
});

test('the same arrival again is a duplicate: kept as one, noted on the first', async () => {
  h = harness();
  const answers = await Promise.all(Array.from({ length: 100 }, () => h.inbox.message(arrival())));
  expect(answers.filter((answer) => answer === 'new')).toHaveLength(1);
  await h.turn();
  const { rows } = await h.store.entries(all);
  expect(rows).toHaveLength(1);
  expect(await h.story(rows[0]!.message)).toContain('message.repeated');
});

test('an old name on new content is another message: nothing accepted is lost', async () => {
  h = harness();
  const other = [{ name: 'letter.txt', mediaType: 'text/plain', bytes: Buffer.from('Somebody else') }];
  expect(await h.inbox.message(arrival())).toBe('new');
  expect(await h.inbox.message(arrival({ documents: other }))).toBe('new');
  expect(await h.inbox.message(arrival({ documents: other }))).toBe('duplicate');
  await h.turn();
  expect((await h.store.entries(all)).rows).toHaveLength(2);
});

test('an arrival for two practices is two messages, and neither sees the other', async () => {
  h = harness();
  const to = ['riverside', 'hillside'].map((name) => ({ channel: 'direct', address: `referrals@${name}.example` }));
  await h.inbox.message(arrival({ to }));
  await h.turn();
  for (const practice of ['main', 'other']) {
    const { rows } = await h.store.entries({ practices: [practice], limit: 10 });
    expect(rows.map((row) => row.practice)).toEqual([practice]);
  }
});

test('what is nobody’s is kept aside, sealed, with its reason', async () => {
  h = harness();
  await h.inbox.message(arrival({ to: [{ channel: 'direct', address: 'nobody@riverside.example' }] }));
  const { rows } = await h.store.quarantined(null, 10);
  expect(rows[0]?.reasons).toEqual(['none of its addresses belongs to a practice here']);
  expect(Buffer.from(await h.store.document(rows[0]!.document)).toString()).toBe('raw bytes');
});

test('a person accepts with a correction, and a referral is born; a second word meets a conflict', async () => {
  h = harness();
  await h.inbox.message(arrival());
  await h.turn();
  const { id } = (await h.store.entries(all)).rows[0]!;
  const word = {
    id,
    who: 'ann',
    practices: ['main'],
    decision: { type: 'accept' as const, corrections: { 'patient.name': 'Wilhelmina Canary-Quist' } },
  };
  const accepted = await h.decideEntry(word);
  expect(await h.store.referral(accepted.referral!)).toMatchObject({
    direction: 'incoming',
    state: 'received',
    request: {
      patient: { name: { family: 'Canary-Quist', given: ['Wilhelmina'] } },
      replyTo: { channel: 'direct', address: 'dr@far.example' },
    },
  });
  await expect(h.decideEntry(word)).rejects.toMatchObject({ code: 'conflict' });
  await expect(h.decideEntry({ ...word, practices: ['other'] })).rejects.toMatchObject({ code: 'not-found' });
});

test('a referral without a patient’s name is not accepted, and says so', async () => {
  h = harness();
  await h.inbox.message(arrival());
  await h.turn();
  const { id } = (await h.store.entries(all)).rows[0]!;
  const word = { id, who: 'ann', practices: null, decision: { type: 'accept' as const, corrections: {} } };
  await expect(h.decideEntry(word)).rejects.toMatchObject({ code: 'invalid' });
  expect((await h.store.entry(id)).state).toBe('waiting');
});

test('the same key is the same referral; with another content it is refused', async () => {
  h = harness();
  const first = await h.submit(submission({ key: 'k1' }));
  expect(await h.submit(submission({ key: 'k1' }))).toEqual(first);
  await expect(h.submit(submission({ key: 'k1', referral: request({ urgency: 'stat' }) }))).rejects.toMatchObject({
    code: 'conflict',
  });
  expect((await h.submit(submission({ key: 'k1', practice: 'other' }))).message).not.toBe(first.message);
});

test('what cannot be sent is refused before anything is stored, naming each file', async () => {
  h = harness();
  const documents = [
    { name: 'a.pdf', mediaType: 'application/pdf', bytes: new Uint8Array() },
    { name: 'b.pdf', mediaType: 'application/pdf', bytes: Buffer.from('<html>hello</html>') },
  ];
  await expect(h.submit(submission({ documents }))).rejects.toMatchObject({
    code: 'invalid',
    fields: { 'document[0]': expect.any(String), 'document[1]': expect.stringContaining('HTML') },
  });
  expect((await h.store.deliveries(all)).rows).toEqual([]);
});

test('documents about different patients are refused before anything is stored: one referral for each patient', async () => {
  h = harness();
  const note = (given: string, family: string, birth: string) => ({
    name: 'note.xml',
    mediaType: 'text/xml',
    bytes: Buffer.from(
      `<cda:ClinicalDocument xmlns:cda="urn:hl7-org:v3"><cda:recordTarget><cda:patientRole><cda:patient>` +
        `<cda:name><cda:given>${given}</cda:given><cda:family>${family}</cda:family></cda:name>` +
        `<cda:birthTime value="${birth}"/></cda:patient></cda:patientRole></cda:recordTarget></cda:ClinicalDocument>`,
    ),
  });
  const patient = {
    name: { family: 'Fernández', given: ['Isabel'] },
    birthDate: '1961-04-09',
    sex: null,
    phone: null,
    identifiers: [],
    coverage: null,
  };
  const own = note('Isabel M', 'Fernandez-Ruiz', '19610409000000');
  const attempt = (documents: readonly ReturnType<typeof note>[], of: typeof patient | null): Promise<unknown> =>
    h.submit(submission({ documents, referral: request({ patient: of }) }));
  for (const [documents, of, field, words] of [
    [
      [own, note('Isabel', 'Fernandez', '19610904')],
      null,
      'document[1]',
      /another patient than file 1 \(the dates of birth/,
    ],
    [[note('Jo', 'Smith', '')], { ...patient, birthDate: '' }, 'document[0]', /than the referral \(the names differ/],
    [
      [note('Isabel', 'Fernandez', '19710409')],
      patient,
      'document[0]',
      /than the referral \(the dates of birth differ/,
    ],
  ] as const) {
    const refusal = { code: 'invalid', fields: { [field]: expect.stringMatching(words) } };
    await expect(attempt(documents, of)).rejects.toMatchObject(refusal);
  }
  expect((await h.store.deliveries(all)).rows).toEqual([]);
  await expect(attempt([own, own, note('', '', '')], patient)).resolves.toHaveProperty('referral');
});

test('a referral with no usable endpoint is held, with the reason for each', async () => {
  h = harness({ channels: [scripted('direct')] });
  const recipient = { name: 'X', npi: null, phone: null, endpoints: [{ channel: 'telex', address: '1' }] };
  const { message, deliveries } = await h.submit(submission({ referral: request({ recipient }) }));
  await h.turn();
  const held = await h.store.delivery(deliveries[0]!.id);
  expect(held).toMatchObject({ state: 'held', rejected: [{ channel: 'telex', reason: 'channel is off' }] });
  expect(await h.story(message)).toBe('message.received › delivery.held');
});

test('a person’s verbs: each moves what it may, keeps its reason sealed, and refuses the rest plainly', async () => {
  h = harness({ channels: [scripted('direct', accepted()), scripted('efax', accepted())] });
  const { message, deliveries } = await h.submit(submission());
  const id = deliveries[0]!.id;
  const by = { id, who: 'ops', practices: null };
  await h.decideDelivery({ ...by, verb: 'hold', reason: 'Wilhelmina asked to wait' });
  await h.turn();
  expect(await h.state(id)).toBe('held');
  await h.decideDelivery({ ...by, verb: 'retry', reason: '' });
  await h.turn();
  expect(await h.state(id)).toBe('sent');
  await expect(h.decideDelivery({ ...by, verb: 'cancel', reason: '' })).rejects.toThrow(
    /is sent: it cannot be cancelled now/,
  );
  await expect(h.decideDelivery({ ...by, practices: ['other'], verb: 'hold', reason: '' })).rejects.toMatchObject({
    code: 'not-found',
  });
  const held = (await h.store.history(message)).find(({ what }) => what === 'delivery.held');
  expect(held).toMatchObject({ who: 'ops', note: 'Wilhelmina asked to wait' });
});

test('content is erased after its time, never before a person has looked; the record stays', async () => {
  h = harness({ channels: [scripted('direct', accepted())] });
  await h.inbox.message(arrival());
  await h.turn();
  const entry = (await h.store.entries(all)).rows[0]!;
  const message = await h.store.message(entry.message);
  await h.turn(91 * 24 * hour);
  expect(await h.store.pagesOf(message.id)).toHaveLength(1);
  await h.decideEntry({
    id: entry.id,
    who: 'ann',
    practices: null,
    decision: { type: 'reject', reason: 'advertisement' },
  });
  await h.turn(2 * 24 * hour);
  expect(await h.store.pagesOf(message.id)).toEqual([]);
  await expect(h.store.document(message.documents[0]!.id)).rejects.toMatchObject({ code: 'not-found' });
  expect(await h.story(message.id)).toContain('entry.rejected › message.erased');
});

test('the log of what happened carries no patient', async () => {
  h = harness({ channels: [scripted('direct', accepted())] });
  await h.submit(submission());
  await h.inbox.message(arrival());
  await h.turn();
  await h.turn(minute);
  expect(h.logged.length).toBeGreaterThan(3);
  expect(JSON.stringify(h.logged)).not.toMatch(/canary|wilhelmina|palpitations|1961/i);
});
