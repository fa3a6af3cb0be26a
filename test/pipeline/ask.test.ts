import { afterEach, expect, test } from '@jest/globals';
import { accepted } from '../../src/core/outcome.ts';
import { openSandbox } from '../../src/documents/sandbox.ts';
import { keptLog, read } from '../documents/tools.ts';
import { arrival, harness, scripted, type Harness } from '../harness.ts';

let h: Harness;
afterEach(() => h.close());

const ann = { who: 'ann', practices: ['main'] };

test('what is missing is asked of the sender, by the route it came by, without naming the patient', async () => {
  const direct = scripted('direct', accepted());
  h = harness({ channels: [direct] });
  await h.inbox.message(arrival());
  await h.turn();
  const entry = (await h.store.entries({ practices: null, limit: 10 })).rows[0]!;
  const asked = await h.askSender({ ...ann, id: entry.id });
  await h.turn();
  expect(direct.sent).toHaveLength(1);
  expect(direct.sent[0]?.endpoint).toEqual({ channel: 'direct', address: 'dr@far.example' });
  const [{ message, fields }] = asked.asked as [NonNullable<typeof asked.asked>[number]];
  expect(fields).toContain('patient.birthDate');
  expect(await h.story(entry.message)).toContain('entry.asked');

  const { documents } = await h.store.message(message);
  const sandbox = openSandbox({ log: keptLog().log });
  const letter = await read(sandbox, 'request.pdf', await h.store.document(documents[0]!.id));
  await sandbox.close();
  const text = letter.pages.map(({ page }) => page.text).join('\n');
  expect(text).toContain("the patient's date of birth");
  expect(text).toContain(entry.id);
  expect(text).not.toContain('Canary-Quist');
});

test('nobody is asked for nothing, for what is decided, or without an address', async () => {
  h = harness({ channels: [scripted('direct', accepted())] });
  await h.inbox.message(arrival());
  await h.inbox.message(
    arrival({
      origin: { channel: 'direct', token: '<m2@far.example>', from: null, details: {} },
      subject: 'no sender',
    }),
  );
  await h.turn();
  const { rows } = await h.store.entries({ practices: null, limit: 10 });
  const froms = await Promise.all(rows.map(async (row) => (await h.store.message(row.message)).origin.from));
  const [named, nameless] = [rows[froms.findIndex((from) => from !== null)]!, rows[froms.indexOf(null)]!];
  await expect(h.askSender({ ...ann, id: nameless.id })).rejects.toThrow(/no address to write to/);
  await expect(h.askSender({ ...ann, id: named.id, fields: [] })).rejects.toThrow(/nothing is missing/);
  await expect(h.askSender({ ...ann, id: named.id, part: 3 })).rejects.toThrow(/no open referral 3/);
  await expect(h.askSender({ ...ann, practices: ['other'], id: named.id })).rejects.toMatchObject({
    code: 'not-found',
  });
  await h.decideEntry({ ...ann, id: named.id, decision: { type: 'reject', reason: 'not ours' } });
  await expect(h.askSender({ ...ann, id: named.id })).rejects.toThrow(/rejected already/);
});
