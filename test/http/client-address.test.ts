import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Hono } from 'hono';
import { clientAddress } from '../../src/http/client-address.ts';
import { addUser, house, origin, post, type House } from './house.ts';

const proxies = ['192.0.2.10', '10.20.0.0/16', '2001:db8:f::/64'];
const via = (remoteAddress: string) => ({ incoming: { socket: { remoteAddress } } });

async function asked(from: string, header: string | null, ours: readonly string[] = proxies): Promise<string> {
  const addressOf = clientAddress(ours);
  const app = new Hono().get('/', (c) => c.text(addressOf(c)));
  const headers = header === null ? undefined : { 'x-forwarded-for': header };
  return (await app.request('/', { ...(headers ? { headers } : {}) }, via(from))).text();
}

test('what a stranger says of himself is not read: not without the setting, and not from beside the list', async () => {
  expect(await asked('192.0.2.10', '198.51.100.7', [])).toBe('192.0.2.10');
  expect(await asked('192.0.2.11', '198.51.100.7')).toBe('192.0.2.11');
  expect(await asked('10.21.0.1', '198.51.100.7')).toBe('10.21.0.1');
});

test.each([
  ['192.0.2.10', '198.51.100.7'],
  ['10.20.3.4', '198.51.100.7'],
  ['2001:db8:f::9', '198.51.100.7'],
  ['::ffff:192.0.2.10', '198.51.100.7'],
  ['::ffff:10.20.3.4', '::ffff:198.51.100.7'],
  ['192.0.2.10', '203.0.113.1, 198.51.100.7'],
  ['192.0.2.10', 'anything at all, 198.51.100.7, 10.20.0.1'],
  ['192.0.2.10', '198.51.100.7,::ffff:10.20.0.1 , 2001:DB8:F::2'],
])('a proxy of ours names whom it speaks for: %s, %s', async (from, header) => {
  expect(await asked(from, header)).toBe('198.51.100.7');
});

test('an address is counted as one, however it is written', async () => {
  expect(await asked('192.0.2.10', '2001:DB8:0:0::7')).toBe('2001:db8::7');
  expect(await asked('::ffff:198.51.100.7', null)).toBe('198.51.100.7');
  expect(await asked('10.20.3.4', '198.51.100.7', ['::ffff:10.20.3.4'])).toBe('198.51.100.7');
});

test.each([null, '', 'unknown', '198.51.100.7, unknown', '198.51.100.7,', '198.51.100.300', '10.20.0.1, 192.0.2.10'])(
  'where the header names nobody, the proxy itself is who asks: %p',
  async (header) => {
    expect(await asked('192.0.2.10', header)).toBe('192.0.2.10');
  },
);

describe('behind a proxy', () => {
  let at: House;
  afterEach(() => at.close());
  const from = (client: string): Record<string, string> => ({ 'x-forwarded-for': `192.0.2.1, ${client}` });
  const proxy = via('192.0.2.10');

  const guess = async (client: string): Promise<number> => {
    const secret = randomBytes(32).toString('base64url');
    return (await at.app.request(`/portal/${secret}`, { headers: from(client) }, proxy)).status;
  };

  test('whoever guesses at links shuts the portal for himself only', async () => {
    at = house({ proxies });
    for (let i = 0; i < 20; i++) expect(await guess('198.51.100.7')).toBe(404);
    expect([await guess('198.51.100.7'), await guess('198.51.100.8')]).toEqual([429, 404]);
    await at.close();
    at = house();
    for (let i = 0; i < 20; i++) expect(await guess(`198.51.100.${i}`)).toBe(404);
    expect(await guess('198.51.100.99')).toBe(429);
  });

  test('whoever guesses at passwords shuts the door for himself only', async () => {
    at = house({ proxies });
    await addUser(at, 'anna', 'practice-admin', 'main');
    const signIn = async (client: string, name: string): Promise<number> => {
      const { headers, ...init } = post({ name, password: 'wrong' });
      const asks = { ...init, headers: { ...(headers as Record<string, string>), origin, ...from(client) } };
      return (await at.app.request('/api/v1/session', asks, proxy)).status;
    };
    for (let i = 0; i < 30; i++) expect(await signIn('198.51.100.7', `nobody-${i}`)).toBe(401);
    expect([await signIn('198.51.100.7', 'anna'), await signIn('198.51.100.8', 'anna')]).toEqual([429, 401]);
  });
});
