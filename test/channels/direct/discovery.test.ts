import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort } from '../../../demo/free-port.ts';
import { issue, type Wish } from '../../../channels/direct/authority.ts';
import { certRecordData } from '../../../channels/direct/discovery/dns-cert.ts';
import { openDiscovery } from '../../../channels/direct/discovery/discover.ts';
import { directoriesOf } from '../../../channels/direct/discovery/ldap.ts';
import { recipientFor, unknown } from '../../../channels/direct/recipient.ts';
import { nameOf, type Certificate } from '../../../channels/direct/trust/certificate.ts';
import { openSources } from '../../../channels/direct/trust/sources.ts';
import { openNetwork } from '../../../src/net/network.ts';
import { startBind, type NameServer } from '../../services/bind.ts';
import { startSlapd, type Directory, type Listed } from '../../services/slapd.ts';
import { authority, certificate, day, hisp, listBy, now, parcel, pdf, person, scratch, type Hisp } from './support.ts';

/** The cases of ONC's Direct Certificate Discovery Tool (onc-healthit/dcdt, discovery test cases D1 to D18), decoys
 *  included, against bind9 and three slapd. */

const ca = authority('DCDT CA');
const root = certificate(ca.certificate);
const partner = person(ca, 'd25@domain25.dcdt.example');

/** Named after the tool's credentials: `val` is good, `inv` is not; A, B lie in DNS, C to E in directories. */
const made = new Map<string, Certificate>();
function cert(name: string, wish: Wish, by = ca): Certificate {
  const one = certificate(issue(by, { name, key: 'P-256', ...wish }).certificate);
  made.set(name, one);
  return one;
}
const expired = { notBefore: now - 20 * day, notAfter: now - 10 * day };

const cert37 = (owner: string, ...certificates: readonly Certificate[]): string[] =>
  certificates.map((each) => {
    const data = certRecordData(each);
    return `${owner} IN TYPE37 \\# ${data.length} ( ${data.toString('hex').replace(/(.{200})/g, '$1 ')} )`;
  });

let web: Server;
let bind: NameServer;
let ldap: Directory[] = [];
let files: Record<string, Buffer> = {};
const asked: string[] = [];

const srv = (owner: string, priority: number, weight: number, port: number, host = 'ldap'): string =>
  `_ldap._tcp${owner} IN SRV ${priority} ${weight} ${port} ${host}.dcdt.example.`;

