import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { endWatch, healthOf } from '../../../channels/direct/health.ts';
import type { Keyring } from '../../../channels/direct/keyring.ts';
import { anchorsFor } from '../../../channels/direct/trust/anchors.ts';
import { readBundle, readPublished } from '../../../channels/direct/trust/bundle.ts';
import { openBundles, type BundleSource } from '../../../channels/direct/trust/bundles.ts';
import { nameOf, type Certificate } from '../../../channels/direct/trust/certificate.ts';
import { judgePath } from '../../../channels/direct/trust/path.ts';
import { openNetwork } from '../../../src/net/network.ts';
import { openssl } from './strangers.ts';
import { authority, certificate, day, now, person, scratch } from './support.ts';

const folder = join(import.meta.dirname, '..', '..', 'fixtures', 'direct', 'bundles');
const vector = (name: string): Buffer => readFileSync(join(folder, name));
const common = (certificates: readonly Certificate[]): (string | undefined)[] =>
  certificates.map((each) => /CN=([^,]+)/.exec(nameOf(each))?.[1]);
const both = ['directtest1.com Root CA', 'directtest2.com Root CA'];

describe('the reference implementation’s bundles', () => {
  test.each(['UnSignedMetaData.p7b', 'UnSignedMetaData.p7c', 'UnSignedNoMetaData.p7b', 'UnSignedNoMetaData.p7c'])(
    '%s holds two anchors',
    (name) => {
      expect(common(readBundle(vector(name), null))).toEqual(both);
    },
  );

  test.each(['signedmetadata1.p7m', 'signedmetadata2nopass.p7m', 'signednometadata.p7m', 'signednometadata1.p7m'])(
    '%s holds two anchors once its signer is configured, and the signer is none of them',
    (name) => {
      const [signer = null] = readPublished(vector(name));
      expect(common(readBundle(vector(name), signer))).toEqual(both);
      expect(() => readBundle(vector(name), null)).toThrow('its signer’s certificate must be configured');
      expect(() => readBundle(vector(name), certificate(authority('Eve').certificate))).toThrow(
        'not signed by its configured signer',
      );
      const broken = Buffer.from(vector(name));
      broken[broken.length - 20] = (broken[broken.length - 20] ?? 0) ^ 1;
      expect(() => readBundle(broken, signer)).toThrow('not signed by its configured signer');
    },
  );

  test('signednometadata2.p7m is called signed and is not: it is no signed bundle', () => {
    expect(common(readBundle(vector('signednometadata2.p7m'), null))).toEqual(both);
    const [signer = null] = readPublished(vector('signednometadata.p7m'));
    expect(() => readBundle(vector('signednometadata2.p7m'), signer)).toThrow('the bundle is not signed');
  });
});

