import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FaxCompany, startFaxCompany } from '../../../demo/fax-company.ts';
import { sha256, type Transmission } from '../../../demo/fax-company/ledger.ts';
import { apiKey, clientState, faxTiff, ours, there, until } from './setup.ts';

interface Webhook {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: {
    data: { id: string; event_type: string; payload: Record<string, unknown> };
    meta: { attempt: number };
  };
}

let company: FaxCompany;
let customer: Server;
let webhooks: Webhook[];
let answer: number;
let pages: { status: number; body: Buffer };
let folder: string;
let time: number;

beforeEach(async () => {
  webhooks = [];
  answer = 200;
  time = Date.now();
  pages = { status: 200, body: await faxTiff(2) };
  folder = mkdtempSync(join(tmpdir(), 'fax-'));
  customer = createServer((request, response) => {
    if (request.method === 'GET') {
      response.writeHead(pages.status, { location: '/elsewhere' }).end(pages.body);
      return;
    }
    let text = '';
    request.on('data', (chunk) => (text += String(chunk)));
    request.on('end', () => {
      webhooks.push({ headers: request.headers, text, body: JSON.parse(text) as Webhook['body'] });
      response.writeHead(answer).end();
    });
  });
  await new Promise<void>((resolve) => customer.listen(0, '127.0.0.1', resolve));
  company = await startFaxCompany({
    apiKey,
    connectionId: '77',
    pace: 1,
    retryDelays: [1, 1],
    now: () => time,
    webhookUrl: `${customerUrl()}/application`,
    ledgerFile: join(folder, 'ledger.jsonl'),
  });
});
afterEach(async () => {
  await company.close();
  customer.closeAllConnections();
  await new Promise((resolve) => customer.close(resolve));
  rmSync(folder, { recursive: true });
});

const customerUrl = (): string => `http://127.0.0.1:${(customer.address() as AddressInfo).port}`;
const job = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  connection_id: '77',
  from: ours,
  to: there,
  media_url: `${customerUrl()}/pages`,
  client_state: clientState('att_1'),
  ...changes,
});

