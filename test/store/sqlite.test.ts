import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { openStore } from '../../src/store/open.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { callsContract } from '../contract/calls.ts';
import { peopleContract } from '../contract/people.ts';
import { peopleSayContract } from '../contract/people-say.ts';
import { storeContract } from '../contract/store.ts';

const folder = mkdtempSync(join(tmpdir(), 'loopgate-store-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

let count = 0;
const place = () => {
  const name = `s${count++}`;
  return { url: null, file: join(folder, name, 'loopgate.db'), keyFile: join(folder, `${name}-keys`, 'vault.key') };
};
const at = () => 1000;

storeContract('SQLite', (widthsOf) => openStore(place(), at, widthsOf));
callsContract('SQLite', (widthsOf) => openStore(place(), at, widthsOf));
peopleSayContract('SQLite', (widthsOf) => openStore(place(), at, widthsOf));
peopleContract('SQLite', () => openStore(place(), at));

test('nothing a person wrote can be read from the files', async () => {
  const files = place();
  const store = await openStore(files, at);
  const document = { id: 'doc_1' as const, name: 'Canary-Quist.pdf', mediaType: 'text/plain', bytes: 1, sha256: 'x' };
  await store.commit({
    documents: [{ document, message: null, role: 'quarantined', bytes: Buffer.from('Canary-Quist was here') }],
    events: [{ message: null, subject: 'doc_1', what: 'x', who: 'y', at: 1, facts: {}, note: 'Canary-Quist' }],
  });
  const secret = 'CANARY7DPEHPK3PX';
  await store.people.addUser({ name: 'anna', practice: null, role: 'ops', password: '-', disabledAt: null });
  const factor = { id: 'totp_1', user: 'anna', kind: 'totp', label: '-', madeAt: 1, usedAt: null, counter: 1 } as const;
  const event = { message: null, subject: 'user:anna', what: 'factor.added', who: 'user:anna', at: 1, facts: {} };
  await store.people.factors.add({ ...factor, secret }, null, '-', event);
  expect(await store.people.factors.byId('totp_1')).toMatchObject({ secret });
  const written = readdirSync(join(files.file, '..')).map((name) =>
    readFileSync(join(files.file, '..', name), 'latin1'),
  );
  expect(written.join('')).toContain('doc_1');
  expect(written.join('')).not.toMatch(/Canary/i);
  await store.close();
});

test('it refuses to start without its key, or with another one, and says what to do', async () => {
  const files = place();
  await (await openStore(files, at)).close();
  const key = readFileSync(files.keyFile);
  rmSync(files.keyFile);
  await expect(openStore(files, at)).rejects.toThrow(/is missing, but data exists. Restore the key/);
  writeFileSync(files.keyFile, randomBytes(32).toString('hex'));
  await expect(openStore(files, at)).rejects.toThrow(/lacks the key [0-9a-f]{16}, but data exists/);
  writeFileSync(files.keyFile, key);
  await (await openStore(files, at)).close();
});

test('a second gateway on the same file is turned away', async () => {
  const files = place();
  const store = await openStore(files, at);
  await expect(openStore(files, at)).rejects.toThrow(/in use by another gateway/);
  await store.close();
});

test('a file that cannot be opened is said to everybody who asks, and closing still ends', async () => {
  const db = openSqlite(join(folder, 'nowhere', 'loopgate.db'));
  await expect(db.all('select 1')).rejects.toThrow(/unable to open/);
  await expect(db.apply([{ sql: 'select 1', params: [] }])).rejects.toThrow(/unable to open/);
  await db.close();
  await expect(db.all('select 1')).rejects.toThrow(/unable to open/);
});

test('what goes wrong in its thread comes back to the one who asked, and nobody else', async () => {
  const db = openSqlite(':memory:');
  const work = `insert into work (stage, subject, due_at) values ('route', $1, 0)`;
  const told = await Promise.allSettled([
    db.apply([{ sql: work, params: ['a'] }]),
    db.apply([{ sql: work, params: ['a'] }]),
    db.all('select * from nowhere'),
  ]);
  expect(told.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
  expect(told.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []))).toEqual([
    expect.stringContaining('UNIQUE'),
    expect.stringContaining('no such table'),
  ]);
  const rows = await db.apply([{ sql: 'delete from work returning subject', params: [] }]);
  expect(rows.map(({ subject }) => subject)).toEqual(['a']);
  await db.close();
});

test('looking for work when there is none leaves the disk alone', async () => {
  const files = place();
  const store = await openStore(files, at);
  await store.probe();
  const written = (): number[] => [files.file, `${files.file}-wal`].map((file) => statSync(file).mtimeMs);
  const before = written();
  for (let i = 0; i < 50; i++) expect(await store.claim(['route'], 16, 1000)).toEqual([]);
  expect(written()).toEqual(before);
  await store.probe();
  expect(written()).not.toEqual(before);
  await store.close();
});

test('work that a dead process had claimed is due again at the next start', async () => {
  const files = place();
  const first = await openStore(files, at);
  await first.commit({ work: [{ stage: 'route', subject: 'a', dueAt: 0 }], events: [] });
  await first.claim(['route'], 1, 1_000_000);
  await first.close();
  const second = await openStore(files, at);
  expect(await second.claim(['route'], 1, 1000)).toHaveLength(1);
  await second.close();
});
