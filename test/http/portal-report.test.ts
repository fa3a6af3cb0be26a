import { createHash, randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { accepted } from '../../src/core/outcome.ts';
import { createDesk } from '../../src/desk.ts';
import { readDocument } from '../../src/documents/read.ts';
import { openSandbox } from '../../src/documents/sandbox.ts';
import type { MessageView } from '../../src/http/shapes.ts';
import { harness, hour, request, scripted } from '../harness.ts';
import { endlessPages, floodPng, goodPdf, inflateBomb, webPage } from '../hostile/files.ts';
import { form, house, pdfFile, type House, type Sent } from './house.ts';

/** Reports that recipients send along their links, opened in the real sandbox. */

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const box = openSandbox({ log: silent, patience: 5_000 });
afterAll(() => box.close());

let at: House;
let key: string;
let token: string;
let sent: Sent;
let cookie: string;
const code = '042137';

beforeEach(async () => {
  token = randomBytes(32).toString('base64url');
  const portal = scripted('portal', async ({ attempt, message, practice }) => {
    await createDesk({ store: at.store, now: () => at.now(), draw: () => Promise.resolve([]) }).publish({
      token: createHash('sha256').update(token).digest('hex'),
      secret: token,
      code,
      attempt,
      message: message.id,
      practice: practice.id,
      expiresAt: at.now() + 48 * hour,
      wrongCodes: 0,
      openedAt: null,
      answer: null,
      version: 1,
    });
    return accepted();
  });
  const patience = { delays: [], receiptWithin: 72 * hour, onSilence: 'hold' as const };
  at = house({
    pipeline: harness({
      channels: [portal],
      patience,
      read: (document, bytes, signal) => readDocument(box, document, bytes, signal, { care: 'draw' }),
    }),
  });
  key = await at.addKey('practice-admin', 'main');
  const endpoints = [{ channel: 'portal', address: 'desk@far.example' }];
  const referral = request({ recipient: { name: 'Far Cardiology', npi: null, phone: null, endpoints } });
  const body = form(referral, [pdfFile('referral.pdf')]);
  sent = (await (await at.as(key, '/api/v1/referrals', { method: 'POST', body })).json()) as Sent;
  await at.turn();
  cookie = '';
  const opened = await ask('', new URLSearchParams({ code }));
  cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? '';
  await at.turn();
});

afterEach(() => at.close());

const ask = async (rest: string, body: URLSearchParams | FormData, headers: Record<string, string> = {}) => {
  const asked = new Request(`http://gateway.test/portal/${token}${rest}`, { method: 'POST', body });
  const bytes = await asked.arrayBuffer();
  const type = asked.headers.get('content-type') ?? '';
  return at.app.request(`/portal/${token}${rest}`, {
    method: 'POST',
    body: bytes,
    headers: { cookie, 'content-type': type, 'content-length': String(bytes.byteLength), ...headers },
  });
};
const report = (...files: readonly (readonly [name: string, bytes: Uint8Array])[]): FormData => {
  const data = new FormData();
  for (const [name, bytes] of files) data.append('file', new File([new Uint8Array(bytes)], name));
  return data;
};
const referral = () => at.store.referral(sent.referral as `ref_${string}`);
const entries = async () => (await at.store.entries({ practices: null, limit: 50 })).rows;

describe('a report along an open link', () => {
  test('is opened in the sandbox, filed with its referral, told to its sender, and taken once', async () => {
    const page = await (await at.app.request(`/portal/${token}?lang=es`, { headers: { cookie } })).text();
    expect(page).toMatch(/Adjunte su informe.*type="file"/s);
    const answer = await ask('/report?lang=es', report(['Informe Canary.pdf', goodPdf()]));
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('Su informe ha llegado');
    expect((await ask('/report', report(['again.pdf', goodPdf()]))).status).toBe(200);
    await at.turn();
    const { state, reports, steps } = await referral();
    expect(state).toBe('seen');
    expect(reports).toHaveLength(1);
    const [entry, ...others] = await entries();
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ state: 'accepted', channel: 'portal', referral: sent.referral, practice: 'main' });
    expect(reports?.[0]).toMatchObject({ message: entry?.message, pages: [{ number: 1 }] });
    expect(steps.at(-1)).toMatchObject({ to: 'seen', moved: true });
    const view = (await (await at.as(key, `/api/v1/messages/${sent.message}`)).json()) as MessageView;
    expect(view.deliveries[0]?.link?.answer).toMatchObject({ kind: 'report' });
    const told = view.timeline.map(({ text }) => text);
    expect(told).toEqual(
      expect.arrayContaining(['The recipient sent a report.', 'The report was read and filed with its referral.']),
    );
    expect(JSON.stringify(await at.store.history(sent.message as `msg_${string}`))).not.toContain('Canary');
  });

  test('is taken from nobody without the code, from no other site, and along no link that was taken back', async () => {
    const file = report(['a.pdf', goodPdf()]);
    expect((await ask('/report', file, { cookie: '' })).status).toBe(403);
    expect((await ask('/report', file, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    await at.as(key, `/api/v1/deliveries/${sent.deliveries[0].id}/link/revoke`, {
      method: 'POST',
      body: JSON.stringify({ reason: 'wrong clinic' }),
      headers: { 'content-type': 'application/json' },
    });
    expect((await ask('/report', file)).status).toBe(404);
    await at.turn();
    expect(await entries()).toEqual([]);
  });

  test('that cannot be taken says which file, that nothing was sent, and keeps nothing', async () => {
    const wrong: readonly (readonly [string, Uint8Array])[] = [
      ['"><img src=x>.pdf', webPage()],
      ['empty.pdf', new Uint8Array()],
      ['cut.pdf', goodPdf().subarray(0, 180)],
      ['pages.zip', Buffer.from('PK\x03\x04 and more')],
      ['run.pdf', Buffer.from('MZ\x90\x00 and more')],
    ];
    for (const each of wrong) {
      const answer = await ask('/report', report(['good.pdf', goodPdf()], each));
      expect(answer.status).toBe(400);
      const page = await answer.text();
      expect(page).toMatch(/cannot be taken: .*Nothing was sent/s);
      expect(page).not.toContain('<img src=x>');
    }
    expect((await ask('/report', report())).status).toBe(400);
    const many = Array.from({ length: 21 }, (_, i) => [`${i}.pdf`, goodPdf()] as const);
    expect((await ask('/report', report(...many))).status).toBe(400);
    const huge = await ask('/report', report(['a.pdf', goodPdf()]), { 'content-length': '21200000' });
    expect([huge.status, await huge.text()]).toEqual([413, expect.stringContaining('20.0 MB in all')]);
    const unmeasured = await ask('/report', report(['a.pdf', goodPdf()]), { 'transfer-encoding': 'chunked' });
    expect(unmeasured.status).toBe(413);
    await at.turn();
    expect(await entries()).toEqual([]);
    const seen = (await at.store.history(sent.message as `msg_${string}`)).map(({ what }) => what);
    expect(seen).not.toContain('portal.report');
  });

  test('made to hurt stays in the sandbox: what was readable is filed, and a person sees the rest', async () => {
    const hostile = report(
      ['letter.pdf', goodPdf()],
      ['flood.png', floodPng()],
      ['bomb.pdf', inflateBomb()],
      ['pages.pdf', endlessPages()],
      ['junk.pdf', Buffer.from('%PDF-1.4\n1 0 obj<</Type/Pages/Kids[1 0 R]>>endobj\n%%EOF\n')],
    );
    const asked = performance.now();
    expect((await ask('/report', hostile)).status).toBe(200);
    // Whoever sent it is not kept waiting until it is read.
    expect(performance.now() - asked).toBeLessThan(2_000);
    await at.turn();
    const [entry] = await entries();
    expect(entry?.state).toBe('waiting');
    expect(entry?.warnings.join()).toMatch(/200000 pages/);
    expect(entry?.warnings.at(-1)).toMatch(/^this is the report on a referral that you sent/);
    expect((await referral()).reports?.[0]?.pages.length).toBeGreaterThan(0);
    // The gateway goes on: the next one is as good as ever.
    expect((await ask('/report', report(['next.pdf', Buffer.concat([goodPdf(), Buffer.from('\n')])]))).status).toBe(
      200,
    );
    await at.turn();
    expect((await entries()).map(({ state }) => state).sort()).toEqual(['accepted', 'waiting']);
  }, 30_000);

  test('comes ten times along one link at most, also when many come at once', async () => {
    const own = (i: number) => report([`${i}.pdf`, Buffer.concat([goodPdf(), Buffer.from('\n'.repeat(i))])]);
    const statuses = (await Promise.all(Array.from({ length: 6 }, (_, i) => ask('/report', own(i))))).map(
      ({ status }) => status,
    );
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(0);
    for (let i = 6; i < 17; i++) await ask('/report', own(i));
    const last = await ask('/report', own(20));
    expect([last.status, await last.text()]).toEqual([409, expect.stringContaining('enough reports')]);
    await at.turn();
    expect((await entries()).length).toBeLessThanOrEqual(10);
  }, 30_000);
});
