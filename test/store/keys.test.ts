import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { derive, encrypt } from '../../src/store/aead.ts';
import { openBeside } from '../../src/store/beside.ts';
import { checkKeys } from '../../src/store/key-check.ts';
import { keyFile, kekOf } from '../../src/store/key-file.ts';
import { wrapWith } from '../../src/store/keyring.ts';
import { openStore } from '../../src/store/open.ts';
import { rotate } from '../../src/store/rotate.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import { createVault } from '../../src/store/vault.ts';
import { keysInMemory } from '../harness.ts';
import { postgres } from '../services/postgres.ts';

const folder = mkdtempSync(join(tmpdir(), 'loopgate-keys-'));
const server = postgres();
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

let count = 0;
const place = () => {
  const name = `k${count++}`;
  return { url: null, file: join(folder, name, 'loopgate.db'), keyFile: join(folder, `${name}-keys`, 'vault.key') };
};
const engines = [
  ['SQLite', () => Promise.resolve(place())],
  ['PostgreSQL', async () => ({ ...place(), url: await server.url() })],
] as const;
const at = () => 1000;
const quiet = { progress: () => undefined, noticeMs: 0, patienceMs: 0 };
const day = 24 * 3_600_000;

const document = (index: number) => ({
  id: `doc_${index}` as const,
  name: 'Canary-Quist.txt',
  mediaType: 'text/plain',
  bytes: 9,
  sha256: 'x',
});

async function fill(store: Store, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) {
    await store.commit({
      documents: [
        { document: document(i), message: null, role: 'quarantined', bytes: Buffer.from(`Canary-Quist ${i}`) },
      ],
      events: [
        { message: null, subject: `doc_${i}`, what: 'x', who: 'y', at: i, facts: {}, note: `Canary-Quist ${i}` },
      ],
    });
  }
}

async function expectAll(store: Store, documents: number): Promise<void> {
  for (let i = 0; i < documents; i++) {
    expect(Buffer.from(await store.document(`doc_${i}`)).toString()).toBe(`Canary-Quist ${i}`);
  }
  expect((await store.eventsAfter(0, 1000, null)).map(({ event }) => event.note)).toEqual(
    Array.from({ length: documents }, (_, i) => `Canary-Quist ${i}`),
  );
}

describe('the vault', () => {
  const db = openSqlite(':memory:');
  afterAll(() => db.close());

  test('opens a sealed value only where it was sealed, unchanged', async () => {
    const vault = createVault(db, keysInMemory(), at);
    await vault.ready();
    const sealed = vault.seal(Buffer.from('x'), 'messages:1');
    expect(Buffer.from(vault.open(sealed, 'messages:1')).toString()).toBe('x');
    expect(() => vault.open(sealed, 'messages:2')).toThrow();
    const { sealed: bytes, ...key } = vault.sealDocument('doc_1', Buffer.from('x'));
    expect(Buffer.from(await vault.openDocument('doc_1', bytes, key)).toString()).toBe('x');
    await expect(vault.openDocument('doc_2', bytes, key)).rejects.toThrow();
    await expect(vault.openDocument('doc_1', bytes, vault.sealDocument('doc_1', bytes))).rejects.toThrow();
    for (const altered of [sealed, bytes]) altered[altered.length - 1]! ^= 1;
    expect(() => vault.open(sealed, 'messages:1')).toThrow();
    await expect(vault.openDocument('doc_1', bytes, key)).rejects.toThrow();
  });

  test('takes a new data key each day, and opens what yesterday’s or another process’s sealed', async () => {
    const own = openSqlite(':memory:');
    let clock = 1000;
    const keys = keysInMemory();
    const vault = createVault(own, keys, () => clock);
    await vault.ready();
    const first = vault.seal(Buffer.from('x'), 'a');
    const other = createVault(own, keys, () => clock);
    clock += day;
    await vault.ready();
    const second = vault.seal(Buffer.from('y'), 'a');
    expect(Buffer.from(first).subarray(1, 9)).not.toEqual(Buffer.from(second).subarray(1, 9));
    await other.learn([{ body: first }, { body: second }]);
    expect(Buffer.from(other.open(first, 'a')).toString()).toBe('x');
    expect(Buffer.from(other.open(second, 'a')).toString()).toBe('y');
    expect(other.term('Quist')).toBe(vault.term('Quist'));
    expect(await own.all('select id from data_keys')).toHaveLength(3);
    await own.close();
  });
});