async function api(
  method: string,
  path: string,
  body?: unknown,
  key = apiKey,
): Promise<{ status: number; body: unknown }> {
  const reply = await fetch(`${company.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await reply.text();
  return { status: reply.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
}
const idOf = async (changes?: Record<string, unknown>): Promise<string> =>
  ((await api('POST', '/faxes', job(changes))).body as { data: { id: string } }).data.id;
const types = (): string[] => webhooks.map(({ body }) => body.data.event_type);

describe('the fax company on loopback', () => {
  test('takes a fax, fetches it, sends it and says so, signed', async () => {
    const { status, body } = await api('POST', '/faxes', job());
    expect(status).toBe(202);
    expect(body).toMatchObject({
      data: { record_type: 'fax', direction: 'outbound', status: 'queued', to: there, failure_reason: null },
    });
    await until('it is delivered', () => types().includes('fax.delivered'));
    expect(types().sort()).toEqual(['fax.delivered', 'fax.media.processed', 'fax.queued', 'fax.sending.started']);
    const last = webhooks.find((each) => each.body.data.event_type === 'fax.delivered');
    expect(last?.body.data.payload).toMatchObject({
      client_state: clientState('att_1'),
      page_count: 2,
      status: 'delivered',
    });
    const der = Buffer.concat([
      Buffer.from('302a300506032b6570032100', 'hex'),
      Buffer.from(company.publicKey, 'base64'),
    ]);
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    const signed = Buffer.from(`${String(last?.headers['telnyx-timestamp'])}|${last?.text ?? ''}`);
    const signature = Buffer.from(String(last?.headers['telnyx-signature-ed25519']), 'base64');
    expect([signature.length, verify(null, signed, key, signature)]).toEqual([64, true]);
  });

  test('writes what it sent to disk, with the digest of the pages', async () => {
    const fax = await idOf();
    await until('it is delivered', () => types().includes('fax.delivered'));
    const [line] = readFileSync(join(folder, 'ledger.jsonl'), 'utf8').trim().split('\n');
    expect(JSON.parse(line ?? '') as Transmission).toMatchObject({
      fax,
      to: there,
      state: 'att_1',
      pages: 2,
      whole: true,
      sha256: sha256(pages.body),
    });
  });

  const turnedDown: readonly (readonly [string, number, string, Record<string, unknown>, string])[] = [
    ['a wrong key', 401, '10009', {}, 'WRONG'],
    ['no connection', 422, '10004', { connection_id: undefined }, apiKey],
    ['another connection', 422, '10015', { connection_id: '78' }, apiKey],
    ['no file', 422, '10004', { media_url: undefined }, apiKey],
    ['a number without plus', 422, '10016', { to: '2125550123' }, apiKey],
    ['a client state that is no base64', 422, '10015', { client_state: '???' }, apiKey],
  ];
  test.each(turnedDown)('turns down %s', async (_what, status, code, changes, key) => {
    expect(await api('POST', '/faxes', job(changes), key)).toMatchObject({ status, body: { errors: [{ code }] } });
    expect(company.faxes).toHaveLength(0);
  });

  test.each([
    ['a redirect', { status: 302, body: Buffer.from('') }, 'file_download_failed'],
    ['an error', { status: 404, body: Buffer.from('') }, 'file_download_failed'],
    ['no document', { status: 200, body: Buffer.from('hello') }, 'file_format_invalid'],
  ])('fails a fax whose pages are %s, and puts nothing on the line', async (_what, given, reason) => {
    pages = given;
    await idOf();
    const failed = await until('it has failed', () =>
      webhooks.find((each) => each.body.data.event_type === 'fax.failed'),
    );
    expect(failed.body.data.payload).toMatchObject({ failure_reason: reason, status: 'failed' });
    expect(company.ledger).toEqual([]);
  });

  test('lists newest first, by filter and by page', async () => {
    const first = await idOf();
    time += 60_000;
    const second = await idOf();
    const other = await idOf({ to: '+12125550199' });
    const ids = async (query: string): Promise<string[]> =>
      ((await api('GET', `/faxes?${query}`)).body as { data: { id: string }[] }).data.map(({ id }) => id);
    expect(await ids('')).toEqual([other, second, first]);
    expect(await ids(`filter[to][eq]=${encodeURIComponent(there)}`)).toEqual([second, first]);
    expect(await ids('filter[direction][eq]=inbound')).toEqual([]);
    expect(await ids(`filter[created_at][gte]=${new Date(time).toISOString()}`)).toEqual([other, second]);
    expect(await ids('page[size]=2&page[number]=2')).toEqual([first]);
    expect((await api('GET', '/faxes?page[size]=2')).body).toMatchObject({
      meta: { total_pages: 2, total_results: 3 },
    });
  });

  test('shows, deletes and no longer knows a fax', async () => {
    const id = await idOf();
    expect(await api('GET', `/faxes/${id}`)).toMatchObject({ status: 200, body: { data: { id } } });
    expect((await api('DELETE', `/faxes/${id}`)).status).toBe(204);
    expect(await api('GET', `/faxes/${id}`)).toMatchObject({ status: 404, body: { errors: [{ code: '10005' }] } });
  });

  test('stops a fax that is not over, and only such', async () => {
    company.behave(there, 'slow');
    const id = await idOf();
    expect((await api('POST', `/faxes/${id}/actions/cancel`)).status).toBe(202);
    const failed = await until('it has failed', () =>
      webhooks.find((each) => each.body.data.event_type === 'fax.failed'),
    );
    expect(failed.body.data.payload['failure_reason']).toBe('sender_canceled');
    expect((await api('POST', `/faxes/${id}/actions/cancel`)).status).toBe(422);
    expect(company.ledger).toEqual([]);
  });

  test('calls three times, signed anew, and then gives up', async () => {
    answer = 500;
    await company.receive({ to: ours, from: there, file: pages.body });
    const calls = webhooks.filter(({ body }) => body.data.event_type === 'fax.received');
    expect(calls.map(({ body }) => body.meta.attempt)).toEqual([1, 2, 3]);
    expect(new Set(calls.map(({ body }) => body.data.id)).size).toBe(1);
  });

  test('keeps a received file for ten minutes, and longer when asked', async () => {
    const id = await company.receive({ to: ours, from: there, file: pages.body });
    const link = async (): Promise<string> =>
      ((await api('GET', `/faxes/${id}`)).body as { data: { media_url: string } }).data.media_url;
    const old = await link();
    expect((await fetch(old)).status).toBe(200);
    time += 10 * 60_000;
    expect((await fetch(old)).status).toBe(403);
    await api('POST', `/faxes/${id}/actions/refresh`);
    expect((await fetch(await link())).status).toBe(200);
  });

  test('takes the behaviours for a number in turn, and stays with the last', async () => {
    company.behave(there, 'busy', 'ok');
    for (const expected of ['failed', 'delivered', 'delivered']) {
      const id = await idOf();
      await until(`it is ${expected}`, () => company.faxes.find((fax) => fax.id === id)?.status === expected);
    }
    expect(company.ledger).toHaveLength(2);
  });
});
