import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { createAuthority, issue, type Wish } from '../../../channels/direct/authority.ts';
import { takeInventory, type Named } from '../../../channels/direct/inventory.ts';

const folder = mkdtempSync(join(tmpdir(), 'loopgate-certs-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const now = Date.UTC(2026, 10, 23);
const day = 86_400_000;
const authority = createAuthority({ name: 'Test authority', now, key: 'P-256' });
const made = (wish: Partial<Wish>) => issue(authority, { domain: 'a.example', key: 'P-256', ...wish });

let count = 0;
function file(content: string): string {
  const path = join(folder, `${count++}.pem`);
  writeFileSync(path, content);
  return path;
}

const problems = async (...named: Named[]) => (await takeInventory(named, now)).problems;

test('what is in order is listed, and nothing is said about it', async () => {
  const { key, certificate, identity } = made({});
  const { certificates, problems } = await takeInventory(
    [
      { use: 'identity', file: file(identity) },
      { use: 'anchor', file: file(authority.certificate) },
      { use: 'partner', file: file(certificate) },
      { use: 'tls', file: file(certificate), key: file(key) },
    ],
    now,
  );
  expect(problems).toEqual([]);
  expect(certificates.map(({ use, subject }) => [use, subject])).toEqual([
    ['identity', 'CN=a.example'],
    ['anchor', 'CN=Test authority'],
    ['partner', 'CN=a.example'],
    ['tls', 'CN=a.example'],
  ]);
});

test.each([
  ['expired yesterday', { notAfter: now - day }, /expired at 2026-11-22T/],
  ['not valid yet', { notBefore: now + day }, /is not valid before 2026-11-24T/],
  ['one day', { notAfter: now + day / 2 }, /expires within 1 day, at 2026-11-23T12/],
  ['a week', { notAfter: now + 6 * day }, /expires within 7 days/],
  ['a month', { notAfter: now + 29 * day }, /expires within 30 days/],
  ['a short key', { key: 1024 }, /has a weak key \(RSA, 1024 bits\)/],
] as const)('%s is told, with file and subject', async (_, wish, says) => {
  const path = file(made(wish).certificate);
  expect(await problems({ use: 'partner', file: path })).toEqual([expect.stringMatching(says)]);
  expect((await problems({ use: 'partner', file: path }))[0]).toContain(`${path}: CN=a.example`);
});

test('31 days are enough', async () => {
  expect(await problems({ use: 'partner', file: file(made({ notAfter: now + 31 * day }).certificate) })).toEqual([]);
});

test('keys and certificates that do not belong together, and what cannot be read, are told beside the others', async () => {
  const [mine, other] = [made({}), made({})];
  const found = await problems(
    { use: 'identity', file: file(mine.key + other.certificate) },
    { use: 'tls', file: file(mine.certificate), key: file(other.key) },
    { use: 'tls', file: file(mine.certificate), key: join(folder, 'none') },
    { use: 'anchor', file: join(folder, 'none') },
    { use: 'anchor', file: file('nonsense') },
    { use: 'partner', file: file(made({ notAfter: now - day }).certificate) },
  );
  expect(found).toEqual([
    expect.stringMatching(/a private key has no certificate beside it$/),
    expect.stringMatching(/the key does not belong to its certificate$/),
    expect.stringMatching(/none: the private key cannot be read$/),
    expect.stringMatching(/none: cannot be read$/),
    expect.stringMatching(/\.pem: /),
    expect.stringMatching(/expired at/),
  ]);
});
