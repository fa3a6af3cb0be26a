import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { listen } from '../../src/http/server.ts';
import { minute } from '../harness.ts';
import { addUser, house, origin, password, post, type House } from './house.ts';

let at: House;

beforeEach(async () => {
  at = house();
  await addUser(at, 'anna', 'practice-admin', 'main');
});
afterEach(() => at.close());

const jsonType = { 'content-type': 'application/json' };
const signIn = async (name = 'anna', secret = password, headers: Record<string, string> = { origin }) => {
  const init = post({ name, password: secret });
  return at.app.request('/api/v1/session', { ...init, headers: { ...jsonType, ...headers } });
};
const cookieOf = (answer: Response): string => (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
const ask = async (
  cookie: string,
  { headers, ...init }: Omit<RequestInit, 'headers'> & { readonly headers?: Record<string, string> } = {},
  path = '/api/v1/session',
) => at.app.request(path, { ...init, headers: { cookie, ...headers } });

describe('a session', () => {
  test('starts with a name and a password, has a new token each time, and says who one is', async () => {
    const first = await signIn();
    expect(first.status).toBe(200);
    expect(first.headers.get('set-cookie')).toMatch(
      /^loopgate=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    const second = await signIn();
    expect(cookieOf(second)).not.toBe(cookieOf(first));
    expect(await (await ask(cookieOf(second))).json()).toMatchObject({
      name: 'anna',
      role: 'practice-admin',
      practices: [{ id: 'main' }],
    });
  });

  test('over https has a __Host- cookie and HSTS', async () => {
    const safe = house({ pipeline: at, publicUrl: 'https://gate.example' });
    const init = post({ name: 'anna', password });
    const answer = await safe.app.request('/api/v1/session', {
      ...init,
      headers: { ...jsonType, origin: 'https://gate.example' },
    });
    expect(answer.headers.get('set-cookie')).toMatch(/^__Host-loopgate=.*Secure/);
    expect(answer.headers.get('strict-transport-security')).not.toBeNull();
  });

  test('ends at once when signed out', async () => {
    const cookie = cookieOf(await signIn());
    expect((await ask(cookie, { method: 'DELETE', headers: { origin } })).status).toBe(204);
    expect((await ask(cookie)).status).toBe(401);
  });

  test('ends after fifteen idle minutes; a page that refreshes itself does not keep it alive', async () => {
    const used = cookieOf(await signIn());
    const idle = cookieOf(await signIn());
    const streaming = cookieOf(await signIn());
    for (let i = 0; i < 3; i++) {
      await at.turn(6 * minute);
      expect((await ask(used)).status).toBe(200);
      await ask(idle, { headers: { 'x-loopgate-background': '1' } });
      await ask(streaming, { headers: { accept: 'text/event-stream' } });
    }
    expect((await ask(idle)).status).toBe(401);
    expect((await ask(streaming)).status).toBe(401);
  });

  test('ends after twelve hours even in use', async () => {
    const cookie = cookieOf(await signIn());
    for (let i = 0; i < 71; i++) {
      await at.turn(10 * minute);
      expect((await ask(cookie)).status).toBe(200);
    }
    await at.turn(10 * minute);
    expect((await ask(cookie)).status).toBe(401);
  });
});

describe('signing in', () => {
  test('tells nobody whether the name exists', async () => {
    const wrong = await signIn('anna', 'wrong');
    const unknown = await signIn('nobody', 'wrong');
    expect([wrong.status, unknown.status]).toEqual([401, 401]);
    expect(await wrong.text()).toBe(await unknown.text());
  });

  test('is slowed down after ten misses, also for the right password', async () => {
    for (let i = 0; i < 10; i++) expect((await signIn('anna', 'wrong')).status).toBe(401);
    const answer = await signIn();
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(800);
    await at.turn(16 * minute);
    expect((await signIn()).status).toBe(200);
  });

  test.each([{}, { origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site', origin }])(
    'is refused from elsewhere: %p',
    async (headers) => {
      expect((await signIn('anna', password, headers as Record<string, string>)).status).toBe(403);
    },
  );
});

describe('without a right to be here', () => {
  test.each(['', 'Bearer wrong', 'Bearer ', 'Basic YTpi', `Bearer ${'x'.repeat(5000)}`])(
    '%p is turned away',
    async (authorization) => {
      for (const path of ['deliveries', 'messages/msg_1', 'events/stream', 'documents/doc_1', 'intake', 'nothing']) {
        const answer = await at.app.request(`/api/v1/${path}`, { headers: { authorization } });
        expect(answer.status).toBe(401);
        expect(await answer.json()).toMatchObject({ code: 'signed-out' });
      }
    },
  );

  test('a cookie does not work from another site, nor without saying from where', async () => {
    const cookie = cookieOf(await signIn());
    const path = '/api/v1/deliveries/dlv_1/cancel';
    const init = post({ reason: 'x' });
    const from = async (more: Record<string, string>) =>
      (await ask(cookie, { ...init, headers: { ...jsonType, ...more } }, path)).status;
    expect(await from({})).toBe(403);
    expect(await from({ origin: 'https://evil.example' })).toBe(403);
    expect(await from({ 'sec-fetch-site': 'same-site', origin })).toBe(403);
    expect(await from({ 'sec-fetch-site': 'same-origin', origin })).toBe(404);
  });
});

test('every answer forbids framing, sniffing, caching and foreign scripts', async () => {
  for (const path of ['/', '/api/v1/deliveries', '/portal/x', '/nowhere', '/healthz']) {
    const { headers } = await at.app.request(path);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('content-security-policy')).toMatch(/frame-ancestors 'none'/);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  }
});

describe('on a port', () => {
  const raw = (port: number, text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(text));
      let heard = '';
      socket.on('data', (chunk) => (heard += chunk.toString()));
      socket.on('close', () => {
        resolve(heard.split('\r\n')[0] ?? '');
      });
      socket.on('error', reject);
    });

  test('smuggled, swollen and broken requests are turned away, and it still answers', async () => {
    const server = await listen(at.app, { host: '127.0.0.1', port: 0 });
    const port = Number(new URL(server.url).port);
    const head = 'POST /api/v1/session HTTP/1.1\r\nHost: x\r\nConnection: close\r\n';
    expect(await raw(port, `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`)).toMatch(/ 400 /);
    expect(await raw(port, `${head}X-Big: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(/ 431 /);
    expect(await raw(port, 'NONSENSE\r\n\r\n')).toMatch(/ 400 /);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    await server.close();
  });

  test('it stops even while somebody listens to the record', async () => {
    const server = await listen(at.app, { host: '127.0.0.1', port: 0 });
    const key = await at.addKey('practice-admin', 'main');
    const live = await fetch(`${server.url}/api/v1/events/stream`, { headers: { authorization: `Bearer ${key}` } });
    const heard = live.body?.getReader();
    await heard?.read();
    await server.close();
    await expect(heard?.read()).rejects.toThrow();
  });
});