describe('what 0.1 sealed with its one key', () => {
  test('opens still, is found by the same terms, and outlives a rotation', async () => {
    const files = place();
    const key = randomBytes(32);
    const old = (plain: string, context: string) =>
      encrypt(derive(key, 'seal'), Buffer.of(1), Buffer.from(plain), context);
    await (await openStore(files, at)).close();
    writeFileSync(files.keyFile, key.toString('hex'));
    const db = await openBeside(files);
    const body = old(JSON.stringify(document(0)), 'documents:doc_0');
    await db.apply([
      { sql: 'delete from data_keys', params: [] },
      { sql: 'delete from keks', params: [] },
      { sql: 'insert into vault_probe (sealed) values ($1)', params: [old('loopgate', 'vault_probe')] },
      {
        sql: `insert into documents (id, role, body, sealed) values ('doc_0', 'quarantined', $1, $2)`,
        params: [body, old('Canary-Quist 0', 'documents:doc_0')],
      },
      {
        sql: `insert into events (subject, what, who, at, facts, note) values ('doc_0', 'x', 'y', 0, '{}', $1)`,
        params: [old('"Canary-Quist 0"', 'events:doc_0:0')],
      },
    ]);
    const store = await openStore(files, at);
    await fill(store, 1, 3);
    await expectAll(store, 3);
    expect((await store.documentInfo('doc_0')).document.name).toBe('Canary-Quist.txt');
    const provider = keyFile(files.keyFile);
    const vault = createVault(db, provider, at);
    await vault.ready();
    const { createHmac } = await import('node:crypto');
    expect(vault.term('a')).toBe(createHmac('sha256', derive(key, 'search')).update('a').digest('hex'));
    const { retired } = await rotate(db, provider, at, quiet);
    expect(retired).toEqual([kekOf(key).id]);
    await provider.drop(kekOf(key).id);
    await store.close();
    await db.close();
    const again = await openStore(files, at);
    await expectAll(again, 3);
    await again.close();
  });

  test('is not taken over by a key that does not open it', async () => {
    const files = place();
    await (await openStore(files, at)).close();
    const db = await openBeside(files);
    await db.apply([
      { sql: 'delete from data_keys', params: [] },
      { sql: 'delete from keks', params: [] },
      { sql: 'insert into vault_probe (sealed) values ($1)', params: [randomBytes(40)] },
    ]);
    await db.close();
    await expect(openStore(files, at)).rejects.toThrow(/is not the key of this data/);
  });
});

