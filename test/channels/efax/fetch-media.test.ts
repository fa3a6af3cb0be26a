import { afterEach, describe, expect, test } from '@jest/globals';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { fetchMedia, type FetchRules } from '../../../channels/efax/fetch-media.ts';
import { isPublic } from '../../../src/net/addresses.ts';
import { openNetwork } from '../../../src/net/network.ts';
import { selfSigned } from './setup.ts';

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(
    servers.splice(0).map((server) => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    }),
  );
});

async function media(listener: RequestListener, server: Server = createServer()): Promise<string> {
  server.on('request', listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type Resolve = (host: string) => Promise<readonly string[]>;
type Changes = Partial<FetchRules> & { readonly resolve?: Resolve };
const nobody: Resolve = () => Promise.reject(new Error('nobody should ask'));

const rules = ({ resolve = nobody, ...changes }: Changes = {}): FetchRules => ({
  hosts: ['s3.amazonaws.com', '*.telnyx.com'],
  maxBytes: 100_000,
  timeoutMs: 5000,
  network: openNetwork({ allow: [], resolvers: [] }, { now: Date.now, resolve }),
  ...changes,
});
const from = (host: string, changes: Changes = {}) =>
  fetchMedia(`http://${host}/f.pdf`, rules({ hosts: [host], ...changes }));

describe('an address of received pages', () => {
  test.each([
    'http://127.0.0.1/f.pdf',
    'http://127.0.0.1:8080/f.pdf',
    'http://[::1]/f.pdf',
    'http://[::ffff:7f00:1]/f.pdf',
    'https://[::ffff:127.0.0.1]/f.pdf',
    'http://localhost/f.pdf',
    'http://localhost./f.pdf',
    'http://0x7f.1/f.pdf',
    'http://2130706433/f.pdf',
    'http://169.254.169.254/latest/meta-data',
    'https://169.254.169.254/latest/meta-data',
    'https://10.0.0.1/f.pdf',
    'file:///etc/passwd',
    'gopher://s3.amazonaws.com/f.pdf',
    'data:application/pdf,%PDF-',
    'https://s3.amazonaws.com@evil.example/f.pdf',
    'https://user:word@s3.amazonaws.com/f.pdf',
    'https://s3.amazonaws.com.evil.example/f.pdf',
    'https://eviltelnyx.com/f.pdf',
    'https://telnyx.com.evil.example/f.pdf',
    'https://s3.amazonaws.com:22/f.pdf',
    'http://s3.amazonaws.com/f.pdf',
    'https://s3.amazonaws.com\\@evil.example/f.pdf?.',
    '//s3.amazonaws.com/f.pdf',
    '',
  ])('%s is refused without a connection', async (address) => {
    const changes = address.includes('\\') ? { resolve: () => Promise.resolve(['127.0.0.1']) } : {};
    expect(await fetchMedia(address, rules(changes))).toMatchObject({ ok: false, forbidden: true });
  });

  test.each([
    ['one private address', ['10.1.2.3']],
    ['loopback', ['127.0.0.1']],
    ['the metadata service', ['169.254.169.254']],
    ['a public and a private one', ['93.184.215.14', '192.168.0.1']],
    ['a mapped one', ['::ffff:127.0.0.1']],
    ['a local IPv6 one', ['fd00::1']],
    ['none', []],
  ])('with a good name that resolves to %s is refused at the connection', async (_what, addresses) => {
    let asked = 0;
    const resolve = (): Promise<readonly string[]> => {
      asked++;
      return Promise.resolve(addresses);
    };
    const result = await fetchMedia('https://files.telnyx.com/f.pdf', rules({ resolve }));
    expect(result).toMatchObject({ ok: false, forbidden: true, why: 'address not public' });
    // Asked once, by the connection itself: a second answer that differs finds nobody asking.
    expect(asked).toBe(1);
  });

  test('that is loopback by name must stay there', async () => {
    const result = await fetchMedia(
      'http://localhost:8080/f.pdf',
      rules({ hosts: ['localhost:8080'], resolve: () => Promise.resolve(['10.0.0.1']) }),
    );
    expect(result).toMatchObject({ ok: false, forbidden: true });
  });

  test.each([
    ['93.184.215.14', true],
    ['8.8.8.8', true],
    ['2606:2800:220:1::1', true],
    ['0.0.0.0', false],
    ['100.64.0.1', false],
    ['172.31.255.255', false],
    ['172.32.0.1', true],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
    ['::', false],
    ['::1', false],
    ['fe80::1', false],
    ['64:ff9b::7f00:1', false],
    ['2002:7f00:1::', false],
    ['2001:0:4136:e378::', false],
    ['localhost', false],
  ])('%s is public: %s', (address, expected) => {
    expect(isPublic(address)).toBe(expected);
  });
});

describe('received pages', () => {
  test.each([
    ['application/pdf', Buffer.from('%PDF-1.7\nrest')],
    ['image/tiff', Buffer.from('II*\0rest')],
    ['image/tiff', Buffer.from('MM\0*rest')],
  ] as const)('are %s by their first bytes, whatever the answer calls them', async (mediaType, bytes) => {
    const host = await media((_request, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end(bytes),
    );
    expect(await from(host)).toMatchObject({ ok: true, mediaType, bytes });
  });

  const bad: readonly (readonly [string, RequestListener, string])[] = [
    ['HTML with status 200', (_q, r) => r.end('<html>Sorry</html>'), 'neither PDF nor TIFF'],
    ['nothing', (_q, r) => r.end(), 'neither PDF nor TIFF'],
    ['a PDF that begins too late', (_q, r) => r.end(`${' '.repeat(900)}%PDF-1.7`), 'neither PDF nor TIFF'],
    ['an error page', (_q, r) => r.writeHead(500).end('%PDF-1.7'), 'status 500'],
    ['an expired link', (_q, r) => r.writeHead(403).end('%PDF-1.7'), 'status 403'],
    ['a part only', (_q, r) => r.writeHead(206).end('%PDF-1.7'), 'status 206'],
    ['more than allowed, all at once', (_q, r) => r.end(Buffer.alloc(100_001, '%PDF-')), 'too large'],
    [
      'a compressed bomb',
      (_q, r) => r.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(10_000_000))),
      'compressed answer',
    ],
    [
      'less than announced',
      (_q, r) => {
        r.writeHead(200, { 'content-length': '5000' }).write('%PDF-1.7', () => r.destroy());
      },
      'connection failed',
    ],
  ];
  test.each(bad)('that are %s are refused, and may be asked for again', async (_what, listener, why) => {
    expect(await from(await media(listener))).toMatchObject({ ok: false, forbidden: false, why });
  });

  test('of which nothing comes are refused, and may be asked for again', async () => {
    const refused = { ok: false, forbidden: false, why: 'took too long' };
    expect(await from(await media(() => undefined), { timeoutMs: 500 })).toMatchObject(refused);
  });

  test('that never end are cut off', async () => {
    let cut = (): void => undefined;
    const wasCut = new Promise<void>((resolve) => (cut = resolve));
    const host = await media((_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(16_384, '%PDF-')));
      };
      response.on('drain', more).on('close', cut);
      more();
    });
    expect(await from(host)).toMatchObject({ ok: false, forbidden: false, why: 'too large' });
    await wasCut;
  });

  test('that come drop by drop run out of time', async () => {
    const host = await media((_request, response) => {
      const drip = setInterval(() => response.write('%'), 10);
      response.on('close', () => {
        clearInterval(drip);
      });
    });
    expect(await from(host, { timeoutMs: 150 })).toMatchObject({ ok: false, forbidden: false, why: 'took too long' });
  });

  test('are not looked for where a redirect points', async () => {
    let visited = 0;
    const inside = await media((_request, response) => {
      visited++;
      response.end('%PDF-1.7');
    });
    const host = await media((_request, response) => response.writeHead(302, { location: `http://${inside}/` }).end());
    expect(await from(host, { hosts: [host, inside] })).toMatchObject({ ok: false, why: 'status 302' });
    expect(visited).toBe(0);
  });

  test('are not taken from a server whose certificate nobody vouches for', async () => {
    const server = createTlsServer(selfSigned());
    const host = await media((_request, response) => response.end('%PDF-1.7'), server);
    const result = await fetchMedia(`https://${host}/f.pdf`, rules({ hosts: [host] }));
    expect(result).toMatchObject({ ok: false, forbidden: false, why: 'connection failed' });
  });
});
