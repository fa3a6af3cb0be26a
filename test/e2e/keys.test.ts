import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { loopgate as run } from './command.ts';

const folder = mkdtempSync(join(tmpdir(), 'loopgate-keys-'));
const config = join(folder, 'config.mjs');
const files = { url: null, file: join(folder, 'data', 'loopgate.db'), keyFile: join(folder, 'data-keys', 'vault.key') };
const documents = 3000;

const loopgate = (words: readonly string[], watch?: Parameters<typeof run>[2]) => run(words, config, watch);

let store: Store;
beforeAll(async () => {
  writeFileSync(config, `export default { data: ${JSON.stringify(join(folder, 'data'))} }`);
  store = await openStore(files, Date.now);
  await Promise.all(Array.from({ length: documents }, (_, i) => put(i)));
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const put = (i: number): Promise<void> =>
  store.commit({
    documents: [
      {
        document: { id: `doc_${i}`, name: 'a', mediaType: 'text/plain', bytes: 1, sha256: 'x' },
        message: null,
        role: 'quarantined',
        bytes: Buffer.from(`text ${i}`),
      },
    ],
    events: [],
  });

describe('keys', () => {
  test('a rotation that is killed in the middle goes on where it stopped, beside an open store', async () => {
    expect(await loopgate(['keys', 'check'])).toMatchObject({ status: 0, stdout: expect.stringMatching(/are fine/) });
    const killed = await loopgate(['keys', 'rotate'], (written, kill) => {
      if (written.includes('wrapped 502 of')) kill();
    });
    expect(killed.status).toBeNull();
    const half = await loopgate(['keys', 'check']);
    expect(half).toMatchObject({ status: 1, stderr: expect.stringMatching(/the rotation is not over: \d+ data keys/) });
    const left = Number(/(\d+) data keys need the old/.exec(half.stderr)?.[1]);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(documents);
    for (let i = 0; i < documents; i += 50) {
      expect(Buffer.from(await store.document(`doc_${i}`)).toString()).toBe(`text ${i}`);
    }
    const ended = await loopgate(['keys', 'rotate', '--json']);
    expect(ended).toMatchObject({ status: 0 });
    expect(JSON.parse(ended.stdout)).toMatchObject({ rewrapped: left, needed: [] });
    expect((await loopgate(['keys', 'check'])).status).toBe(0);
    for (let i = 0; i < documents; i++) {
      expect(Buffer.from(await store.document(`doc_${i}`)).toString()).toBe(`text ${i}`);
    }
  });

  test('a key that is in use cannot be dropped, an old one can, and everything opens without it', async () => {
    const { keys } = JSON.parse((await loopgate(['keys', 'check', '--json'])).stdout) as {
      keys: { id: string; state: string }[];
    };
    const [current, unused] = keys;
    expect(await loopgate(['keys', 'drop', current?.id ?? ''])).toMatchObject({
      status: 1,
      stderr: `loopgate: the key ${current?.id ?? ''} is in use: loopgate keys rotate first\n`,
    });
    expect(unused?.state).toBe('unused');
    expect((await loopgate(['keys', 'drop', unused?.id ?? ''])).status).toBe(0);
    await store.close();
    store = await openStore(files, Date.now);
    for (let i = 0; i < documents; i += 100) {
      expect(Buffer.from(await store.document(`doc_${i}`)).toString()).toBe(`text ${i}`);
    }
  });
});
