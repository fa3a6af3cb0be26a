import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Command } from 'commander';
import { readIdentities } from '../../../channels/direct/files.ts';
import { isBoundTo } from '../../../channels/direct/trust/certificate.ts';
import { addMakingVerbs } from '../../../src/cli/certs-make.ts';
import { openssl } from './strangers.ts';
import { scratch } from './support.ts';

let folder: Awaited<ReturnType<typeof scratch>>;
beforeAll(async () => {
  folder = await scratch();
  await folder.file('password', 'correct horse\n');
});
afterAll(() => folder.remove());

const at = (name: string): string => join(folder.path, name);
async function certs(...words: string[]): Promise<void> {
  const command = new Command('certs').exitOverride();
  addMakingVerbs(command);
  await command.parseAsync(words, { from: 'user' });
}

test('an authority issues an identity, and openssl says its chain is whole', async () => {
  await certs('ca', '--name', 'Our CA', '--out', at('ca.pem'));
  await certs('issue', '--ca', at('ca.pem'), '--for', 'a@a.example', '--out', at('a.pem'));
  expect((await openssl(['verify', '-CAfile', at('ca.pem'), at('a.pem')])).toString()).toContain('OK');
  const [identity] = readIdentities(readFileSync(at('a.pem')));
  expect(identity && isBoundTo(identity.certificate, 'a@a.example')).toBe(true);
  expect(statSync(at('a.pem')).mode & 0o77).toBe(0);
  await expect(certs('issue', '--ca', at('ca.pem'), '--for', 'b.example', '--out', at('a.pem'))).rejects.toThrow(
    'is there already',
  );
});

test('what is exported openssl opens, and what openssl makes is imported', async () => {
  const secret = ['--password-file', at('password')];
  await certs('export', '--identity', at('a.pem'), ...secret, '--out', at('a.p12'));
  const opened = await openssl(['pkcs12', '-in', at('a.p12'), '-passin', 'pass:correct horse', '-nodes']);
  const [own] = readIdentities(readFileSync(at('a.pem')));
  expect(readIdentities(opened)[0]?.certificate.raw.equals(own?.certificate.raw ?? Buffer.alloc(0))).toBe(true);

  await openssl(['pkcs12', '-export', '-in', at('a.pem'), '-passout', 'pass:correct horse', '-out', at('theirs.p12')]);
  await certs('import', at('theirs.p12'), ...secret, '--out', at('imported.pem'));
  expect(readIdentities(readFileSync(at('imported.pem')))).toHaveLength(1);
  await folder.file('wrong', 'wrong\n');
  await expect(
    certs('import', at('theirs.p12'), '--password-file', at('wrong'), '--out', at('no.pem')),
  ).rejects.toThrow('cannot be opened');
});

test('a request carries the name where Direct binds it, and openssl finds it well signed', async () => {
  await certs('csr', '--for', 'direct.a.example', '--key', at('new.key'), '--out', at('new.csr'));
  const words = (await openssl(['req', '-in', at('new.csr'), '-noout', '-text', '-verify'])).toString();
  expect(words).toContain('DNS:direct.a.example');
});
