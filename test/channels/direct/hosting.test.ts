import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openDiscovery } from '../../../channels/direct/discovery/discover.ts';
import { recipientFor, unknown } from '../../../channels/direct/recipient.ts';
import { openNetwork } from '../../../src/net/network.ts';
import { loopgate } from '../../e2e/command.ts';
import { startBind, type NameServer } from '../../services/bind.ts';
import { peopleBase, startSlapd, type Directory } from '../../services/slapd.ts';
import { authority, certificate, domainPerson, now, person, scratch, type Person } from './support.ts';

/** The hosting cases of ONC's Direct Certificate Discovery Tool (H1 to H4): our own certificates, put into a real name
 *  server and a real directory as `certs publish` says, are found by whoever looks for them. */

const ca = authority('Hosting CA');
const ours: readonly (readonly [name: string, as: 'dns' | 'ldif', who: Person, asked: string])[] = [
  ['H1 address-bound in DNS', 'dns', person(ca, 'dr.one@h1.example'), 'dr.one@h1.example'],
  ['H2 domain-bound in DNS', 'dns', domainPerson(ca, 'h2.example'), 'anybody@h2.example'],
  ['H3 address-bound in LDAP', 'ldif', person(ca, "o'hara@h3.example"), "o'hara@h3.example"],
  ['H4 domain-bound in LDAP', 'ldif', domainPerson(ca, 'h4.example'), 'anybody@h4.example'],
];

let folder: Awaited<ReturnType<typeof scratch>>;
let bind: NameServer;
let directory: Directory;

async function publish(who: Person, ...words: string[]) {
  const file = await folder.file('own.pem', who.identity);
  return loopgate(['certs', 'publish', file, ...words], '/dev/null');
}

beforeAll(async () => {
  folder = await scratch();
  const made: Record<'dns' | 'ldif', string> = { dns: '', ldif: '' };
  for (const [, as, who] of ours) {
    const { status, stdout } = await publish(who, '--as', as, ...(as === 'ldif' ? ['--base', peopleBase] : []));
    expect(status).toBe(0);
    expect(stdout).not.toContain('PRIVATE');
    made[as] += stdout;
  }
  directory = await startSlapd([], made.ldif);
  const service = `_ldap._tcp IN SRV 0 0 ${directory.port} ldap.example.`;
  bind = await startBind({
    example: ['ldap IN A 127.0.0.1', ...['h1', 'h2'].map((zone) => `${zone} IN TXT here`), ...made.dns.split('\n')],
    'h3.example': [service],
    'h4.example': [service],
  });
});
afterAll(async () => {
  await Promise.all([bind.stop(), directory.stop()]);
  await folder.remove();
});

describe('ONC’s hosting cases', () => {
  test.each(ours)('%s', async (_name, _as, who, asked) => {
    const network = openNetwork({ allow: ['127.0.0.0/8'], resolvers: [bind.address] }, { now: () => now });
    const { discover } = openDiscovery(network, () => now);
    const trusting = {
      anchors: [certificate(ca.certificate)],
      crls: [],
      at: now,
      sources: null,
      revocation: { unknown: 'refuse', graceMs: 0 },
    } as const;
    const found = await recipientFor(asked, [], unknown, { trusting, discover });
    expect('certificate' in found && found.certificate.raw.equals(who.cert.raw)).toBe(true);
  });
});

describe('nothing is published', () => {
  test.each([
    [
      'of a key that only signs',
      person(ca, 'a@a.example', { usage: 'sign' }),
      ['--as', 'dns'],
      /may not receive encrypted keys/,
    ],
    [
      'of what speaks for nobody',
      person(ca, 'a@a.example', { domain: 'a.example' }),
      ['--as', 'dns'],
      /bound to no address/,
    ],
    ['in DNS under what is no name there', person(ca, "o'hara@a.example"), ['--as', 'dns'], /publish it by LDAP/],
    ['in a directory at no place', person(ca, 'a@a.example'), ['--as', 'ldif'], /--base/],
  ] as const)('%s', async (_name, who, words, says) => {
    const { status, stdout, stderr } = await publish(who, ...words);
    expect([status === 0, stdout]).toEqual([false, '']);
    expect(stderr).toMatch(says);
  });
});
