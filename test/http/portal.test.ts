import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { accepted } from '../../src/core/outcome.ts';
import type { MessageView } from '../../src/http/shapes.ts';
import { createDesk } from '../../src/desk.ts';
import { harness, hour, request, scripted } from '../harness.ts';
import { form, house, pdfFile, post as jsonPost, send, type House, type Sent } from './house.ts';

let at: House;
let key: string;
let token: string;
let sent: Sent;
const code = '042137';
const hostile = '"><img src=x onerror=alert(1)>.pdf';

/** A referral whose only way is the portal, with the link out. */
beforeEach(async () => {
  token = randomBytes(32).toString('base64url');
  const portal = scripted('portal', async (parcel) => {
    await createDesk({ store: at.store, now: () => at.now(), draw: () => Promise.resolve([]) }).publish({
      token: createHash('sha256').update(token).digest('hex'),
      secret: token,
      code,
      attempt: parcel.attempt,
      message: parcel.message.id,
      practice: parcel.practice.id,
      expiresAt: at.now() + 48 * hour,
      wrongCodes: 0,
      openedAt: null,
      answer: null,
      version: 1,
    });
    await parcel.handingOver();
    return accepted();
  });
  const patience = { delays: [], receiptWithin: 72 * hour, onSilence: 'hold' as const };
  at = house({ pipeline: harness({ channels: [portal], patience }) });
  key = await at.addKey('practice-admin', 'main');
  const endpoints = [{ channel: 'portal', address: 'desk@far.example' }];
  const referral = request({ recipient: { name: 'Far Cardiology', npi: null, phone: null, endpoints } });
  const body = form(referral, [pdfFile(hostile)]);
  sent = (await (await at.as(key, '/api/v1/referrals', { method: 'POST', body })).json()) as Sent;
  await at.turn();
});
afterEach(() => at.close());

