import { spawn } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createAuthority } from '../../../channels/direct/authority.ts';
import { openssl } from './strangers.ts';
import { pdf, person, scratch } from './support.ts';

const ca = createAuthority({ name: 'CLI CA', now: Date.now() });
const alice = person(ca, 'alice@a.example');
const bob = person(ca, 'bob@b.example');
const program = fileURLToPath(new URL('../../../src/cli/direct.ts', import.meta.url));

let folder: Awaited<ReturnType<typeof scratch>>;
let files: Record<'ca' | 'alice' | 'bob' | 'bobCert' | 'document' | 'sealed', string>;

beforeAll(async () => {
  folder = await scratch();
  files = {
    ca: await folder.file('ca.pem', ca.certificate),
    alice: await folder.file('alice.pem', alice.identity),
    bob: await folder.file('bob.pem', bob.identity),
    bobCert: await folder.file('bob-cert.pem', bob.certificate),
    document: await folder.file('referral.pdf', pdf),
    sealed: '',
  };
  files.sealed = await folder.file('sealed.eml', (await direct(...sealing())).stdout);
});
afterAll(() => folder.remove());

const sealing = (...more: string[]): string[] => [
  ...['seal', '--from', alice.address, '--to', bob.address, '--identity', files.alice, '--rcpt-cert', files.bobCert],
  ...more,
  files.document,
];

const opening = (...more: string[]): string[] => [
  'open',
  files.sealed,
  '--identity',
  files.bob,
  '--anchor',
  files.ca,
  ...more,
];

function direct(...args: string[]): Promise<{ code: number | null; stdout: Buffer; stderr: string }> {
  const script = `import { directCommand } from ${JSON.stringify(program)}; await directCommand().parseAsync(process.argv.slice(1), { from: 'user' });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, '--', ...args]);
  const out: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (piece: Buffer) => out.push(piece));
  child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()));
  return new Promise((resolve) => {
    child.on('close', (code) => {
      resolve({ code, stdout: Buffer.concat(out), stderr });
    });
  });
}

describe('direct open', () => {
  test('tells all about an accepted message, writes its documents under names of its own, and exits 0', async () => {
    const out = join(folder.path, 'out');
    const rcpt = ['--mail-from', alice.address, '--rcpt', bob.address];
    const { code, stdout, stderr } = await direct(...opening(...rcpt, '--out', out));
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(JSON.parse(stdout.toString())).toMatchObject({
      accepted: true,
      rule: 'accepted',
      reasons: [],
      signer: { addresses: [alice.address] },
      chain: [{ subject: 'CN=alice@a.example' }, { subject: 'CN=CLI CA' }],
      recipients: [bob.address],
      notification: null,
      documents: [{ name: 'referral.pdf', mediaType: 'application/pdf', bytes: pdf.length, file: 'document-1.pdf' }],
    });
    expect(await readdir(out)).toEqual(['document-1.pdf']);
    expect((await readFile(join(out, 'document-1.pdf'))).equals(pdf)).toBe(true);
  });

  test.each([
    ['another envelope sender', ['--mail-from', 'eve@a.example'], 'routing'],
    ['another envelope recipient', ['--rcpt', bob.address, '--rcpt', 'eve@b.example'], 'routing'],
    ['a time when it was not yet valid', ['--at', '2020-01-01T00:00:00Z'], 'untrusted'],
  ])('with %s it is refused with the reason and exit 1', async (_name, more, rule) => {
    const { code, stdout } = await direct(...opening(...more));
    expect(code).toBe(1);
    expect(JSON.parse(stdout.toString())).toMatchObject({ accepted: false, rule, documents: [] });
  });

  test('a file that cannot be used is wrong usage: exit 2 and one line', async () => {
    for (const args of [
      opening('--crl', files.document),
      opening('--at', 'soon'),
      ['open', 'no-such-file'],
      opening('--anchor', 'nowhere'),
    ]) {
      const { code, stdout, stderr } = await direct(...args);
      expect([code, stdout.length]).toEqual([2, 0]);
      expect(stderr.trim().split('\n')).toHaveLength(1);
    }
  });
});

describe('direct seal', () => {
  test.each(['oaep', 'v15'])('prints what openssl opens and verifies (%s)', async (transport) => {
    const { code, stdout } = await direct(...sealing('--transport', transport));
    expect(code).toBe(0);
    const inner = await openssl(['cms', '-decrypt', '-inkey', files.bob], stdout);
    const verified = await openssl(['cms', '-verify', '-CAfile', files.ca], inner);
    expect(verified.toString('latin1').replace(/\s/g, '')).toContain(pdf.toString('base64'));
  });
});