beforeAll(async () => {
  web = createServer((request, response) => {
    asked.push(request.url ?? '');
    const file = files[request.url ?? ''];
    if (file) response.end(file);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;

  const intermediate = issue(ca, { name: 'D18 intermediate', ca: true, key: 'P-256' });
  const second = { certificate: intermediate.certificate, key: intermediate.key, now };
  const large = { key: 4096, issuersAt: `http://127.0.0.1/${'x'.repeat(800)}` } as const;
  const lists = { listsAt: `${url}/d17.crl` };
  const address = (n: number): string => `d${n}@domain${n}.dcdt.example`;
  const [domain1, domain2] = ['domain1.dcdt.example', 'domain2.dcdt.example'];
  const ab = (n: number, wish: Partial<Wish> = {}): Wish => ({ address: address(n), ...wish });
  const db = (n: number, wish: Partial<Wish> = {}): Wish => ({ domain: `domain${n}.dcdt.example`, ...wish });

  const people: Listed[][] = [[], [], []];
  const list = (where: number, mail: string, ...certificates: readonly Certificate[]): void => {
    people[where]?.push({ mail, certificates: certificates.map(({ raw }) => raw) });
  };
  list(0, address(1), cert('D1_invC', ab(1, expired)));
  list(0, domain1, cert('D1_invD', db(1, expired)));
  list(0, address(2), cert('D2_invC', ab(2, expired)));
  list(0, domain2, cert('D2_invD', db(2, expired)));
  list(0, address(3), cert('D3_valC', ab(3)));
  list(0, 'domain3.dcdt.example', cert('D3_invD', db(3, expired)));
  list(0, 'domain4.dcdt.example', cert('D4_valD', db(4)));
  list(0, address(7), cert('D7_invC', ab(7, expired)));
  list(2, 'domain8.dcdt.example', cert('D8_invD', db(8, expired)));
  list(1, address(10), cert('D10_valE', ab(10)));
  list(0, address(15), cert('D15_valC', ab(15)));
  list(1, address(15), cert('D15_invE', ab(15, expired)));
  list(2, address(16), cert('D16_valC', ab(16)));
  list(0, address(16), cert('D16_valE', ab(16)));
  // Beyond the tool: nobody may match everybody.
  list(0, 'somebody@domain19.dcdt.example', cert('D19_valC', { address: '*@domain19.dcdt.example' }));
  ldap = await Promise.all(people.map((each) => startSlapd(each)));
  const [one = 0, two = 0, three = 0] = ldap.map(({ port }) => port);
  const dead = await freePort();

  const d17 = [cert('D17_invB', ab(17, lists)), cert('D17_invC', ab(17, lists)), cert('D17_valA', ab(17, lists))];
  const d17domain = cert('D17_invD', db(17, lists));
  const revoked = [d17[0], d17[1], d17domain].flatMap((each) => each?.serial ?? []);
  const d18 = cert('D18_valA', { ...ab(18), issuersAt: `${url}/d18.cer` }, second);
  files = { '/d17.crl': listBy(ca, root, revoked, now + day), '/d18.cer': certificate(second.certificate).raw };

  bind = await startBind({
    'dcdt.example': [
      'ldap IN A 127.0.0.1',
      'mail IN A 127.0.0.1',
      ...cert37('d1.domain1', cert('D1_valA', ab(1))),
      ...cert37('domain1', cert('D1_invB', db(1, expired))),
      ...cert37('domain2', cert('D2_valB', db(2))),
      ...[1, 2, 3, 4, 7, 13, 19].map((n) => srv(`.domain${n}`, 0, 0, one)),
      ...cert37('d5.domain5', cert('D5_invA', ab(5, expired))),
      ...cert37('domain6', cert('D6_invB', db(6, expired))),
      ...[5, 6].map((n) => srv(`.domain${n}`, 0, 0, one)),
      srv('.domain8', 0, 0, one),
      srv('.domain8', 0, 100, three),
      ...cert37('d9.domain9', cert('D9_invA', ab(9, expired)), cert('D9_valA', ab(9))),
      srv('.domain10', 0, 0, dead),
      srv('.domain10', 1, 0, two),
      'domain11 IN MX 0 mail',
      srv('.domain12', 0, 0, dead),
      ...cert37('d14.domain14', cert('D14_valA', ab(14, large))),
      srv('.domain15', 0, 0, one),
      srv('.domain15', 1, 0, two),
      srv('.domain16', 0, 0, one),
      srv('.domain16', 0, 100, three),
      ...cert37('d17.domain17', ...d17),
      ...cert37('domain17', d17domain),
      ...cert37('d18.domain18', d18),
      ...cert37('domain18', cert('D18_invB', db(18, expired))),
      // Beyond the tool.
      'alias.domain20 IN CNAME real.elsewhere',
      ...cert37('real.elsewhere', cert('D20_valA', { address: 'alias@domain20.dcdt.example' })),
      ...cert37('d21.domain21', cert('D21_valA', { address: 'd21@domain21.dcdt.example' })),
      `d22.domain22 IN TYPE37 \\# 8 00010000 00308000`,
      `d22.domain22 IN TYPE37 \\# 12 0004 0000 00 687474703a2f2f`,
      srv('.domain23', 0, 0, 389, 'inside'),
      srv('.domain28', 1, 30, 1),
      srv('.domain28', 1, 10, 2),
      srv('.domain28', 0, 0, 3),
      'inside IN A 10.1.2.3',
      '_ldap._tcp.domain24 IN SRV 0 0 0 .',
      // A partner that is sent to.
      ...cert37('d25.domain25', partner.cert),
      ...cert37('d26.domain25', cert('D26_invA', { address: 'd26@domain25.dcdt.example', ...expired })),
    ],
  });
});
afterAll(async () => {
  web.close();
  await bind.stop();
  await Promise.all(ldap.map((each) => each.stop()));
});

describe('a message to a partner of whom the settings name the mail server alone', () => {
  let folder: Awaited<ReturnType<typeof scratch>>;
  let near: Hisp;
  let far: Hisp;
  beforeAll(async () => {
    folder = await scratch();
    const anchors = [await folder.file('ca.pem', ca.certificate)];
    const network = openNetwork({ allow: ['127.0.0.0/8'], resolvers: [bind.address] }, { now: () => now });
    far = await hisp(partner, { anchors, identity: await folder.file('far.pem', partner.identity) });
    const own = person(ca, 'alice@a.example');
    const peers = [{ match: 'domain25.dcdt.example', host: '127.0.0.1', port: far.port }];
    near = await hisp(own, { anchors, peers, network, identity: await folder.file('near.pem', own.identity) });
  });
  afterAll(async () => {
    near.stop();
    far.stop();
    await folder.remove();
  });

  test('is encrypted for the certificate that is found, and opens there', async () => {
    const sent = parcel(near.practice, partner.address);
    expect(await near.channel.send(sent, new AbortController().signal)).toMatchObject({ kind: 'accepted' });
    expect(Buffer.from(far.inbox.messages[0]?.documents[0]?.bytes ?? []).equals(pdf)).toBe(true);
  });

  test.each([
    ['d26@domain25.dcdt.example', 'refused', 'untrusted'],
    ['d27@domain25.dcdt.example', 'refused', 'no-certificate'],
  ])('leaves nothing on the wire when none is good (%s)', async (address, kind, code) => {
    const before = far.inbox.taken.length;
    const sent = parcel(near.practice, address);
    expect(await near.channel.send(sent, new AbortController().signal)).toMatchObject({ kind, reason: { code } });
    expect([sent.handed, far.inbox.taken.length]).toEqual([[], before]);
  });
});

/** What a gateway would do for that address: the certificate that it would encrypt for, or why it sends nothing. */
async function outcome(address: string, allow = ['127.0.0.0/8']) {
  const network = openNetwork({ allow, resolvers: [bind.address] }, { now: () => now });
  const sources = openSources(network, () => now);
  const trusting = {
    anchors: [root],
    crls: [],
    at: now,
    sources,
    revocation: { unknown: 'refuse', graceMs: 0 },
  } as const;
  const found = await recipientFor(address, [], unknown, {
    trusting,
    discover: openDiscovery(network, () => now).discover,
  });
  if (!('reason' in found)) return nameOf(found.certificate).replace('CN=', '');
  return { code: found.reason.code, passing: found.passing, detail: found.reason.detail };
}

describe('ONC’s discovery cases', () => {
  test.each([
    ['D1 address-bound in DNS', 1, 'D1_valA'],
    ['D2 domain-bound in DNS', 2, 'D2_valB'],
    ['D3 address-bound in LDAP', 3, 'D3_valC'],
    ['D4 domain-bound in LDAP', 4, 'D4_valD'],
    ['D9 the valid one beside an invalid one', 9, 'D9_valA'],
    ['D10 one directory is down', 10, 'D10_valE'],
    ['D14 larger than a datagram: by TCP', 14, 'D14_valA'],
    ['D15 the directory of the lowest priority value', 15, 'D15_valC'],
    ['D16 the directory of the greater weight', 16, 'D16_valC'],
    ['D17 the one that is not revoked', 17, 'D17_valA'],
    ['D18 its intermediate by AIA', 18, 'D18_valA'],
  ])('%s', async (_, n, name) => {
    expect(await outcome(`d${n}@domain${n}.dcdt.example`)).toBe(name);
  });

  test.each([
    ['D5 invalid address-bound in DNS', 5, 'found by DNS CERT at d5.domain5.dcdt.example: CN=D5_invA expired'],
    ['D6 invalid domain-bound in DNS', 6, 'found by DNS CERT at domain6.dcdt.example: CN=D6_invB expired'],
    ['D7 invalid address-bound in LDAP', 7, 'found by LDAP at ldap.dcdt.example:'],
    ['D8 invalid domain-bound in LDAP', 8, 'CN=D8_invD expired'],
  ])('%s: nothing is sent, and nothing else is asked', async (_, n, says) => {
    expect(await outcome(`d${n}@domain${n}.dcdt.example`)).toMatchObject({
      code: 'untrusted',
      passing: false,
      detail: expect.stringContaining(says),
    });
  });

  test.each([
    ['D11 no CERT and no SRV', 11, false, '_ldap._tcp.domain11.dcdt.example (no directory): no certificate'],
    ['D12 no directory answers: it is tried again', 12, true, 'ECONNREFUSED|Error|failed'],
    ['D13 found nowhere', 13, false, 'LDAP at ldap.dcdt.example:'],
  ])('%s', async (_, n, passing, says) => {
    expect(await outcome(`d${n}@domain${n}.dcdt.example`)).toMatchObject({
      code: 'no-certificate',
      passing,
      detail: expect.stringMatching(new RegExp(says.replace(/[().]/g, '\\$&'))),
    });
  });
});

describe('beyond the tool', () => {
  test.each([
    ['a CNAME is followed', 'alias@domain20.dcdt.example', 'D20_valA'],
    ['a tag is left out of the name', 'd21+tag@domain21.dcdt.example', 'D21_valA'],
    ['case does not matter', 'D21@Domain21.DCDT.example', 'D21_valA'],
  ])('%s', async (_, address, name) => {
    expect(await outcome(address)).toBe(name);
  });

  test('records that hold no certificate are no certificate', async () => {
    expect(await outcome('d22@domain22.dcdt.example')).toMatchObject({ code: 'no-certificate', passing: false });
  });

  test('a letter of filters in an address finds nobody else (LDAP injection)', async () => {
    expect(await outcome('*@domain19.dcdt.example')).toMatchObject({ code: 'no-certificate' });
  });

  test('a directory inside our own network is not asked', async () => {
    expect(await outcome('d23@domain23.dcdt.example')).toMatchObject({
      code: 'no-certificate',
      detail: expect.stringContaining('address not public'),
    });
  });

  test('a domain that says it has no directory has none', async () => {
    expect(await outcome('d24@domain24.dcdt.example')).toMatchObject({ code: 'no-certificate', passing: false });
  });

  test('without its revocation list a certificate is not used until the list can be had', async () => {
    const kept = files['/d17.crl'];
    delete files['/d17.crl'];
    expect(await outcome('d17@domain17.dcdt.example')).toMatchObject({
      code: 'untrusted',
      passing: true,
      detail: expect.stringContaining('whether CN=D17_valA is revoked is not known: 127.0.0.1'),
    });
    if (kept) files['/d17.crl'] = kept;
  });

  test('what DNS does not answer may be found later', async () => {
    const network = openNetwork({ allow: [], resolvers: [`127.0.0.1:${await freePort()}`] }, { now: () => now });
    expect(await openDiscovery(network, () => now).discover('a@b.example')).toMatchObject({
      passing: true,
      certificates: [],
    });
  });

  test('an answer is remembered as long as it allows, and nothing is asked for twice at once', async () => {
    let clock = now;
    const network = openNetwork({ allow: ['127.0.0.0/8'], resolvers: [bind.address] }, { now: () => clock });
    const { discover, looked } = openDiscovery(network, () => clock);
    const first = discover('d1@domain1.dcdt.example');
    expect(discover('d1@domain1.dcdt.example')).toBe(first);
    const { certificates } = await first;
    clock += 200_000;
    expect(await discover('d1@domain1.dcdt.example')).toMatchObject({ certificates: [certificates[0]] });
    clock += 200_000;
    expect((await discover('d1@domain1.dcdt.example')).certificates[0]).not.toBe(certificates[0]);
    await discover('nobody@nowhere.dcdt.example');
    expect(looked().map(({ address, at, discovery }) => [address, at, discovery.place])).toEqual([
      ['nobody@nowhere.dcdt.example', clock, null],
      ['d1@domain1.dcdt.example', clock, 'DNS CERT at d1.domain1.dcdt.example'],
    ]);
  });

  test('directories of equal rank are drawn by weight', async () => {
    const network = openNetwork({ allow: [], resolvers: [bind.address] }, { now: () => now });
    const ports = async (chance: number) =>
      (await directoriesOf('domain28.dcdt.example', network, () => chance)).map(({ port }) => port);
    // Priority first, whatever its weight; then three times in four the one of three times the weight.
    expect([await ports(0), await ports(0.74)]).toEqual([
      [3, 1, 2],
      [3, 1, 2],
    ]);
    expect(await ports(0.76)).toEqual([3, 2, 1]);
  });
});