describe.each(engines)('rotation on %s', (_, somewhere) => {
  test('wraps everything anew beside a running gateway, which takes up the new key by itself', async () => {
    const files = await somewhere();
    let clock = 1000;
    const store = await openStore(files, () => clock);
    await fill(store, 0, 5);
    const provider = keyFile(files.keyFile);
    const db = await openBeside(files);
    const [before] = await provider.read();
    const first = await rotate(db, provider, at, quiet);
    expect(first).toMatchObject({ rewrapped: 7, retired: [before!.id], needed: [] });
    // Its memory still holds the old key: that may wrap no more, and nothing is taken that could not be opened.
    await expect(fill(store, 5, 6)).rejects.toThrow(/FOREIGN KEY|23503/);
    await expectAll(store, 5);
    clock += 10_000;
    await fill(store, 5, 8);
    await expectAll(store, 8);
    expect(await checkKeys(db, provider, files.keyFile)).toEqual({
      keys: [
        { id: first.kek, state: 'current', uses: 10 },
        { id: before!.id, state: 'unused', uses: 0 },
      ],
      problems: [],
    });
    await provider.drop(before!.id);
    await store.close();
    const again = await openStore(files, () => clock);
    await expectAll(again, 8);
    await again.close();
    await db.close();
    expect(statSync(files.keyFile).mode & 0o777).toBe(0o600);
  });

  test('uses a prepared key only when it is told to', async () => {
    const files = await somewhere();
    const provider = keyFile(files.keyFile);
    const store = await openStore(files, at);
    const prepared = await provider.add();
    await store.close();
    const again = await openStore(files, at);
    await fill(again, 0, 1);
    const db = await openBeside(files);
    expect((await checkKeys(db, provider, files.keyFile)).keys).toMatchObject([
      { id: prepared.id, state: 'prepared', uses: 0 },
      { state: 'current', uses: 3 },
    ]);
    expect((await rotate(db, provider, at, quiet)).kek).toBe(prepared.id);
    await again.close();
    await db.close();
  });

  test('keeps the old key as long as a gateway that has not looked wraps with it', async () => {
    const files = await somewhere();
    const store = await openStore(files, at);
    await fill(store, 0, 1);
    const provider = keyFile(files.keyFile);
    const db = await openBeside(files);
    const [old] = await provider.read();
    const late: Promise<unknown>[] = [];
    const ended = await rotate(db, provider, at, {
      ...quiet,
      // Each lies before the place that the pass has come to.
      progress: () => {
        const id = `late${9 - late.length}`;
        const { wrapped } = wrapWith(old!, id, randomBytes(32));
        late.push(db.apply([{ sql: 'insert into data_keys values ($1, $2, $3, 0)', params: [id, old!.id, wrapped] }]));
      },
    });
    await Promise.all(late);
    expect(ended.needed).toEqual([old!.id]);
    expect((await checkKeys(db, provider, files.keyFile)).problems).toEqual([
      expect.stringMatching(
        /^the rotation is not over: [12] data keys need the old key [0-9a-f]{16}: loopgate keys rotate$/,
      ),
    ]);
    expect(await rotate(db, provider, at, quiet)).toMatchObject({ kek: ended.kek, retired: [old!.id], needed: [] });
    await store.close();
    await db.close();
  });
});

describe('the check', () => {
  test('names a missing key, weak permissions and an altered data key', async () => {
    const files = place();
    const store = await openStore(files, at);
    await store.close();
    const db = await openBeside(files);
    const provider = keyFile(files.keyFile);
    const kept = readFileSync(files.keyFile, 'utf8');
    chmodSync(files.keyFile, 0o644);
    expect((await checkKeys(db, provider, files.keyFile)).problems).toEqual([
      expect.stringMatching(/mode 644.*chmod 600/),
    ]);
    chmodSync(files.keyFile, 0o600);
    await db.apply([{ sql: `update data_keys set wrapped = $1 where id = 'search'`, params: [randomBytes(61)] }]);
    expect((await checkKeys(db, provider, files.keyFile)).problems).toEqual([
      expect.stringMatching(/^the data key search does not open/),
    ]);
    writeFileSync(files.keyFile, `${randomBytes(32).toString('hex')}\n`);
    expect((await checkKeys(db, provider, files.keyFile)).problems).toEqual([
      expect.stringMatching(/is missing and 2 data keys need it/),
    ]);
    writeFileSync(files.keyFile, `${kept}nonsense\n`);
    await expect(checkKeys(db, provider, files.keyFile)).rejects.toThrow(/key 2 in .* is not 32 bytes in hex/);
    await db.close();
  });
});

test('a stolen database without the key file tells nothing', async () => {
  const files = place();
  const store = await openStore(files, at);
  await fill(store, 0, 3);
  const db = await openBeside(files);
  await rotate(db, keyFile(files.keyFile), at, quiet);
  await db.close();
  const written = readdirSync(join(files.file, '..')).map((name) => readFileSync(join(files.file, '..', name)));
  expect(Buffer.concat(written).includes('doc_2')).toBe(true);
  expect(Buffer.concat(written).includes('Canary')).toBe(false);
  for (const { key, wrapping } of await keyFile(files.keyFile).read()) {
    expect(Buffer.concat(written).includes(key)).toBe(false);
    expect(Buffer.concat(written).includes(wrapping)).toBe(false);
  }
  await store.close();
  rmSync(files.keyFile);
  await expect(openStore(files, at)).rejects.toThrow(/is missing, but data exists/);
});
