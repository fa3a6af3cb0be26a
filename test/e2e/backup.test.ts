import { createHash } from 'node:crypto';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { until } from '../harness.ts';
import { postgres } from '../services/postgres.ts';
import { loopgate as run, type Ended } from './command.ts';
import { lines, neighbourhood, referralForm, type Neighbourhood, type Submitted } from './neighbourhood.ts';

const server = postgres();
afterAll(() => server.stop());

let town: Neighbourhood;
afterEach(() => town.close());

const loopgate = (...words: string[]): Promise<Ended> => run(words, join(town.folder, 'config.mjs'));
const engines = [
  ['SQLite', () => Promise.resolve(null)],
  ['PostgreSQL', () => server.url()],
] as const;

const settings = (url: string | null) => ({
  store: { url },
  patience: {
    direct: { delays: Array.from({ length: 20 }, () => '2s'), receiptWithin: '6s', onSilence: 'fallback' },
    efax: { delays: ['2s'], waits: null, receiptWithin: '60s', onSilence: 'fallback' },
  },
});

interface Line {
  readonly id: string;
  readonly message: string;
  readonly state: string;
  readonly inDoubt: boolean;
}

const habits = ['ok', 'slow', 'silent', 'busy'] as const;
const text = (index: number): string => `Synthetic referral ${index}: please see the patient within two weeks.`;
const sha256 = (words: string): string => createHash('sha256').update(words).digest('hex');

async function submit(index: number, habit = habits[index % habits.length] ?? 'ok'): Promise<Submitted> {
  const endpoints = [
    { channel: 'direct', address: town.partner.address(habit) },
    { channel: 'efax', address: `+1312200${String(index).padStart(4, '0')}` },
  ];
  return town.api<Submitted>('/referrals', { method: 'POST', body: referralForm(endpoints, text(index)) });
}

const deliveries = async (): Promise<Line[]> => (await town.api<{ rows: Line[] }>('/deliveries?limit=200')).rows;
const letters = new Map(Array.from({ length: 1000 }, (_, index) => [sha256(text(index)), index]));

/** What the far sides have, by their own ledgers: letters, not what stands around them. */
const out = (): string[] => [
  ...lines<{ sha256: string }>(town.ledgers.direct).flatMap(({ sha256 }) =>
    letters.has(sha256) ? [`mail ${letters.get(sha256) ?? ''}`] : [],
  ),
  ...lines<{ to: string }>(town.ledgers.fax).map(({ to }) => `fax ${to}`),
];

describe.each(engines)('backup and restore on %s', (_, database) => {
  test('a restore from mid-flight loses nothing of before, and sends nothing again by itself', async () => {
    town = await neighbourhood(settings(await database()));
    for (const ledger of Object.values(town.ledgers)) appendFileSync(ledger, '');
    await town.start();
    const before: Submitted[] = [];
    for (let i = 0; i < 24; i++) before.push(await submit(i));
    const backup = join(town.folder, 'backup');
    const copying = loopgate('backup', backup, '--json');
    let next = before.length;
    const copy = { over: false };
    void copying.then(() => (copy.over = true));
    while (!copy.over) {
      await submit(next++);
      await sleep(50);
    }
    const made = await copying;
    expect(made).toMatchObject({ status: 0, stderr: '' });
    const manifest = JSON.parse(made.stdout) as { counts: { messages: number }; keys: string[] };
    expect(manifest.counts.messages).toBeGreaterThanOrEqual(before.length);
    expect(manifest.keys).toHaveLength(1);

    // The lost time: what is under way in the backup goes out, fails over and is proven, and more is taken.
    for (let i = 0; i < 4; i++) await submit(next++);
    await until(
      'most is over',
      async () => (await deliveries()).filter(({ state }) => state === 'delivered').length > 8,
    );
    await sleep(4_000);
    await town.kill();
    const sent = out();
    expect(sent.length).toBeGreaterThan(8);

    const refused = await loopgate('restore', backup);
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringMatching(/--force/) });
    const restored = await loopgate('restore', backup, '--force', '--json');
    expect(restored).toMatchObject({ status: 0, stderr: '' });
    const { doubts } = JSON.parse(restored.stdout) as { doubts: Record<string, number> };
    expect((doubts['pending'] ?? 0) + (doubts['sending'] ?? 0)).toBeGreaterThan(0);
    expect(doubts['sent']).toBeGreaterThan(0);

    await town.start();
    expect(await town.api('/hold')).toMatchObject({ held: true });
    for (const { message } of before) expect((await town.ask(`/messages/${message}`)).status).toBe(200);
    const taken = await submit(999, 'ok');
    await sleep(3_000);
    expect(out().toSorted()).toEqual(sent.toSorted());
    expect(await loopgate('resume', '--reason', 'everybody was asked')).toMatchObject({ status: 0, stderr: '' });
    expect((await loopgate('resume', '--reason', 'again')).status).toBe(1);
    await until(
      'all is over or waits for a person',
      async () => (await deliveries()).every(({ state }) => !['pending', 'sending', 'sent'].includes(state)),
      60_000,
    );
    // One more thing went out since the restore: what was taken after it.
    expect(out().toSorted()).toEqual([...sent, 'mail 999'].toSorted());
    expect((await deliveries()).find(({ message }) => message === taken.message)?.state).toBe('delivered');
    const rest = (await deliveries()).filter(({ message }) => message !== taken.message);
    expect(rest.filter(({ state }) => state !== 'delivered' && state !== 'held')).toEqual([]);

    const held = rest.find(({ state, message }) => state === 'held' && before.some((each) => each.message === message));
    expect(held?.inDoubt).toBe(true);
    const story = (await loopgate('show', held?.id ?? '')).stdout;
    expect(story).toMatch(/restored from a backup of \d{4}-.*: it may have gone out since/);
    expect((await loopgate('retry', held?.id ?? '', '--reason', 'it is not there')).status).toBe(0);
    const index = before.findIndex(({ message }) => message === held?.message);
    await until('the retry is tried', async () => {
      const { deliveries: found } = await town.api<{ deliveries: { state: string; attempts: unknown[] }[] }>(
        `/messages/${held?.message ?? ''}`,
      );
      return found.some(({ state, attempts }) => state !== 'held' && attempts.length > 0);
    });
    if (habits[index % habits.length] !== 'busy') {
      await until('the second copy is marked', () =>
        town.partner.arrivals.some(
          ({ subject, documents }) =>
            /possible duplicate/.test(subject ?? '') &&
            documents.some(({ bytes }) => sha256(Buffer.from(bytes).toString()) === sha256(text(index))),
        ),
      );
    }
  }, 180_000);
});