const path = (rest = ''): string => `/portal/${token}${rest}`;
const get = async (rest = '', cookie = '') => at.app.request(path(rest), { headers: { cookie } });
const post = async (rest: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  at.app.request(path(rest), { method: 'POST', body: new URLSearchParams(fields), headers });
const story = () => at.story(sent.message as `msg_${string}`);
const view = async () => (await (await at.as(key, `/api/v1/messages/${sent.message}`)).json()) as MessageView;

async function visit(): Promise<string> {
  const answer = await post('', { code });
  expect(answer.status).toBe(303);
  expect(answer.headers.get('location')).toBe(path());
  const cookie = answer.headers.get('set-cookie') ?? '';
  expect(cookie).toMatch(/HttpOnly/);
  expect(cookie).toMatch(/SameSite=Strict/);
  return cookie.split(';')[0] ?? '';
}

test('following the link, as mail scanners do, changes nothing and shows nothing', async () => {
  const before = await at.store.lastEvent();
  for (let i = 0; i < 10; i++) {
    const answer = await get();
    expect(answer.status).toBe(200);
    const page = await answer.text();
    expect(page).toContain('Riverside Family Practice has documents for you');
    expect(page).not.toMatch(/canary|\.pdf/i);
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('content-security-policy')).toMatch(/default-src 'none'; style-src 'nonce-/);
    expect(page).not.toMatch(/<script/i);
  }
  expect(await at.store.lastEvent()).toBe(before);
});

describe('with the code', () => {
  test('the documents are shown, the opening is the proof, and what was seen is on record', async () => {
    const cookie = await visit();
    await at.turn();
    expect(await at.state(sent.deliveries[0].id as `dlv_${string}`)).toBe('delivered');
    const page = await (await get('', cookie)).text();
    expect(page).toContain('Save the file');
    expect(page).not.toContain('<img src=x');
    const href = /href="([^"]+)" download/.exec(page)?.[1] ?? '';
    const file = await at.app.request(href, { headers: { cookie } });
    expect(file.headers.get('content-disposition')).toMatch(/^attachment/);
    expect((await file.text()).startsWith('%PDF')).toBe(true);
    expect(await story()).toMatch(/portal\.published .*portal\.opened .*receipt\.recorded .*document\.exported/);
    const { deliveries } = await view();
    expect(deliveries[0]?.summary).toBe('Arrived by portal link at desk@far.example: the recipient opened it.');
  });

  test('an answer lands on the referral, a decline with its reason', async () => {
    const cookie = await visit();
    expect((await post('/answer', { kind: 'declined' }, { cookie })).status).toBe(400);
    expect((await post('/answer', { kind: 'whatever' }, { cookie })).status).toBe(400);
    const answer = await post('/answer', { kind: 'declined', reason: 'no capacity\u0007 before May' }, { cookie });
    expect(answer.status).toBe(200);
    const referral = await at.store.referral(sent.referral as `ref_${string}`);
    expect(referral.steps.at(-1)).toMatchObject({ to: 'declined', reason: 'no capacity before May' });
    expect((await view()).deliveries[0]?.link?.answer).toMatchObject({ kind: 'declined' });
    expect(await (await get('', cookie)).text()).toContain('You said: We decline');
  });

  test('an appointment needs its day, a question its words; both land on the referral', async () => {
    const cookie = await visit();
    for (const day of ['', '2026-02-30', '31.12.2026', '=1+1']) {
      expect((await post('/answer', { kind: 'scheduled', on: day }, { cookie })).status).toBe(400);
    }
    const kept = await (await post('/answer', { kind: 'scheduled', reason: '<b>call us' }, { cookie })).text();
    expect(kept).toMatch(/Nothing was sent yet.*&lt;b&gt;call us<\/textarea>/s);
    expect((await post('/answer', { kind: 'information' }, { cookie })).status).toBe(400);
    expect((await post('/answer', { kind: 'information', reason: 'the last ECG' }, { cookie })).status).toBe(200);
    const steps = async () => (await at.store.referral(sent.referral as `ref_${string}`)).steps.at(-1);
    expect(await steps()).toMatchObject({ to: 'awaiting-information', reason: 'the last ECG' });
    expect((await post('/answer', { kind: 'scheduled', on: '2026-12-14' }, { cookie })).status).toBe(200);
    expect(await steps()).toMatchObject({ to: 'scheduled', date: '2026-12-14', jumped: false });
    expect((await view()).deliveries[0]?.link?.answer).toMatchObject({ kind: 'scheduled', on: '2026-12-14' });
  });

  test('speaks Spanish when asked to, or when the browser does', async () => {
    expect(await (await get('?lang=es')).text()).toMatch(/lang="es".*tiene documentos para usted/s);
    const header = { 'accept-language': 'es-MX,es;q=0.9,en;q=0.5' };
    expect(await (await at.app.request(path(), { headers: header })).text()).toContain('Escriba el código');
    expect(await (await get('?lang="><script>')).text()).not.toContain('<script');
    const answer = await post('?lang=es', { code });
    expect(answer.headers.get('location')).toBe(path('?lang=es'));
  });

  test('what its sender takes back opens nothing, to visitors inside as well', async () => {
    const cookie = await visit();
    const revoke = (as: string) =>
      at.as(as, `/api/v1/deliveries/${sent.deliveries[0].id}/link/revoke`, jsonPost({ reason: 'wrong clinic' }));
    expect((await revoke(await at.addKey('intake', 'main'))).status).toBe(403);
    expect((await revoke(key)).status).toBe(200);
    expect((await revoke(key)).status).toBe(409);
    expect((await get('', cookie)).status).toBe(404);
    expect((await post('/answer', { kind: 'accepted' }, { cookie })).status).toBe(404);
    expect((await view()).deliveries[0]?.link).toMatchObject({ state: 'revoked' });
    expect(await story()).toContain('portal.revoked');
  });

  test('the visit ends after twenty minutes', async () => {
    const cookie = await visit();
    await at.turn(21 * 60_000);
    const page = await (await get('', cookie)).text();
    expect(page).toContain('six-digit code');
  });

  test('one visit opens no other link, and no other document', async () => {
    const cookie = await visit();
    const other = await send(at, key);
    const { documents } = (await (await at.as(key, `/api/v1/messages/${other.message}`)).json()) as MessageView;
    expect((await get(`/documents/${documents[0]?.id}`, cookie)).status).toBe(404);
    token = randomBytes(32).toString('base64url');
    expect((await get('', cookie)).status).toBe(404);
  });
});