describe('bundles that are fetched', () => {
  const [one, two] = [authority('One'), authority('Two')];
  const old = person(one, 'old@a.example', { ca: true, notBefore: now - 9 * day, notAfter: now - 2 * day });
  let files: Awaited<ReturnType<typeof scratch>>;
  let web: Server;
  let answer: Buffer | null = null;
  let url = '';
  let clock = now;
  const lines: string[] = [];

  const pack = async (...certificates: readonly string[]): Promise<Buffer> =>
    openssl(['crl2pkcs7', '-nocrl', '-outform', 'DER', '-certfile', await files.file('c.pem', certificates.join(''))]);
  const source = (more: Partial<BundleSource> = {}): BundleSource => ({
    url,
    signer: null,
    domains: null,
    direction: 'both',
    policies: [],
    everyMs: day,
    ...more,
  });
  const log = { info: (event: string) => lines.push(event), warn: (event: string) => lines.push(event) };
  const open = (sources: readonly BundleSource[]) =>
    openBundles(sources, {
      network: openNetwork({ allow: ['127.0.0.1/32'], resolvers: [] }, { now: () => clock }),
      log: { ...log, error: () => undefined },
      now: () => clock,
      cache: files.path,
    });
  const names = (bundles: Awaited<ReturnType<typeof open>>) =>
    common(bundles.anchors().map((anchor) => anchor.certificate));

  beforeAll(async () => {
    files = await scratch();
    web = createServer((_request, response) => {
      if (answer) response.end(answer);
      else response.writeHead(503).end();
    });
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(web.address() as AddressInfo).port}/bundle.p7b`;
  });
  afterAll(async () => {
    web.close();
    await files.remove();
  });

  test('are taken up, refreshed when due, kept on failure, and drop what was removed', async () => {
    answer = await pack(one.certificate, two.certificate, old.certificate);
    const bundles = await open([source()]);
    expect(names(bundles)).toEqual(['One', 'Two']);

    answer = null;
    clock += day + 1;
    await bundles.refresh();
    expect(names(bundles)).toEqual(['One', 'Two']);
    expect(lines.at(-1)).toBe('direct.bundle-kept');
    expect(bundles.facts()).toEqual([
      { url, signed: false, anchors: 2, fetchedAt: now, failure: 'status 503', dueAt: clock + 600_000 },
    ]);

    answer = Buffer.from('<html>Sorry</html>');
    clock += day;
    await bundles.refresh();
    expect(names(bundles)).toEqual(['One', 'Two']);

    answer = await pack(two.certificate);
    await bundles.refresh();
    expect(names(bundles)).toEqual(['One', 'Two']); // not due yet: ten minutes after a failure
    clock += 600_001;
    await bundles.refresh();
    expect(names(bundles)).toEqual(['Two']);

    answer = null;
    expect(names(await open([source()]))).toEqual(['Two']); // a new start without the network
    clock = now;
  });

  test('that end, or hold nothing, change nothing', async () => {
    answer = await pack(old.certificate);
    const bundles = await open([source({ url: `${url}?other` })]);
    expect(bundles.anchors()).toEqual([]);
  });

  test('in PEM and signed by openssl are read', async () => {
    const der = await pack(one.certificate);
    const pem = Buffer.from(`-----BEGIN PKCS7-----\n${der.toString('base64')}\n-----END PKCS7-----\n`);
    expect(common(readBundle(pem, null))).toEqual(['One']);
    const signer = person(two, 'signer@a.example');
    const identity = await files.file('signer.pem', signer.identity);
    const signed = await openssl([
      'cms',
      '-sign',
      '-nodetach',
      '-binary',
      '-outform',
      'DER',
      '-signer',
      identity,
      '-in',
      await files.file('b', der),
    ]);
    expect(common(readBundle(signed, signer.cert))).toEqual(['One']);
  });

  test('are for the domains and the direction that the settings say', async () => {
    answer = await pack(one.certificate);
    const bundles = await open([source({ url: `${url}?scoped`, domains: ['a.example'], direction: 'in' })]);
    const trusted = (domain: string, direction: 'in' | 'out') =>
      anchorsFor(bundles.anchors(), domain, direction).length;
    expect([trusted('A.example', 'in'), trusted('a.example', 'out'), trusted('b.example', 'in')]).toEqual([1, 0, 0]);
  });

  test('are for the certificate policies that the settings ask for', async () => {
    answer = await pack(one.certificate);
    const [asked, other] = ['1.3.6.1.4.1.41179.1.3', '1.3.6.1.4.1.41179.1.1'];
    const bundles = await open([source({ url: `${url}?policies`, policies: [asked] })]);
    const anchors = anchorsFor(bundles.anchors(), 'a.example', 'in');
    const problems = (...policies: string[]): readonly string[] =>
      judgePath(person(one, 'x@x.example', { policies }).cert, 'digitalSignature', [], { anchors, crls: [], at: now })
        .problems;
    expect(problems(asked, other)).toEqual([]);
    const none = ['the path asserts none of the policies that its anchor is trusted for'];
    expect([problems(other), problems()]).toEqual([none, none]);
    // Trusted elsewhere in the settings without that condition.
    anchors.push(certificate(one.certificate));
    expect(problems()).toEqual([]);
  });
});

describe('identities of ours', () => {
  const ca = authority();
  const keyring = (...people: readonly { own: Keyring['identities'][number] }[]): Keyring => ({
    identities: people.map(({ own }) => own),
    anchors: [],
    bundled: [],
    crls: [],
    partners: [],
  });
  const ending = (days: number) => person(ca, 'a@a.example', { notAfter: now + days * day });

  test('that have ended are no problem once a successor is there', () => {
    const ended = person(ca, 'a@a.example', { notBefore: now - 9 * day, notAfter: now - day });
    expect(healthOf(keyring(ended), now)).toMatchObject({ ok: false });
    expect(healthOf(keyring(ended, ending(90)), now)).toMatchObject({ ok: true, validUntil: now + 90 * day });
  });

  test('for one use are no successor for the other', () => {
    const ended = person(ca, 'a@a.example', { notBefore: now - 9 * day, notAfter: now - day });
    const signs = person(ca, 'a@a.example', { usage: 'sign' });
    expect(healthOf(keyring(ended, signs), now)).toMatchObject({ ok: false });
  });

  test('are told of once at 30, 7 and 1 days', () => {
    const told: unknown[] = [];
    const quiet = () => undefined;
    const watch = endWatch({ info: quiet, error: quiet, warn: (event, facts) => told.push([event, facts?.count]) });
    const ring = keyring(ending(40));
    for (const days of [0, 10, 11, 33, 34, 39, 39.5]) watch(ring, now + days * day);
    expect(told).toEqual([30, 7, 1].map((count) => ['direct.certificate-ends', count]));
  });
});
