import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { openNetwork } from '../../src/net/network.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const limits = { maxBytes: 1_000, timeoutMs: 2_000 };
const guard = (allow: readonly string[], resolve?: (host: string) => Promise<readonly string[]>) =>
  openNetwork({ allow, resolvers: [] }, { now: Date.now, ...(resolve ? { resolve } : {}) });

describe('a file that a far side names', () => {
  test.each([
    'http://127.0.0.1/ca.crl',
    'http://[::1]/ca.crl',
    'http://169.254.169.254/latest/meta-data',
    'http://10.0.0.1/ca.crl',
    'http://0x7f.1/ca.crl',
    'http://2130706433/ca.crl',
    'http://[::ffff:10.0.0.1]/ca.crl',
    'http://localhost/ca.crl',
    'file:///etc/passwd',
    'ldap://ca.example/cn=x',
    'http://user:word@93.184.215.14/ca.crl',
    'not an address',
  ])('%s is refused without a connection', async (url) => {
    expect(await guard([]).get(url, limits)).toMatchObject({ ok: false, forbidden: true });
  });

  test('is fetched from a private network that the settings allow, and from no other', async () => {
    const port = await serve((_request, response) => response.end('here'));
    const url = `http://127.0.0.1:${port}/ca.crl`;
    expect(await guard(['127.0.0.0/8']).get(url, limits)).toEqual({ ok: true, bytes: Buffer.from('here') });
    expect(await guard(['10.0.0.0/8']).get(url, limits)).toMatchObject({ ok: false, why: 'address not public' });
  });

  test('on an odd port of a public host is refused', async () => {
    const resolve = (): Promise<readonly string[]> => Promise.resolve(['93.184.215.14']);
    const fetched = await guard([], resolve).get('http://ca.example:6379/', limits);
    expect(fetched).toMatchObject({ ok: false, forbidden: true, why: 'port not allowed' });
  });

  test('is not fetched when its name says public first and private when it is connected to', async () => {
    let visits = 0;
    const port = await serve((_request, response) => {
      visits++;
      response.end('inside');
    });
    let asked = 0;
    const resolve = (): Promise<readonly string[]> =>
      Promise.resolve(asked++ === 0 ? ['93.184.215.14'] : ['127.0.0.1']);
    const network = guard([], resolve);
    expect(await network.addressesOf('ca.example')).toEqual(['93.184.215.14']);
    const fetched = await network.get(`http://ca.example:${port}/`, limits);
    expect(fetched).toMatchObject({ ok: false, forbidden: true, why: 'address not public' });
    expect(visits).toBe(0);
  });

  test('is followed through as many redirects as allowed, and not to where it may not be', async () => {
    const port = await serve((request, response) => {
      const n = Number(request.url?.slice(1));
      if (n === 0) response.end('arrived');
      else if (n === 99) response.writeHead(302, { location: 'http://[::1]:1/' }).end();
      else response.writeHead(302, { location: `/${n - 1}` }).end();
    });
    const network = guard(['127.0.0.1/32']);
    const get = (n: number): Promise<unknown> =>
      network.get(`http://127.0.0.1:${port}/${n}`, { ...limits, redirects: 2 });
    expect(await get(2)).toEqual({ ok: true, bytes: Buffer.from('arrived') });
    expect(await get(3)).toMatchObject({ ok: false, forbidden: false, why: 'status 302' });
    expect(await get(99)).toMatchObject({ ok: false, forbidden: true, why: 'address not public' });
  });

  test('is given up when it is too large, too slow or too late', async () => {
    const port = await serve((request, response) => {
      if (request.url === '/large') response.end(Buffer.alloc(1_001));
      else if (request.url === '/slow') response.write('a');
    });
    const get = (path: string) =>
      guard(['127.0.0.1/32']).get(`http://127.0.0.1:${port}${path}`, { ...limits, timeoutMs: 300 });
    expect(await get('/large')).toMatchObject({ ok: false, why: 'too large' });
    expect(await get('/slow')).toMatchObject({ ok: false, why: 'took too long' });
    expect(await get('/never')).toMatchObject({ ok: false, why: 'took too long' });
  });
});

test('a name that does not resolve is not called forbidden', async () => {
  const resolving = guard([]).addressesOf('no-such-host.invalid');
  await expect(resolving).rejects.toMatchObject({
    forbidden: false,
    message: expect.stringContaining('cannot be resolved'),
  });
});