describe('without the code', () => {
  test('nothing opens: no document, no page, no answer', async () => {
    const id = (await view()).documents[0]?.id;
    expect((await get(`/documents/${id}`)).status).toBe(404);
    expect((await get(`/documents/${id}/pages/1.png`)).status).toBe(404);
    expect((await post('/answer', { kind: 'accepted' })).status).toBe(403);
    const forged = `visit=${at.now() + hour}.${randomBytes(32).toString('base64url')}`;
    expect((await get(`/documents/${id}`, forged)).status).toBe(404);
    expect(await story()).not.toContain('portal.accepted');
  });

  test('five wrong ones lock the link for the right one too; staff see why', async () => {
    for (let i = 0; i < 5; i++) expect((await post('', { code: '000000' })).status).toBe(403);
    expect((await post('', { code })).status).toBe(404);
    expect((await view()).deliveries[0]?.link).toMatchObject({ state: 'locked', wrongCodes: 5, openedAt: null });
  });

  test('a code that is not all there is asked for again, and counts for nothing', async () => {
    for (let i = 0; i < 6; i++) {
      const answer = await post('', { code: code.slice(1) });
      expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('six digits')]);
    }
    expect((await post('', { code: `${code.slice(0, 3)} ${code.slice(3)}` })).status).toBe(303);
    expect((await view()).deliveries[0]?.link).toMatchObject({ state: 'usable', wrongCodes: 0 });
  });

  test('guessing in parallel wins no extra tries', async () => {
    await Promise.all(Array.from({ length: 12 }, () => post('', { code: '999999' })));
    const link = (await view()).deliveries[0]?.link;
    expect(link?.wrongCodes).toBeLessThanOrEqual(5);
    expect(link?.openedAt).toBeNull();
  });

  test('a form on another site cannot try or answer', async () => {
    expect((await post('', { code }, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect(await story()).not.toContain('portal.opened');
  });
});

test('locked, expired and unknown links read exactly the same', async () => {
  const words = async (): Promise<string> => {
    const answer = await get();
    expect(answer.status).toBe(404);
    return (await answer.text()).replace(/nonce="[^"]+"/, '');
  };
  for (let i = 0; i < 5; i++) await post('', { code: '000000' });
  const locked = await words();
  const known = token;
  token = randomBytes(32).toString('base64url');
  expect(await words()).toBe(locked);
  // As a mail program breaks it.
  token = token.slice(0, 20);
  expect(await words()).toBe(locked);
  token = known;
  await at.turn(49 * hour);
  expect(await words()).toBe(locked);
});

test('guessing links is slowed down', async () => {
  const statuses = new Set<number>();
  for (let i = 0; i < 30; i++) {
    const guess = await at.app.request(`/portal/${randomBytes(32).toString('base64url')}`);
    statuses.add(guess.status);
  }
  expect([...statuses]).toEqual([404, 429]);
  await at.turn(16 * 60_000);
  expect((await get()).status).toBe(200);
});

test('guesses from many addresses leave each of them two tries, and whoever has a link opens it', async () => {
  const from = (remoteAddress: string, secret = randomBytes(32).toString('base64url')) =>
    at.app.request(`/portal/${secret}`, {}, { incoming: { socket: { remoteAddress } } });
  for (let guess = 0; guess < 1000; guess++)
    expect((await from(`2001:db8::${(guess % 100).toString(16)}`)).status).toBe(404);
  const late = [];
  for (let guess = 0; guess < 4; guess++) late.push((await from('192.0.2.7')).status);
  expect(late).toEqual([404, 404, 429, 429]);
  expect((await from('192.0.2.8', token)).status).toBe(200);
});