describe('a backup', () => {
  test('is whole or not there, says what it is, and is not restored over a running gateway or without its keys', async () => {
    town = await neighbourhood(settings(null));
    await town.start();
    await submit(0, 'ok');
    const backup = join(town.folder, 'backup');
    expect((await loopgate('backup', backup)).stdout).toMatch(
      /needs the keys [0-9a-f]{16}\nback up the key file apart/,
    );
    expect(await loopgate('backup', backup)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/exists already/),
    });
    expect(readdirSync(backup).sort()).toEqual(['loopgate.db', 'manifest.json']);
    for (const name of readdirSync(backup)) expect(statSync(join(backup, name)).mode & 0o077).toBe(0);
    const bytes = readFileSync(join(backup, 'loopgate.db'));
    expect(bytes.includes('msg_')).toBe(true);
    for (const word of ['Canary', 'Synthetic', 'Far Side']) expect(bytes.includes(word)).toBe(false);
    const key = readFileSync(join(town.folder, 'data-keys', 'vault.key'), 'utf8').trim();
    expect(bytes.includes(Buffer.from(key, 'hex'))).toBe(false);

    expect(await loopgate('restore', backup, '--force')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/in use by another gateway/),
    });
    await town.kill();
    const keys = join(town.folder, 'data-keys', 'vault.key');
    copyFileSync(keys, join(town.folder, 'kept.key'));
    rmSync(keys);
    expect(await loopgate('restore', backup, '--force')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/lacks the key [0-9a-f]{16}, without which the backup cannot be read/),
    });
    copyFileSync(join(town.folder, 'kept.key'), keys);

    const altered = join(town.folder, 'altered');
    const manifest = JSON.parse(readFileSync(join(backup, 'manifest.json'), 'utf8')) as { schema: number };
    const write = (over: object, content: Uint8Array): void => {
      mkdirSync(altered, { recursive: true });
      writeFileSync(join(altered, 'loopgate.db'), content);
      writeFileSync(join(altered, 'manifest.json'), JSON.stringify({ ...manifest, ...over }));
    };
    const cases: [object, Buffer, RegExp][] = [
      [{}, Buffer.concat([bytes.subarray(0, -1), Buffer.of(7)]), /cut or altered/],
      [{ schema: 9999 }, bytes, /schema \(9999\) is newer/],
      [{ engine: 'postgres' }, bytes, /is of postgres: set store.url/],
      [{ format: 2 }, bytes, /another format/],
    ];
    for (const [over, content, says] of cases) {
      write(over, content);
      expect(await loopgate('restore', altered, '--force')).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(says),
      });
    }
    expect(await loopgate('restore', town.folder, '--force')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/a backup that ended/),
    });

    expect((await loopgate('restore', backup, '--force')).status).toBe(0);
    expect(readdirSync(join(town.folder, 'data')).filter((name) => name.includes('.before-'))).not.toEqual([]);
    const db = new DatabaseSync(join(town.folder, 'data', 'loopgate.db'));
    db.exec('update restored set ready = 0');
    await expect(town.start()).rejects.toThrow(/a restore did not end; run it again/);
    db.exec('update restored set ready = 1');
    db.close();
    await town.start();
    expect(await town.api('/hold')).toMatchObject({ held: true });
    expect(await (await fetch(`${town.url}/readyz`)).text()).toMatch(/nothing leaves until loopgate resume/);
    expect(await deliveries()).toHaveLength(1);
  }, 240_000);
});
