import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createAuthority } from '../../../channels/direct/authority.ts';
import { certRecordData } from '../../../channels/direct/discovery/dns-cert.ts';
import { loopgate } from '../../e2e/command.ts';
import { startBind, type NameServer } from '../../services/bind.ts';
import { authority, day, hisp, person, scratch, type Hisp, type Person } from './support.ts';

/** `loopgate direct check` against a partner whose certificates lie in a real DNS, and whose mail server answers. */

const ca = createAuthority({ name: 'Partner CA', now: Date.now() });
const eve = authority('Eve CA');
const ours = person(ca, 'us@a.example');
const bob = person(ca, 'bob@b.example');
const late = person(ca, 'late@b.example', { notBefore: Date.now() - 9 * day, notAfter: Date.now() - 2 * day });
const eves = person(eve, 'eve@b.example');

let folder: Awaited<ReturnType<typeof scratch>>;
let bind: NameServer;
let partner: Hisp;
let config: string;

const record = ({ address, cert }: Person): string => {
  const data = certRecordData(cert);
  const name = address.replace('@', '.').replace('.b.example', '');
  return `${name} IN TYPE37 \\# ${data.length} ( ${data.toString('hex').replace(/(.{200})/g, '$1 ')} )`;
};

beforeAll(async () => {
  folder = await scratch();
  bind = await startBind({
    'b.example': [...[bob, late, eves].map(record), '@ IN MX 10 mail', 'mail IN A 127.0.0.1'],
    'c.example': ['@ IN MX 0 .'],
  });
  const anchor = await folder.file('ca.pem', ca.certificate);
  partner = await hisp(bob, { anchors: [anchor], identity: await folder.file('bob.pem', bob.identity) });
  const settings = {
    data: folder.path,
    network: { allow: ['127.0.0.0/8'], resolvers: [bind.address] },
    practices: [{ id: 'main', name: 'Us', phone: '+12125550100', npi: null, addresses: { direct: [ours.address] } }],
    channels: {
      direct: {
        identities: [await folder.file('us.pem', ours.identity)],
        anchors: [anchor],
        peers: [{ match: 'b.example', port: partner.port }],
      },
    },
  };
  config = await folder.file('config.mjs', `export default ${JSON.stringify(settings)};\n`);
});
afterAll(async () => {
  partner.stop();
  await bind.stop();
  await folder.remove();
});

const check = async (address: string) => {
  const { status, stdout, stderr } = await loopgate(['direct', 'check', address], config);
  return { status, lines: stdout.trimEnd().split('\n'), stderr };
};

test('a partner that all is well with: each step is told, and nothing reaches it', async () => {
  const { status, lines } = await check(bob.address);
  expect(lines).toEqual([
    expect.stringMatching(/^✓ our identity: us@a\.example signs with CN=us@a\.example, valid until \d{4}-\d\d-\d\d$/),
    expect.stringMatching(
      /^· settings: peers entry b\.example: mail server by MX, as its certificate says; a\.example trusts 1 anchor/,
    ),
    '✓ discovery: DNS CERT at bob.b.example: 1 certificate',
    expect.stringMatching(
      /^✓ certificate: CN=bob@b\.example, .*chain CN=bob@b\.example ← CN=Partner CA; names no revocation list$/,
    ),
    '✓ encryption: for CN=bob@b.example (oaep, aes-256-cbc)',
    `✓ mail server: mail.b.example:${partner.port} (127.0.0.1)`,
    '✓ SMTP: answers and takes STARTTLS; any certificate will do: messages protect themselves',
    'A message would be sent. Nothing was sent.',
  ]);
  expect(status).toBe(0);
  expect([...partner.inbox.taken, ...partner.inbox.refused]).toEqual([]);
});

test.each([
  ['an expired certificate', late.address, [/✗ certificate: .*CN=late@b\.example expired at/, /refused \(5\.7\.11\)/]],
  [
    'a stranger’s authority',
    eves.address,
    [/no path from CN=eve@b\.example to a trust anchor/, /put the top of its chain/],
  ],
  ['no certificate', 'nobody@b.example', [/DNS CERT at b\.example: 0 certificates/, /refused \(5\.7\.31\)/]],
  ['a domain without mail', 'x@c.example', [/the domain takes no mail/]],
] as const)('%s: what is wrong and what to do, exit 1', async (_, address, says) => {
  const { status, lines, stderr } = await check(address);
  for (const each of says) expect(lines.join('\n')).toMatch(each);
  expect(stderr).toContain('would be refused');
  expect(status).toBe(1);
});
