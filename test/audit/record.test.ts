import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { createNotary, type Notary } from '../../src/audit/notary.ts';
import { openHead, signHead } from '../../src/audit/note.ts';
import { pathTo } from '../../src/audit/tree.ts';
import { rootBy } from '../../src/audit/merkle.ts';
import { verifyRecord } from '../../src/audit/verify.ts';
import type { Event } from '../../src/core/change.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { postgres } from '../services/postgres.ts';

const server = postgres();
afterAll(() => server.stop());

/** A store, and somebody who reaches its tables without us. */
interface Site {
  readonly store: Store;
  readonly folder: string;
  /** As the owner of the database would. */
  readonly meddle: (sql: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

async function site(url: string | null): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'loopgate-record-'));
  const file = join(folder, 'loopgate.db');
  const store = await openStore({ url, file, keyFile: join(folder, 'keys', 'vault.key') }, () => 1000);
  const meddle = async (sql: string): Promise<void> => {
    if (url === null) {
      const db = new DatabaseSync(file, { timeout: 5_000 });
      db.exec(sql);
      db.close();
      return;
    }
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  return {
    store,
    folder,
    meddle,
    close: async () => {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}

const event = (practice: string | null, n: number): Event => ({
  message: null,
  ...(practice === null ? {} : { practice }),
  subject: `thing_${n}`,
  what: 'thing.done',
  who: 'user:anna',
  at: n,
  facts: { n, list: 'ü "quoted" \u0000', half: 0.5 },
  ...(n % 3 === 0 ? { note: 'words about Canary' } : {}),
});

describe.each([
  ['SQLite', () => Promise.resolve(null)],
  ['PostgreSQL', () => server.url()],
] as const)('the record on %s', (_, place) => {
  let at: Site;
  let notary: Notary;
  let outside: string;
  const { privateKey } = generateKeyPairSync('ed25519');

  const tables = ['events', 'chains', 'checkpoints', 'tiles'];

  beforeAll(async () => {
    at = await site(await place());
    outside = join(at.folder, 'outside');
    notary = createNotary({ record: at.store.record, key: privateKey, now: () => 2000, folder: outside });
    for (let n = 0; n < 10; n++)
      await at.store.commit({ events: [event('main', n), event('other', n), event(null, n)] });
    await notary.coverAll();
    for (let n = 10; n < 15; n++) await at.store.commit({ events: [event('main', n)] });
    await at.meddle(tables.map((table) => `create table kept_${table} as select * from ${table};`).join('\n'));
  });
  afterEach(() =>
    at.meddle(
      tables.map((table) => `delete from ${table}; insert into ${table} select * from kept_${table};`).join('\n'),
    ),
  );
  afterAll(() => at.close());

  const notes = (): string[] =>
    ['gateway', 'practice-main', 'practice-other'].flatMap((name) =>
      readFileSync(join(outside, `${name}.notes`), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as string),
    );
  const verdict = () => verifyRecord(at.store.record, createPublicKey(privateKey), notes());

  test('holds as it was written, also while several write at once', async () => {
    await Promise.all(Array.from({ length: 40 }, (_, n) => at.store.commit({ events: [event('main', n)] })));
    expect(await verdict()).toEqual({
      chains: [
        { practice: '', lines: 10, checkpoints: 2 },
        { practice: 'main', lines: 55, checkpoints: 2 },
        { practice: 'other', lines: 10, checkpoints: 2 },
      ],
      unchained: 0,
      problems: [],
    });
  });

  test('leaves nothing of a change that was refused', async () => {
    const lease = { ...event('main', 99), what: 'never' };
    await expect(at.store.commit({ hold: 'ready', events: [lease] })).rejects.toMatchObject({ code: 'conflict' });
    expect((await verdict()).chains[1]).toMatchObject({ practice: 'main', lines: 15 });
  });

  const swap = (column: string) => `
    update events set ${column} = -1 where nth = 3 and practice = 'main';
    update events set ${column} = 3 where nth = 4 and practice = 'main';
    update events set ${column} = 4 where nth = -1 and practice = 'main';`;
  test.each([
    [
      'a word was altered',
      `update events set who = 'user:eve' where nth = 3 and practice = 'main'`,
      /line 3: it was altered/,
    ],
    [
      'a fact was altered',
      `update events set facts = '{}' where nth = 14 and practice = 'main'`,
      /line 14: it was altered/,
    ],
    [
      'the facts are no JSON any more',
      `update events set facts = '{' where nth = 3 and practice = 'main'`,
      /line 3: it was altered/,
    ],
    [
      'a note was removed',
      `update events set note = null where nth = 3 and practice = 'main'`,
      /line 3: it was altered/,
    ],
    ['a line was removed', `delete from events where nth = 3 and practice = 'main'`, /line at 3 is missing/],
    ['the first was removed', `delete from events where nth = 0 and practice = 'main'`, /line at 0 is missing/],
    [
      'the last was removed',
      `delete from events where nth = 14 and practice = 'main'`,
      /line at 14 is missing, there were 15/,
    ],
    ['two changed places', swap('nth'), /line 3: it does not follow/],
    [
      'one went to another practice',
      `update events set practice = 'third' where nth = 3 and practice = 'main'`,
      /line at 3 is missing/,
    ],
    [
      'a leaf was altered with its line',
      `update events set who = 'x', leaf = chain where nth = 3 and practice = 'main'`,
      /line 3: it was altered/,
    ],
    [
      'one was put in',
      `insert into events (practice, subject, what, who, at, facts) values ('main', 's', 'w', 'x', 1, '{}')`,
      /without a place/,
    ],
    [
      'one was put after the end',
      `insert into events (practice, subject, what, who, at, facts, nth, leaf, chain) select practice, subject, what, who, at, facts, 15, leaf, chain from events where nth = 3 and practice = 'main'`,
      /after its end/,
    ],
    [
      'a checkpoint was altered',
      `update checkpoints set note = replace(note, '10', '11') where practice = 'main'`,
      /checkpoint at 10 is not signed/,
    ],
  ])('%s: found', async (_what, sql, problem) => {
    await at.meddle(sql);
    expect((await verdict()).problems.join('\n')).toMatch(problem);
  });

  const cutTo = (size: number) => `
    delete from events where practice = 'main' and nth >= ${size};
    update chains set size = ${size}, chain = (select chain from events where practice = 'main' and nth = ${size - 1}) where practice = 'main'`;

  test('cut with its own count set back: found as far as it was signed', async () => {
    await at.meddle(cutTo(5));
    expect((await verdict()).problems).toContain(
      'record of main: it had 10 lines at 1970-01-01T00:00:02.000Z, now there are 5',
    );
  });

  test('cut with its checkpoints removed, or removed as a whole: found by what is kept outside', async () => {
    await at.meddle(`${cutTo(5)}; delete from checkpoints`);
    expect((await verdict()).problems.join()).toMatch(/main: it had 10 lines/);
    await at.meddle(`delete from events where practice = 'other'; delete from chains where practice = 'other'`);
    expect((await verdict()).problems.join()).toMatch(/other: it had 10 lines at .*, now there are 0/);
  });

  test('rewritten from end to end with good hashes: found by what is kept outside', async () => {
    const twin = await site(null);
    for (let n = 0; n < 15; n++) await twin.store.commit({ events: [event('main', n === 3 ? 77 : n)] });
    const forged = await verifyRecord(twin.store.record, createPublicKey(privateKey), notes());
    expect(forged.problems).toContain('record of main: what was signed at 10 lines is not what stands there now');
    await twin.close();
  });

  test('signed by somebody else: told', async () => {
    const head = { origin: 'loopgate/main', size: 1, root: Buffer.alloc(32), at: 0 };
    const note = signHead(head, generateKeyPairSync('ed25519').privateKey);
    const { problems } = await verifyRecord(at.store.record, createPublicKey(privateKey), [note]);
    expect(problems).toEqual(['a checkpoint from outside is not signed by this key: loopgate/main']);
  });

  test('has a proof for every line of a long record, with and without kept tiles', async () => {
    const { record } = at.store;
    const notary = createNotary({ record, key: privateKey, now: () => 3000, folder: null });
    await at.store.commit({ events: Array.from({ length: 2_100 }, (_, n) => event('main', n)) });
    for (const tiles of [0, 2]) {
      expect(await record.tiles('main')).toHaveLength(tiles);
      const { checkpoint, tree } = await notary.cover('main');
      const { size } = checkpoint;
      const head = openHead(checkpoint.note, createPublicKey(privateKey));
      for (const place of [0, 14, 1023, 1024, 2047, 2048, 2114]) {
        const [line] = await record.lines('main', place, 1);
        const path = await pathTo(record, tree, { practice: 'main', size, place });
        expect(rootBy(line?.leaf ?? Buffer.of(), place, size, path)).toEqual(head?.root);
      }
    }
    expect((await verdict()).problems).toEqual([]);
  });
});
