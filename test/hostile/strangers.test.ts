import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readIdentities } from '../../channels/direct/files.ts';
import { oaep, strangersMessage } from '../channels/direct/strangers.ts';
import { letter, pdf, run, type Person } from '../channels/direct/support.ts';
import { neighbourhood, type Neighbourhood } from '../e2e/neighbourhood.ts';
import { until } from '../harness.ts';

/** A message made by openssl and sent by swaks, through the whole product. What a channel makes of its many variants is
 *  tested with the channel. */

const ours = 'referrals@riverside.example';
let town: Neighbourhood;
let stranger: Person;
beforeAll(async () => {
  town = await neighbourhood();
  await town.start();
  const [own] = readIdentities(Buffer.from(town.partner.identity));
  if (!own) throw new Error('the partner has no identity');
  const { identity, certificate } = town.partner;
  stranger = { address: 'silent@far.example', key: '', identity, certificate, own, cert: own.certificate };
});
afterAll(() => town.close());

interface Making {
  readonly transport?: readonly string[];
  alter?(signed: Buffer): Buffer;
}

/** @param attempt the sender's own name for it, which our notice quotes back */
function made(attempt: string, how: Making = {}): Promise<Buffer> {
  const inner = letter(stranger.address, ours).toString('latin1');
  const own = Buffer.from(inner.replace('<one@a.example>', `<${attempt}@far.example>`), 'latin1');
  const to = { ...stranger, address: ours, certificate: town.certificate };
  return strangersMessage(town.folder, own, { signers: [stranger], to, ...how });
}

/** The server's last reply but its goodbye. */
async function swaks(raw: Buffer): Promise<string> {
  const file = join(town.folder, 'mail.eml');
  writeFileSync(file, raw);
  const server = ['--tls', '--server', '127.0.0.1', '--port', String(town.directPort)];
  const args = [...server, '--from', stranger.address, '--to', ours, '--data', `@${file}`];
  const transcript = await run('swaks', args, { maxBuffer: 1 << 26 }).then(
    ({ stdout }) => stdout,
    (failure: unknown) => (failure as { stdout: string }).stdout,
  );
  expect(transcript).toContain('TLS started');
  return (transcript.match(/^<~\*? +\d{3} .*$/gm) ?? []).findLast((line) => !line.includes(' 221 ')) ?? transcript;
}

interface Entry {
  readonly id: string;
  readonly channel: string;
  readonly documents: readonly { readonly id: string; readonly name: string }[];
}
const waiting = async (): Promise<readonly Entry[]> => (await town.api<{ rows: Entry[] }>('/intake')).rows;

interface Refusal {
  readonly document: string;
  readonly reasons: readonly string[];
}
const refused = async (): Promise<readonly Refusal[]> => (await town.api<{ rows: Refusal[] }>('/quarantine')).rows;

test.each([
  ['RSA-OAEP', 'att_oaep', oaep()],
  ['RSA PKCS#1 v1.5', 'att_v15', []],
] as const)('with %s it waits for a person, and its sender gets a signed notice', async (_, attempt, transport) => {
  const before = await waiting();
  expect(await swaks(await made(attempt, { transport }))).toMatch(/ 250 /);
  const entry = await until('it waits', async () =>
    (await waiting()).find(({ id }) => !before.some((each) => each.id === id)),
  );
  expect(entry.channel).toBe('direct');
  const { documents } = await town.api<Entry>(`/intake/${entry.id}`);
  const file = documents.find(({ name }) => name === 'a.pdf')?.id ?? '';
  expect(Buffer.from(await (await town.ask(`/documents/${file}`)).arrayBuffer()).equals(pdf)).toBe(true);
  const notice = await until('the sender is told', () =>
    town.partner.notices.find(({ receipt }) => receipt.attempt === attempt),
  );
  expect(notice).toMatchObject({ receipt: { kind: 'processed' }, author: ['riverside.example'] });
});

test('with one byte changed it is kept apart with the full reason; no entry, no notice', async () => {
  const [entries, notices] = [await waiting(), town.partner.notices.length];
  const alter = (signed: Buffer): Buffer =>
    Buffer.from(signed.toString('latin1').replace('Please see', 'Please sea'), 'latin1');
  const raw = await made('att_changed', { alter });
  expect(await swaks(raw)).toMatch(/ 250 /);
  const refusal = await until('it is on record', async () => (await refused())[0]);
  const [rule, reason, ...explained] = refusal.reasons;
  expect([rule, reason]).toEqual(['bad-signature', 'the content is not what was signed']);
  expect(explained.join('; ')).toMatch(/^signed with CN=.*; chain: CN=.* ← CN=/);
  const kept = Buffer.from(await (await town.ask(`/documents/${refusal.document}`)).arrayBuffer()).toString('latin1');
  expect(kept.replace(/\s/g, '')).toContain(
    raw
      .toString('latin1')
      .split(/\r?\n\r?\n/)[1]
      ?.replace(/\s/g, ''),
  );
  // A message that comes after it is through: what was to happen to it has happened.
  expect(await swaks(await made('att_after'))).toMatch(/ 250 /);
  await until('the next is answered', () => town.partner.notices.length > notices);
  expect(town.partner.notices.slice(notices).map(({ receipt }) => receipt.attempt)).toEqual(['att_after']);
  await until('the next waits', async () => (await waiting()).length > entries.length);
  expect(await waiting()).toHaveLength(entries.length + 1);
});
